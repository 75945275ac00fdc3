import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.netdev_max_backlog',
  formerly: [],
  group: 'listening',
  health: false,
  unit: 'packets',
  meaning:
    'How many received packets may wait for each CPU before more are dropped (second column of /proc/net/softnet_stat).',
  notThis: 'Not a limit of connections. Useless unless softnet drops rise.',
  kernelDefault: { value: '1000' },
  scope: 'host',
  reaches: 'next packet',
  risk: 'low',
  allowed: { shape: 'integer', min: 1000, max: 65_536, neverLower: true },
  sources: ['Linux Documentation/admin-guide/sysctl/net.rst'],
};
