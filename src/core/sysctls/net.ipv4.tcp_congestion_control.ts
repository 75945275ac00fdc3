import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_congestion_control',
  formerly: [],
  group: 'other',
  health: false,
  unit: 'name',
  meaning: 'Congestion control of new connections: cubic, bbr, reno, …',
  notThis: 'No remedy for loss: look for its cause first. A listener keeps the one it began with.',
  kernelDefault: { depends: 'by the kernel’s configuration, cubic mostly' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'medium',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
