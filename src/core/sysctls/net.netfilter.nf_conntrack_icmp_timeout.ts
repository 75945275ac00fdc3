import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_icmp_timeout',
  formerly: ['net.ipv4.netfilter.ip_conntrack_icmp_timeout'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long a ping is tracked.',
  kernelDefault: { value: '30' },
  scope: 'ns',
  reaches: 'next packet',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
