import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.ip_local_reserved_ports',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: true,
  unit: 'list of ports',
  meaning: 'Ports that connect() and bind() to port 0 never take: for services whose port lies in the range.',
  notThis: 'Does not drive out who has the port already. An explicit bind() to a reserved port still works.',
  kernelDefault: { value: '' },
  scope: 'ns',
  reaches: 'next automatic choice of a port',
  risk: 'low',
  allowed: { shape: 'ports' },
  since: '2.6.35',
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
