import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_dsack',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Telling the sender of duplicates it sent.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
