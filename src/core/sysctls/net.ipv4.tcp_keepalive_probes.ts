import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_keepalive_probes',
  formerly: [],
  group: 'retries and keepalive',
  health: false,
  unit: 'times',
  meaning: 'How many unanswered keepalive probes end the connection.',
  kernelDefault: { value: '9' },
  scope: 'ns',
  reaches: 'sockets armed later',
  risk: 'low',
  allowed: { shape: 'integer', min: 2, max: 9 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
