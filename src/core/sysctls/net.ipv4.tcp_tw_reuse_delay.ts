import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_tw_reuse_delay',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: false,
  unit: 'ms',
  meaning: 'How long a TIME_WAIT must have lasted before tcp_tw_reuse may take it over.',
  notThis:
    'Not the length of TIME_WAIT. Must not be below the tick of the peer’s timestamps; 60000 switches reuse off in effect.',
  kernelDefault: { value: '1000' },
  scope: 'ns',
  reaches: 'next connect()',
  risk: 'low',
  since: '6.14',
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'commit ca6a6f93867a'],
};
