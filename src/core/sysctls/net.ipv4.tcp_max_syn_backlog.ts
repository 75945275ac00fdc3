import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_max_syn_backlog',
  formerly: [],
  group: 'listening',
  health: true,
  unit: 'half-open connections',
  meaning:
    'Cap of half-open connections for each listener up to 3.10. Since 4.3 it counts only without syncookies, and then to three quarters.',
  notThis:
    'No remedy for a full accept queue, nor for a SYN flood while syncookies are on: there the listen backlog is the limit.',
  kernelDefault: { depends: '128 or more, from memory: TCP hash size / 128' },
  scope: 'ns',
  reaches: 'next SYN',
  risk: 'low',
  allowed: { shape: 'integer', min: 128, max: 262_144, neverLower: true },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
