import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const limited = snapshot().with({ sysctls: { 'net.ipv4.tcp_max_tw_buckets': '500' } });
const logged = (uptime: number) => ({
  readings: { kernelLog: [`[${uptime}.000000] TCP: time wait bucket table overflow`] },
});

export const cases: readonly Case[] = [
  {
    name: 'an overflow',
    given: limited.with({ deltas: { 'TcpExt.TCPTimeWaitOverflow': 1 } }),
    expect: { status: 'present', severity: 'warn', remedies: ['net.ipv4.tcp_max_tw_buckets 500 -> 262144'] },
  },
  {
    name: 'the limit follows the rate',
    given: snapshot().with({ rates: { 'TcpExt.TCPTimeWaitOverflow': 5000, 'TcpExt.TW': 3000 } }),
    expect: { status: 'present', remedies: ['net.ipv4.tcp_max_tw_buckets 131072 -> 1048576'] },
  },
  {
    name: 'never lower',
    given: snapshot().with({
      sysctls: { 'net.ipv4.tcp_max_tw_buckets': '500000' },
      rates: { 'TcpExt.TCPTimeWaitOverflow': 1 },
    }),
    expect: { status: 'present', remedies: [], advises: 'as large' },
  },
  { name: 'none now', given: limited, expect: { status: 'absent' } },
  { name: 'no counters', given: limited.failed('counters'), expect: { status: 'inconclusive', gap: true } },
  {
    name: 'an old kernel at its limit',
    given: limited.kernel('2.6.32-642.el6').with({ counts: { TIME_WAIT: 500 } }),
    expect: { status: 'present', confidence: 'medium', missing: 'do not count' },
  },
  {
    name: 'an old kernel near its limit, freshly logged',
    given: limited.kernel('2.6.32').with({ counts: { TIME_WAIT: 460 }, ...logged(86_390) }),
    expect: { status: 'present' },
  },
  {
    name: 'an old kernel, logged long ago',
    given: limited.kernel('2.6.32').with({ counts: { TIME_WAIT: 100 }, ...logged(1000) }),
    expect: { status: 'absent' },
  },
  {
    name: 'an old kernel, freshly logged, low now',
    given: limited.kernel('2.6.32').with({ counts: { TIME_WAIT: 100 }, ...logged(86_390) }),
    expect: { status: 'inconclusive' },
  },
  {
    name: 'a new kernel that prints no counter',
    given: limited.with({ withoutCounters: ['TcpExt.TCPTimeWaitOverflow'] }),
    expect: { status: 'inconclusive', gap: true },
  },
];
