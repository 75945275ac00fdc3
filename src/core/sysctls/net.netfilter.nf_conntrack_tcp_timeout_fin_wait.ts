import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_fin_wait',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_fin_wait'],
  group: 'connection tracking',
  health: true,
  unit: 's',
  meaning: 'How long a connection is tracked after the first FIN.',
  notThis: 'Not the FIN_WAIT of TCP: that is tcp_fin_timeout, for orphaned sockets.',
  kernelDefault: { value: '120' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 10, max: 120 },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
