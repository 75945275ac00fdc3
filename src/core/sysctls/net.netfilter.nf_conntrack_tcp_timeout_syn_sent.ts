import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_syn_sent',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_syn_sent'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long a SYN without an answer is tracked. Unanswered attempts fill the table with these.',
  kernelDefault: { value: '120' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 10, max: 120 },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
