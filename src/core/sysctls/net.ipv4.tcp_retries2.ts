import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_retries2',
  formerly: [],
  group: 'retries and keepalive',
  health: true,
  unit: 'times',
  meaning: 'How long unacknowledged data is sent again before the connection ends: 15 is at least 924 s.',
  notThis: 'Lowering it hurts every slow or lossy path. RFC 1122 wants at least 100 s, that is 8.',
  kernelDefault: { value: '15' },
  scope: 'ns',
  reaches: 'at once, existing connections too',
  risk: 'high',
  allowed: { shape: 'integer', min: 8, max: 15 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
