import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_keepalive_intvl',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 's',
  meaning: 'Time between keepalive probes that are not answered.',
  kernelDefault: { value: '75' },
  scope: 'ns',
  reaches: 'sockets armed later',
  risk: 'low',
  allowed: { shape: 'integer', min: 5, max: 75 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
