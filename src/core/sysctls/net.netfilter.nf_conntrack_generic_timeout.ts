import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_generic_timeout',
  formerly: ['net.ipv4.netfilter.ip_conntrack_generic_timeout'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long connections of protocols that conntrack does not know are tracked.',
  kernelDefault: { value: '600' },
  scope: 'ns',
  reaches: 'next packet of the connection',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
