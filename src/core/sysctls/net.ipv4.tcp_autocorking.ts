import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_autocorking',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Whether small writes are joined while an earlier packet still waits to go out.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  since: '3.14',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
