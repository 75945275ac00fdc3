import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_frto',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: '',
  meaning: 'Whether a spurious retransmission timeout is recognised (F-RTO).',
  kernelDefault: { value: '2' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
