import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_max_tw_buckets',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: true,
  unit: 'sockets',
  meaning:
    'How many TIME_WAIT and orphaned FIN_WAIT2 are remembered, 256 bytes each. Beyond it a closing socket skips TIME_WAIT and TCPTimeWaitOverflow counts.',
  notThis: 'Lowering it is no remedy: what is there stays for its 60 s, and old duplicates may reach new connections.',
  kernelDefault: { depends: 'half the TCP hash size, from memory' },
  scope: 'ns',
  reaches: 'next close',
  risk: 'low',
  allowed: {
    shape: 'integer',
    min: 65_536,
    max: 16_777_216,
    neverLower: true,
    memory: { bytesEach: 256, ratioMax: 0.05 },
  },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
