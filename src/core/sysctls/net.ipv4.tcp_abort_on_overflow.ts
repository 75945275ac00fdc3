import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_abort_on_overflow',
  formerly: [],
  group: 'listening',
  health: true,
  unit: '',
  meaning: 'What a client gets when the accept queue is full: 0 silence, so that it tries again; 1 a reset.',
  notThis: 'Not a remedy: 1 turns clients that wait into clients that fail.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'at once',
  risk: 'high',
  allowed: { shape: 'integer', min: 0, max: 0 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
