import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const lost = (again: number, syn = 0, sent = 2000) =>
  snapshot().with({ deltas: { 'Tcp.RetransSegs': again, 'TcpExt.TCPSynRetrans': syn, 'Tcp.OutSegs': sent } });

export const cases: readonly Case[] = [
  { name: 'just below', given: lost(39), expect: { status: 'absent' } },
  { name: 'at the warning', given: lost(40), expect: { status: 'present', severity: 'warn', remedies: [] } },
  { name: 'just below critical', given: lost(99), expect: { status: 'present', severity: 'warn' } },
  { name: 'critical', given: lost(100), expect: { status: 'present', severity: 'crit' } },
  { name: 'SYNs are taken out', given: lost(139, 100), expect: { status: 'absent' } },
  {
    name: 'tail-loss probes that were not needed are no loss',
    given: lost(300).with({ deltas: { 'TcpExt.TCPLossProbes': 300, 'TcpExt.TCPDSACKRecv': 290 } }),
    expect: { status: 'absent' },
  },
  {
    name: 'tail-loss probes that were needed are',
    given: lost(300).with({ deltas: { 'TcpExt.TCPLossProbes': 300, 'TcpExt.TCPDSACKRecv': 0 } }),
    expect: { status: 'present', severity: 'crit' },
  },
  { name: 'hardly any traffic', given: lost(50, 0, 199), expect: { status: 'absent' } },
  { name: 'enough traffic', given: lost(50, 0, 200), expect: { status: 'present' } },
  { name: 'an idle host', given: lost(0, 0, 0), expect: { status: 'absent' } },
  {
    name: 'repeats to peers that do not read are secondary',
    given: lost(200).with({
      counts: { FIN_WAIT1: 300 },
      closing: [{ state: 'FIN_WAIT1', timer: 'persist', unanswered: false, count: 300 }],
    }),
    expect: { status: 'present', severity: 'warn', causedBy: ['fin-wait1-stuck'] },
  },
  {
    name: 'an old kernel subtracts nothing',
    given: lost(100).kernel('2.6.32'),
    expect: { status: 'present', confidence: 'low' },
  },
  {
    name: 'any kernel that prints no TCPSynRetrans: nothing taken out, and less sure',
    given: lost(100).with({ withoutCounters: ['TcpExt.TCPSynRetrans'] }),
    expect: { status: 'present', severity: 'crit', confidence: 'low', missing: 'TCPSynRetrans' },
  },
  {
    name: 'a kernel that prints no RetransSegs',
    given: lost(100).with({ withoutCounters: ['Tcp.RetransSegs'] }),
    expect: { status: 'inconclusive', gap: true },
  },
];
