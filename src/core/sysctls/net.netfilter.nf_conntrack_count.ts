import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_count',
  formerly: ['net.ipv4.netfilter.ip_conntrack_count'],
  group: 'connection tracking',
  health: false,
  unit: 'connections',
  meaning: 'How many connections are tracked now, in this network namespace. A count, it can’t be set.',
  kernelDefault: { depends: 'a count, not a setting' },
  scope: 'ns',
  reaches: 'nothing: read-only',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
