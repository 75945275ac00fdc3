import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const pile = (count: number, timer: 'timewait' | 'keepalive' | 'none' = 'timewait') =>
  snapshot().with({ counts: { FIN_WAIT2: count }, closing: [{ state: 'FIN_WAIT2', timer, unanswered: false, count }] });

export const cases: readonly Case[] = [
  { name: 'just below', given: pile(499), expect: { status: 'absent', present: [] } },
  {
    name: 'a pile',
    given: pile(500),
    expect: {
      status: 'present',
      severity: 'warn',
      remedies: ['net.ipv4.tcp_fin_timeout 60 -> 15'],
      present: ['fin-wait2-pile'],
    },
  },
  {
    name: 'as short already',
    given: pile(500).with({ sysctls: { 'net.ipv4.tcp_fin_timeout': '15' } }),
    expect: { status: 'present', remedies: [], advises: 'nothing left to gain' },
  },
  {
    name: 'a long timeout keeps full sockets',
    given: pile(500, 'keepalive').with({ sysctls: { 'net.ipv4.tcp_fin_timeout': '120' } }),
    expect: { status: 'present' },
  },
  {
    name: 'owned ones are another matter',
    given: pile(500, 'none'),
    expect: { status: 'absent', present: ['fin-wait2-owned'] },
  },
  { name: 'not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
