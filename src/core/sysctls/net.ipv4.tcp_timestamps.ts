import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_timestamps',
  formerly: [],
  group: 'TIME_WAIT and ports',
  health: true,
  unit: '',
  meaning:
    'Timestamps in every segment: 1 with a random offset per connection, 2 without. Needed by tcp_tw_reuse and PAWS.',
  notThis: '0 does not cure PAWS delays, it only silences their counter, and switches tcp_tw_reuse off.',
  kernelDefault: { value: '1' },
  scope: 'ns',
  reaches: 'new connections',
  risk: 'medium',
  allowed: { shape: 'integer', min: 1, max: 1 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
