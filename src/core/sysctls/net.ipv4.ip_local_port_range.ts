import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.ip_local_port_range',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: true,
  unit: 'ports, low high',
  meaning:
    'Ports for outgoing connections. Each source address and destination address:port has high - low + 1 of them, less the reserved ones.',
  notThis:
    'Not a limit of all connections: only of those between one source and one destination. Reserve the listening ports inside a wider range first.',
  kernelDefault: {
    byKernel: [
      { since: '2.6', value: '32768 61000' },
      { since: '4.2', value: '32768 60999' },
    ],
  },
  scope: 'ns',
  reaches: 'next connect() or bind() to port 0, at once; existing connections stay',
  risk: 'medium',
  allowed: { shape: 'range', min: 1024, max: 65_535, widthMin: 8191 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
