import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.ip_nonlocal_bind',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Whether a process may bind an address that the machine does not have (virtual addresses that move).',
  kernelDefault: { value: '0' },
  scope: 'ns',
  reaches: 'next bind()',
  risk: 'medium',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
