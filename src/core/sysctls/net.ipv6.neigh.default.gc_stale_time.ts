import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv6.neigh.default.gc_stale_time',
  formerly: [],
  group: 'neighbours',
  health: false,
  unit: 's',
  meaning: 'How long an unused entry of the IPv6 neighbour table stays before it may go.',
  kernelDefault: { value: '60' },
  scope: 'ns',
  reaches: 'next round',
  risk: 'low',
  sources: ['man 7 arp'],
};
