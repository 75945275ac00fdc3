import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_no_metrics_save',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Whether what a closed connection learned of its path is forgotten.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'next close',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
