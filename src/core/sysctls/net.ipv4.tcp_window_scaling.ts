import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_window_scaling',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'Windows above 64 KiB.',
  notThis: '0 limits every connection to 64 KiB per round trip.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'high',
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
