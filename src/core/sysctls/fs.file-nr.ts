import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'fs.file-nr',
  formerly: [],
  group: 'files',
  health: false,
  unit: 'files: open, free, most',
  meaning: 'How many files the machine has open. A count, it can’t be set.',
  kernelDefault: { depends: 'a count, not a setting' },
  scope: 'host',
  reaches: 'nothing: read-only',
  risk: 'low',
  sources: ['Linux Documentation/admin-guide/sysctl/fs.rst'],
};
