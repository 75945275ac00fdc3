import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.neigh.default.gc_thresh3',
  formerly: [],
  group: 'neighbours',
  health: true,
  unit: 'entries',
  meaning:
    'Size of the ARP table. When it is full new machines on the same network, the gateway too, can’t be reached at random.',
  notThis: 'The table is one for all namespaces. Look for an address scan or a subnet that is too large as well.',
  kernelDefault: { value: '1024' },
  scope: 'host',
  reaches: 'next neighbour, at once',
  risk: 'low',
  allowed: { shape: 'integer', min: 1024, max: 1_048_576, neverLower: true },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
