import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_wmem',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes: min, default, max',
  meaning: 'Send buffer of one TCP socket: least, at the start, and how far it may grow by itself.',
  notThis: 'Raising the maximum makes memory pressure worse, and does nothing for sockets that set SO_SNDBUF.',
  kernelDefault: { depends: '4096 16384 and a maximum from memory, up to 4 MiB' },
  scope: 'ns',
  reaches: 'new connections; the maximum at once',
  risk: 'medium',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
