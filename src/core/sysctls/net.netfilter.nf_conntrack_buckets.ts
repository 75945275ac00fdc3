import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_buckets',
  formerly: ['net.ipv4.netfilter.ip_conntrack_buckets'],
  group: 'connection tracking',
  health: true,
  unit: 'buckets',
  meaning:
    'Size of the hash of the connection-tracking table. At least a quarter of nf_conntrack_max keeps lookups short; 8 bytes each.',
  notThis:
    'Does not limit how many connections are tracked: nf_conntrack_max does. Read-only on old kernels: there it is the module’s parameter hashsize.',
  kernelDefault: { depends: 'memory / 16384, from 1,024 to 262,144' },
  scope: 'host',
  reaches: 'at once, the table is rebuilt',
  risk: 'medium',
  allowed: {
    shape: 'integer',
    min: 1024,
    max: 4_194_304,
    neverLower: true,
    multipleOf: 512,
    memory: { bytesEach: 8, ratioMax: 0.02 },
  },
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
