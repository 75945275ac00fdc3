import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_sack',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Selective acknowledgements: what arrived after a gap need not be sent again.',
  notThis: '0 makes every loss dearer.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'high',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
