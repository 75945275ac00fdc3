import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_moderate_rcvbuf',
  formerly: [],
  group: 'memory',
  health: false,
  unit: '',
  meaning: 'Whether receive buffers grow by themselves, up to the third number of tcp_rmem.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
