import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_unacknowledged',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_unacknowledged'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long a connection with unacknowledged data is tracked.',
  kernelDefault: { value: '300' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  since: '2.6.31',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
