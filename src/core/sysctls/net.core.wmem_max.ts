import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.wmem_max',
  formerly: [],
  group: 'memory',
  health: false,
  unit: 'bytes',
  meaning: 'Upper bound of what SO_SNDBUF may ask for.',
  notThis: 'Does not bound the automatic growth of TCP buffers: tcp_wmem does.',
  kernelDefault: {
    byKernel: [
      { since: '3.10', value: '212992' },
      { since: '6.18', value: '4194304' },
    ],
  },
  scope: 'host',
  reaches: 'next setsockopt()',
  risk: 'low',
  sources: ['Linux Documentation/admin-guide/sysctl/net.rst'],
};
