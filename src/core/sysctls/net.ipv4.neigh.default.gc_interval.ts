import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.neigh.default.gc_interval',
  formerly: [],
  group: 'neighbours',
  health: false,
  unit: 's',
  meaning: 'How often the ARP table is cleaned up between its thresholds.',
  kernelDefault: { value: '30' },
  scope: 'host',
  reaches: 'next round',
  risk: 'low',
  sources: ['man 7 arp'],
};
