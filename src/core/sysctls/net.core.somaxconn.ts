import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.somaxconn',
  formerly: [],
  group: 'listening',
  health: true,
  unit: 'connections',
  meaning:
    'Upper bound of the backlog that listen() asks for: how many connections may wait for accept(), for each listener.',
  notThis: 'Changes nothing for a listener that runs: restart or reload it. Nor where the application asks for less.',
  kernelDefault: {
    byKernel: [
      { since: '2.4', value: '128' },
      { since: '5.4', value: '4096' },
    ],
  },
  scope: 'ns',
  reaches: 'next listen()',
  risk: 'low',
  allowed: { shape: 'integer', min: 128, max: 65_535, neverLower: true },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'man 2 listen', 'measured on Linux 6.18'],
};
