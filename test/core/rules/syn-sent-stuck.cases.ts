import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const stuck = (count: number, perSecond = 10) =>
  snapshot().with({
    counts: { SYN_SENT: count },
    groups: [
      { state: 'SYN_SENT', count, direction: 'out', localAddress: '10.0.0.5', peerAddress: '10.0.3.7', peerPort: 5432 },
    ],
    rates: { 'TcpExt.TCPSynRetrans': perSecond, 'Tcp.RetransSegs': perSecond, 'Tcp.OutSegs': 200 },
  });

export const cases: readonly Case[] = [
  { name: 'just below the number', given: stuck(19), expect: { status: 'absent', present: [] } },
  {
    name: 'at the number',
    given: stuck(20),
    expect: {
      status: 'present',
      severity: 'warn',
      subject: '10.0.3.7:5432',
      remedies: [],
      present: ['syn-sent-stuck'],
    },
  },
  { name: 'just below critical', given: stuck(99), expect: { status: 'present', severity: 'warn' } },
  { name: 'critical', given: stuck(100), expect: { status: 'present', severity: 'crit' } },
  { name: 'just below the rate', given: stuck(50, 0.5), expect: { status: 'absent' } },
  { name: 'at the rate', given: stuck(50, 1), expect: { status: 'present' } },
  {
    name: 'a full conntrack table explains it',
    given: stuck(120).with({ readings: { conntrack: { count: 10, max: 10 } } }),
    expect: { status: 'present', causedBy: ['conntrack-full'], present: ['conntrack-full', 'syn-sent-stuck'] },
  },
  {
    name: 'an old kernel counts all retransmits together',
    given: stuck(50).kernel('2.6.32'),
    expect: { status: 'present', confidence: 'medium' },
  },
  { name: 'no counters', given: stuck(50).failed('counters'), expect: { status: 'inconclusive', gap: true } },
];
