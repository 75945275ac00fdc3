import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_fastopen',
  formerly: [],
  group: 'listening',
  health: false,
  unit: 'bit mask',
  meaning: 'Data in the opening SYN: 1 as a client, 2 as a server, 0x400 for all listeners.',
  kernelDefault: {
    byKernel: [
      { since: '3.7', value: '0' },
      { since: '3.13', value: '1' },
    ],
  },
  scope: 'ns',
  reaches: 'new connections; server side at listen()',
  risk: 'low',
  since: '3.7',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
