import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: 'net.core.default_qdisc',
  formerly: [],
  group: 'other',
  health: false,
  unit: 'name',
  meaning: 'Queueing discipline of new network interfaces.',
  notThis: 'Changes no interface that is up: tc qdisc replace does.',
  kernelDefault: { depends: 'pfifo_fast; systemd sets fq_codel' },
  scope: 'host',
  reaches: 'interfaces that come up later',
  risk: 'medium',
  since: '3.12',
  sources: ['Linux Documentation/admin-guide/sysctl/net.rst'],
};
