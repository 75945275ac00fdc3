import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_rmem',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes: min, default, max',
  meaning: 'Receive buffer of one TCP socket: least, at the start, and how far it may grow by itself.',
  notThis: 'Raising the maximum makes memory pressure worse, and does nothing for sockets that set SO_RCVBUF.',
  kernelDefault: {
    depends: '4096 131072 (87380 before 4.20) and a maximum from memory: up to 6 MiB, 32 MiB on the newest',
  },
  scope: 'ns',
  reaches: 'new connections; the maximum at once',
  risk: 'medium',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
