import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_ecn',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Explicit congestion notification: 0 never, 1 always asked for, 2 when the other side asks.',
  kernelDefault: {
    byKernel: [
      { since: '2.4', value: '0' },
      { since: '2.6.31', value: '2' },
    ],
  },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'medium',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
