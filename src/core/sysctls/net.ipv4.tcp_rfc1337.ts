import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_rfc1337',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: false,
  unit: '',
  meaning: 'Whether a RST is ignored by a TIME_WAIT (1), instead of ending it (0).',
  notThis: 'No remedy for many TIME_WAIT: 1 keeps them for longer, not for shorter.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
