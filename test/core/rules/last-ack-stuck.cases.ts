import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const stuck = (count: number) =>
  snapshot().with({
    counts: { LAST_ACK: count },
    closing: [{ state: 'LAST_ACK', timer: 'on', unanswered: true, count }],
  });

export const cases: readonly Case[] = [
  { name: 'just below', given: stuck(99), expect: { status: 'absent' } },
  {
    name: 'a pile',
    given: stuck(100),
    expect: {
      status: 'present',
      severity: 'warn',
      remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'],
      present: ['last-ack-stuck'],
    },
  },
  { name: 'not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
