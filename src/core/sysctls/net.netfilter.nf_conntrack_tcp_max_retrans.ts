import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_max_retrans',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_max_retrans'],
  group: 'connection tracking',
  health: false,
  unit: 'times',
  meaning: 'After so many unanswered retransmissions the shorter timeout nf_conntrack_tcp_timeout_max_retrans holds.',
  kernelDefault: { value: '3' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
