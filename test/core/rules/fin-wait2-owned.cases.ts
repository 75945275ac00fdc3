import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const pile = (count: number, timer: 'none' | 'keepalive' | 'timewait') =>
  snapshot().with({ counts: { FIN_WAIT2: count }, closing: [{ state: 'FIN_WAIT2', timer, unanswered: false, count }] });

export const cases: readonly Case[] = [
  { name: 'just below', given: pile(99, 'none'), expect: { status: 'absent' } },
  {
    name: 'a pile',
    given: pile(100, 'none'),
    expect: { status: 'present', severity: 'warn', remedies: [], present: ['fin-wait2-owned'] },
  },
  { name: 'with SO_KEEPALIVE', given: pile(100, 'keepalive'), expect: { status: 'present' } },
  { name: 'orphans', given: pile(100, 'timewait'), expect: { status: 'absent' } },
  { name: 'not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
