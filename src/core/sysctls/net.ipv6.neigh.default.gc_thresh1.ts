import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv6.neigh.default.gc_thresh1',
  formerly: [],
  group: 'neighbours',
  health: false,
  unit: 'entries',
  meaning: 'Below so many entries the IPv6 neighbour table is never cleaned up.',
  kernelDefault: { value: '128' },
  scope: 'host',
  reaches: 'next neighbour',
  risk: 'low',
  allowed: { shape: 'integer', min: 128, max: 1_048_576, neverLower: true },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
