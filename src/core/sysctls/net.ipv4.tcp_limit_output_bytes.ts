import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_limit_output_bytes',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes',
  meaning: 'How much of one socket may wait in the queues below TCP.',
  kernelDefault: { depends: '128 KiB at first, 1 MiB since 4.20, 4 MiB on the newest' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'low',
  since: '3.6',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
