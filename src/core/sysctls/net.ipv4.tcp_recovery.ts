import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_recovery',
  formerly: [],
  group: 'other',
  health: false,
  unit: 'bit mask',
  meaning: 'Loss detection by time (RACK): 1 on.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  since: '4.4',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
