import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_mtu_probing',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Whether TCP finds the path’s packet size itself: 0 no, 1 when packets vanish (ICMP blocked), 2 always.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  allowed: { shape: 'integer', min: 0, max: 2 },
  since: '2.6.17',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
