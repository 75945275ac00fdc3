import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_syn_linear_timeouts',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 'times',
  meaning: 'How many SYNs are sent again at the same interval before the interval doubles each time.',
  kernelDefault: { value: '4' },
  scope: 'ns',
  reaches: 'next connect()',
  risk: 'low',
  since: '6.5',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
