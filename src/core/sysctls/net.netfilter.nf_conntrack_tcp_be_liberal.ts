import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_be_liberal',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_be_liberal'],
  group: 'connection tracking',
  health: false,
  unit: '',
  meaning: 'Whether only out-of-window RSTs are called INVALID, and other out-of-window segments pass.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'medium',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
