import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.netfilter.nf_conntrack_acct',
  formerly: [],
  group: 'connection tracking',
  health: false,
  unit: '',
  meaning: 'Whether bytes and packets of each connection are counted.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'low',
  sources: ['Linux Documentation/networking/nf_conntrack-sysctl.rst'],
};
