import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_max_orphans',
  formerly: [],
  group: 'closing',
  health: true,
  unit: 'sockets',
  meaning:
    'How many sockets without a process the machine keeps. Beyond it a closing socket is reset (TCPAbortOnMemory). Each may hold up to 64 KiB.',
  notThis: 'Never lower it: closing connections are then cut.',
  kernelDefault: { depends: 'half the TCP hash size, from memory' },
  scope: 'host',
  reaches: 'next close',
  risk: 'medium',
  allowed: { shape: 'integer', min: 4096, max: 4_194_304, neverLower: true },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
