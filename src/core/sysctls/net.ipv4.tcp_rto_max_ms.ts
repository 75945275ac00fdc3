import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_rto_max_ms',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 'ms',
  meaning: 'Longest retransmission timeout. With less, tcp_retries2 covers less time.',
  kernelDefault: { value: '120000' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'medium',
  since: '6.15',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
