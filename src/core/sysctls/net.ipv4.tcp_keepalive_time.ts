import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_keepalive_time',
  formerly: [],
  group: 'retries and keepalive',
  health: true,
  unit: 's',
  meaning: 'Idle time before the first keepalive probe, for sockets that asked for keepalive (SO_KEEPALIVE).',
  notThis:
    'Nothing for sockets that did not ask for it, and a timer that runs keeps its old time. Does not end CLOSE_WAIT.',
  kernelDefault: { value: '7200' },
  scope: 'ns',
  reaches: 'sockets armed later',
  risk: 'low',
  allowed: { shape: 'integer', min: 10, max: 7200 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
