import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

export const cases: readonly Case[] = [
  {
    name: 'just below',
    given: snapshot().with({ deltas: { 'TcpExt.TCPReqQFullDoCookies': 1 } }),
    expect: { status: 'absent' },
  },
  {
    name: 'at the rate',
    given: snapshot().with({ deltas: { 'TcpExt.TCPReqQFullDoCookies': 2 } }),
    expect: { status: 'present', severity: 'info', remedies: [] },
  },
  {
    name: 'cookies for everybody',
    given: snapshot().with({
      sysctls: { 'net.ipv4.tcp_syncookies': '2' },
      rates: { 'TcpExt.TCPReqQFullDoCookies': 20 },
    }),
    expect: { status: 'absent' },
  },
  {
    name: 'an accept overflow',
    given: snapshot().with({ rates: { 'TcpExt.TCPReqQFullDoCookies': 20, 'TcpExt.ListenOverflows': 20 } }),
    expect: { status: 'absent' },
  },
  {
    name: 'an old kernel counts cookies',
    given: snapshot()
      .kernel('2.6.32')
      .with({ rates: { 'TcpExt.SyncookiesSent': 20 } }),
    expect: { status: 'present', confidence: 'medium' },
  },
  { name: 'no counters', given: snapshot().failed('counters'), expect: { status: 'inconclusive', gap: true } },
];
