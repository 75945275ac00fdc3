import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.ip_unprivileged_port_start',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: false,
  unit: 'port',
  meaning:
    'First port that a process without privileges may bind. The low end of ip_local_port_range must not be below it.',
  kernelDefault: { value: '1024' },
  scope: 'ns',
  reaches: 'next bind()',
  risk: 'medium',
  since: '4.11',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
