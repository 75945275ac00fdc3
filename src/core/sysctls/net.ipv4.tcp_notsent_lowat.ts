import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_notsent_lowat',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes',
  meaning: 'How much unsent data a socket may hold before it is not writable any more. 4294967295 is no limit.',
  kernelDefault: { value: '4294967295' },
  scope: 'ns',
  reaches: 'at once, sockets without an own value',
  risk: 'low',
  since: '3.12',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
