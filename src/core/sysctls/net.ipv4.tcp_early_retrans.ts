import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_early_retrans',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: '',
  meaning: 'Tail loss probe: 3 or 4 on, 0 off.',
  kernelDefault: { value: '3' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  since: '3.5',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
