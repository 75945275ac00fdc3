import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_fin_timeout',
  formerly: [],
  group: 'closing',
  health: true,
  unit: 's',
  meaning: 'How long an orphaned FIN_WAIT2 waits for the peer’s FIN: one whose process has closed it.',
  notThis:
    'Does not shorten TIME_WAIT, which is a constant 60 s in the kernel. Does not touch FIN_WAIT2 that a process still holds.',
  kernelDefault: { value: '60' },
  scope: 'ns',
  reaches: 'sockets that enter orphaned FIN_WAIT2 from now',
  risk: 'low',
  allowed: { shape: 'integer', min: 5, max: 60 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'man 7 tcp', 'measured on Linux 6.18'],
};
