import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.wmem_default',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes',
  meaning: 'Send buffer of a socket at the start; TCP takes tcp_wmem instead.',
  kernelDefault: { depends: '212992 on 64-bit machines since 3.10' },
  scope: 'host',
  reaches: 'new sockets',
  risk: 'low',
  sources: ['Linux Documentation/admin-guide/sysctl/net.rst'],
};
