import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_migrate_req',
  formerly: [],
  group: 'listening',
  health: false,
  unit: '',
  meaning:
    'Whether connections waiting on a closed SO_REUSEPORT listener move to another one on the port, instead of being reset.',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'next close of a listener',
  risk: 'medium',
  since: '5.14',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
