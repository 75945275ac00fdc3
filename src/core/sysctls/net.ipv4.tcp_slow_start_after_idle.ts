import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_slow_start_after_idle',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Whether a connection that was idle starts slowly again.',
  notThis: '0 makes keep-alive connections with pauses faster; it repairs nothing that is lost.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  allowed: { shape: 'integer', min: 0, max: 1 },
  since: '2.6.18',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
