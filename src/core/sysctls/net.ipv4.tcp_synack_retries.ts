import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_synack_retries',
  formerly: [],
  group: 'listening',
  health: true,
  unit: 'times',
  meaning: 'How often a SYN+ACK is sent again while the final ACK is missing: 5 is 63 s in all.',
  notThis: 'Lowering it does not withstand a flood: syncookies do.',
  kernelDefault: { value: '5' },
  scope: 'ns',
  reaches: 'existing ones too, at their next timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 1, max: 8 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst'],
};
