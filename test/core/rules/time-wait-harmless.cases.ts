import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const many = (count: number) => snapshot().with({ counts: { TIME_WAIT: count } });

export const cases: readonly Case[] = [
  { name: 'few', given: many(4999), expect: { status: 'absent' } },
  {
    name: 'many, on the server side',
    given: many(5000),
    expect: { status: 'present', severity: 'info', remedies: [], present: ['time-wait-harmless'] },
  },
  {
    name: 'the limit overflows',
    given: many(130_000).with({ rates: { 'TcpExt.TCPTimeWaitOverflow': 10 } }),
    expect: { status: 'absent', present: ['tw-bucket-overflow'] },
  },
  { name: 'at the limit', given: many(131_072), expect: { status: 'absent' } },
  {
    name: 'orphaned FIN_WAIT2 are not TIME_WAIT',
    given: many(4000).with({
      closing: [{ state: 'FIN_WAIT2', timer: 'timewait', unanswered: false, count: 2000 }],
      counts: { FIN_WAIT2: 2000 },
    }),
    expect: { status: 'absent', present: ['fin-wait2-pile'] },
  },
  {
    name: 'nobody knows whose they are',
    given: many(26_000).failed('timeWait'),
    expect: { status: 'inconclusive', gap: true },
  },
  {
    name: 'an old kernel without the overflow counter',
    given: many(26_000).kernel('2.6.32'),
    expect: { status: 'present' },
  },
];
