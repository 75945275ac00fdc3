import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.ipv4.tcp_syn_retries',
  formerly: [],
  group: 'retries and keepalive',
  health: true,
  unit: 'times',
  meaning: 'How often connect() sends its SYN again: 6 is about two minutes.',
  notThis: 'Repairs nothing: with less, attempts to an upstream that is down only fail sooner.',
  kernelDefault: {
    byKernel: [
      { since: '2.4', value: '5' },
      { since: '3.7', value: '6' },
    ],
  },
  scope: 'ns',
  reaches: 'existing ones too, at their next timer',
  risk: 'low',
  allowed: { shape: 'integer', min: 1, max: 8 },
  sources: ['Linux Documentation/networking/ip-sysctl.rst', 'measured on Linux 6.18'],
};
