import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_reordering',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 'segments',
  meaning: 'How far segments may be out of order, to begin with, before they count as lost.',
  kernelDefault: { value: '3' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
