import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_last_ack',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_last_ack'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long a connection is tracked that waits for its last ACK.',
  kernelDefault: { value: '30' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 10, max: 30 },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
