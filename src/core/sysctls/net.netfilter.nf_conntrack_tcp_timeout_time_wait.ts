import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_timeout_time_wait',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_timeout_time_wait'],
  group: 'connection tracking',
  health: true,
  unit: 's',
  meaning: 'How long a connection that both sides have closed is still tracked.',
  notThis:
    'Not the TIME_WAIT of TCP, which is a constant 60 s. No relief for up to 120 s, and none at all where rate x timeout is still above nf_conntrack_max.',
  kernelDefault: { value: '120' },
  scope: 'ns',
  reaches: 'entries that change state from now; what is there keeps its timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 10, max: 120 },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
