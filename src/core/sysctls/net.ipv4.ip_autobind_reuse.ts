import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.ip_autobind_reuse',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: false,
  unit: '',
  meaning: 'Whether bind() to port 0 may share a port among sockets with SO_REUSEADDR once the range is used up.',
  notThis: 'Not the clean cure for bind-before-connect: that is IP_BIND_ADDRESS_NO_PORT in the application.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'next bind() to port 0',
  risk: 'medium',
  since: '5.7',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
