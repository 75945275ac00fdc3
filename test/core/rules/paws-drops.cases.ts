import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

export const cases: readonly Case[] = [
  { name: 'none', given: snapshot(), expect: { status: 'absent' } },
  {
    name: 'at the rate',
    given: snapshot().with({ deltas: { 'TcpExt.PAWSTimewait': 1 } }),
    expect: { status: 'present', severity: 'warn', remedies: [], advises: 'do not close first' },
  },
  {
    name: 'summed',
    given: snapshot().with({ rates: { 'TcpExt.PAWSEstab': 0.25, 'TcpExt.PAWSTimewait': 0.25 } }),
    expect: { status: 'present' },
  },
  {
    name: 'in open connections',
    given: snapshot().with({ rates: { 'TcpExt.PAWSEstab': 9 } }),
    expect: { status: 'present', advises: 'middlebox' },
  },
  {
    name: 'a kernel without PAWSTimewait',
    given: snapshot()
      .kernel('5.4.286')
      .with({ rates: { 'TcpExt.PAWSEstab': 9 } }),
    expect: { status: 'present', confidence: 'medium' },
  },
  {
    name: 'an old kernel with tcp_tw_recycle',
    given: snapshot()
      .kernel('3.10.0-1160.el7')
      .with({ sysctls: { 'net.ipv4.tcp_tw_recycle': '1' }, rates: { 'TcpExt.PAWSPassive': 9 } }),
    expect: { status: 'present', causedBy: ['tw-recycle-on'], present: ['tw-recycle-on', 'paws-drops'] },
  },
  { name: 'no counters', given: snapshot().failed('counters'), expect: { status: 'inconclusive', gap: true } },
];
