import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_udp_timeout',
  formerly: ['net.ipv4.netfilter.ip_conntrack_udp_timeout'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long UDP with packets one way only is tracked. DNS queries fill the table with these.',
  kernelDefault: { value: '30' },
  scope: 'ns',
  reaches: 'next packet of the connection',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
