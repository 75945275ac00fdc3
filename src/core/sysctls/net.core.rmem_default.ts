import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.rmem_default',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes',
  meaning: 'Receive buffer of a socket at the start; TCP takes tcp_rmem instead.',
  kernelDefault: { depends: '212992 on 64-bit machines since 3.10' },
  scope: 'host',
  reaches: 'new sockets',
  risk: 'low',
  sources: ['Linux Documentation/admin-guide/sysctl/net.rst'],
};
