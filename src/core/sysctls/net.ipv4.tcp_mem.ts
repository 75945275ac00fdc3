import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_mem',
  formerly: [],
  group: 'memory',
  health: true,
  unit: 'pages: low, pressure, high',
  meaning:
    'Memory of all TCP sockets of the machine. Above the second number windows shrink; at the third segments are dropped.',
  notThis:
    'Counted in pages (4,096 bytes mostly), not bytes. More of it does not cure an application that does not read.',
  kernelDefault: { depends: 'about 4.7, 6.25 and 9.4 % of memory' },
  scope: 'host',
  reaches: 'next allocation, at once',
  risk: 'medium',
  allowed: {
    shape: 'triple',
    min: 1000,
    max: 268_435_456,
    neverLower: true,
    memory: { bytesEach: 'page', ratioMax: 0.25 },
  },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
