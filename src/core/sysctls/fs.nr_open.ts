import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'fs.nr_open',
  formerly: [],
  group: 'files',
  health: false,
  unit: 'files',
  meaning: 'The highest that a process’s own limit of open files (ulimit -n) may be set to.',
  notThis: 'Raises no process’s limit by itself.',
  kernelDefault: { value: '1048576' },
  scope: 'host',
  reaches: 'next setrlimit()',
  risk: 'medium',
  sources: ['Linux Documentation/admin-guide/sysctl/fs.rst'],
};
