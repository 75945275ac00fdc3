import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_tw_reuse',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: true,
  unit: '',
  meaning:
    'Whether a new outgoing connection may take over a TIME_WAIT of the same addresses and ports that is older than tcp_tw_reuse_delay and saw timestamps: 0 never, 1 always, 2 only on loopback.',
  notThis:
    'Does nothing for incoming connections or TIME_WAIT on a server, nothing for sockets that bind() first, and it does not lower the TIME_WAIT count.',
  kernelDefault: {
    byKernel: [
      { since: '2.4', value: '0' },
      { since: '4.19', value: '2' },
    ],
  },
  scope: 'ns',
  reaches: 'next connect(), at once',
  risk: 'low',
  allowed: { shape: 'integer', min: 0, max: 2 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'commit 79e9fed46038', 'measured on Linux 6.18'],
};
