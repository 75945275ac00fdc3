import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_available_congestion_control',
  formerly: [],
  group: 'other',
  health: false,
  unit: 'names',
  meaning: 'Congestion controls that are loaded. Read-only.',
  kernelDefault: { depends: 'by configuration and loaded modules' },
  scope: 'ns',
  reaches: 'nothing: read-only',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
