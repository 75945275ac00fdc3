import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.neigh.default.gc_thresh2',
  formerly: [],
  group: 'neighbours',
  health: false,
  unit: 'entries',
  meaning: 'Above so many entries the ARP table drops what is older than 5 s.',
  kernelDefault: { value: '512' },
  scope: 'host',
  reaches: 'next neighbour',
  risk: 'low',
  allowed: { shape: 'integer', min: 512, max: 1_048_576, neverLower: true },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
