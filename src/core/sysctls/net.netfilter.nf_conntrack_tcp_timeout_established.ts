import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_established',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_established'],
  group: 'connection tracking',
  health: true,
  unit: 's',
  meaning: 'How long an idle open connection is tracked: 5 days.',
  notThis:
    'Far down on a NAT box or firewall it cuts idle sessions. Not below 7,440 s (RFC 5382), as keepalive starts at 7,200 s.',
  kernelDefault: { value: '432000' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'high',
  allowed: { shape: 'integer', min: 7440, max: 432_000 },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
