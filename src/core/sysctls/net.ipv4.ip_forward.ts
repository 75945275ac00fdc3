import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.ip_forward',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Whether the machine passes packets on, as a router.',
  notThis: 'Changing it resets other settings of the interfaces to those of a host or a router.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'high',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
