import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_udp_timeout_stream',
  formerly: ['net.ipv4.netfilter.ip_conntrack_udp_timeout_stream'],
  group: 'connection tracking',
  health: false,
  unit: 's',
  meaning: 'How long UDP with packets both ways is tracked.',
  kernelDefault: {
    byKernel: [
      { since: '2.6', value: '180' },
      { since: '5.0', value: '120' },
    ],
  },
  scope: 'ns',
  reaches: 'next packet of the connection',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
