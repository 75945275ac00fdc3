import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_tw_recycle',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: true,
  unit: '',
  meaning: 'Ended TIME_WAIT early by trusting one timestamp clock per address. Gone since 4.12.',
  notThis:
    'Never 1: it silently drops clients behind NAT, and since timestamps have random offsets (4.10) nearly everybody.',
  kernelDefault: { value: '0' },
  scope: 'host',
  reaches: 'next SYN',
  risk: 'high',
  allowed: { shape: 'integer', min: 0, max: 0 },
  removed: '4.12',
  sources: ['commit 4396e46187ca', 'man 7 tcp'],
};
