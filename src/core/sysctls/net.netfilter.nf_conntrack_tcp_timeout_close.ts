import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_close',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_close'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long a connection is tracked after a RST.',
  kernelDefault: { value: '10' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
