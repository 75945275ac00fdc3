import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_adv_win_scale',
  formerly: [],
  group: 'memory',
  health: false,
  unit: '',
  meaning: 'Share of the receive buffer kept for overhead. Without effect since 6.6.',
  kernelDefault: {
    byKernel: [
      { since: '2.4', value: '2' },
      { since: '3.4', value: '1' },
    ],
  },
  scope: 'ns',
  reaches: 'at once, before 6.6',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
