import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.conf.all.rp_filter',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning:
    'Whether packets are dropped whose sender would be answered through another interface: 0 no, 1 strictly, 2 unless no route leads back; for all interfaces; the higher of this and the interface’s own counts.',
  notThis:
    '1 drops traffic silently where routing is asymmetric (several uplinks, policy routing); IPReversePathFilter counts it.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'next packet',
  risk: 'medium',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
