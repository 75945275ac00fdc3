import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.netdev_budget',
  formerly: [],
  group: 'other',
  health: false,
  unit: 'packets',
  meaning:
    'How many packets one round of receiving may take (third column of /proc/net/softnet_stat: rounds that were cut short).',
  kernelDefault: { value: '300' },
  scope: 'host',
  reaches: 'next round',
  risk: 'low',
  sources: ['Linux Documentation/admin-guide/sysctl/net.rst'],
};
