import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_rto_min_us',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 'µs',
  meaning: 'Shortest retransmission timeout. A rto_min of the route goes before it.',
  kernelDefault: { value: '200000' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'medium',
  since: '6.11',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
