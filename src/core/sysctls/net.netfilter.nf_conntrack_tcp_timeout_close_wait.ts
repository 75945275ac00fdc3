import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_close_wait'],
  group: 'connection tracking',
  health: true,
  unit: 's',
  meaning: 'How long a connection that one side has closed is tracked while the other has not.',
  notThis: 'Not the CLOSE_WAIT of TCP, which has no timeout at all: only the application ends it.',
  kernelDefault: { value: '60' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 10, max: 60 },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
