import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_max',
  formerly: ['net.ipv4.netfilter.ip_conntrack_max', 'net.ipv4.ip_conntrack_max', 'net.nf_conntrack_max'],
  group: 'connection tracking',
  health: true,
  unit: 'connections',
  meaning:
    'Size of the connection-tracking table. When it is full every new connection is dropped, in and out, DNS and ping too; open ones go on. About 320 bytes each.',
  notThis:
    'Never set it below the present count: from that moment every new connection is dropped. It can only be set from the initial network namespace.',
  kernelDefault: { depends: 'as many as nf_conntrack_buckets since 5.15, four times as many before' },
  scope: 'host',
  reaches: 'next packet, at once',
  risk: 'low',
  allowed: {
    shape: 'integer',
    min: 65_536,
    max: 67_108_864,
    neverLower: true,
    inUse: { key: 'net.netfilter.nf_conntrack_count', ratioMax: 0.8 },
    memory: { bytesEach: 320, ratioMax: 0.05 },
  },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst', 'measured on Linux 6.18'],
};
