import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_tcp_loose',
  formerly: ['net.ipv4.netfilter.ip_conntrack_tcp_loose'],
  group: 'connection tracking',
  health: false,
  unit: '',
  meaning: 'Whether connections are picked up that were open before tracking began.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'next packet of an unknown connection',
  risk: 'medium',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
