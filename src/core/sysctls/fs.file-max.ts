import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'fs.file-max',
  formerly: [],
  group: 'files',
  health: true,
  unit: 'files',
  meaning: 'How many files and sockets the whole machine may have open (see fs.file-nr).',
  notThis:
    'Not the limit of one process: that is its ulimit, LimitNOFILE of its systemd unit. “Too many open files” is nearly always that.',
  kernelDefault: { depends: 'about a tenth of memory in KiB; systemd lifts it to no limit' },
  scope: 'host',
  reaches: 'next open()',
  risk: 'medium',
  sources: ['Linux Documentation/admin-guide/sysctl/fs.rst'],
};
