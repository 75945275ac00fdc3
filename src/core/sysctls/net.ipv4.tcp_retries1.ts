import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_retries1',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 'times',
  meaning: 'After so many unanswered retransmissions the route is looked up again.',
  kernelDefault: { value: '3' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
