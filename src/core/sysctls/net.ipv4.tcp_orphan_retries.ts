import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_orphan_retries',
  formerly: [],
  group: 'closing',
  health: true,
  unit: 'times',
  meaning: 'How often FIN_WAIT1, LAST_ACK and other sockets without a process are sent again: 0 means 8, about 100 s.',
  notThis: 'No effect where the peer answers with a closed window. Does not touch TIME_WAIT.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'existing ones too, at their next retransmission',
  risk: 'low',
  allowed: { shape: 'integer', min: 1, max: 8 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
