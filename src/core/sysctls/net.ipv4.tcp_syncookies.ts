import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_syncookies',
  formerly: [],
  group: 'listening',
  health: true,
  unit: '',
  meaning: 'Answer a SYN with a cookie instead of remembering it: 0 never, 1 when the SYN queue is full, 2 always.',
  notThis:
    'No effect on TIME_WAIT, on a full accept queue or on conntrack. Not a way to stand a regular load: raise the backlog for that.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'next SYN, at once',
  risk: 'low',
  allowed: { shape: 'integer', min: 1, max: 1 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
