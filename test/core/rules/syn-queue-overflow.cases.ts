import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const off = snapshot().with({ sysctls: { 'net.ipv4.tcp_syncookies': '0', 'net.ipv4.tcp_max_syn_backlog': '256' } });
const cure = ['net.ipv4.tcp_syncookies 0 -> 1'];

export const cases: readonly Case[] = [
  {
    name: 'drops with cookies off',
    given: off.with({ rates: { 'TcpExt.TCPReqQFullDrop': 100 } }),
    expect: { status: 'present', severity: 'crit', remedies: cure },
  },
  {
    name: 'tcp_max_syn_backlog is the limit',
    given: off.with({ counts: { SYN_RECV: 180 }, rates: { 'TcpExt.ListenDrops': 100 } }),
    expect: { status: 'present', remedies: cure },
  },
  {
    name: 'just below its share',
    given: off.with({ counts: { SYN_RECV: 179 }, rates: { 'TcpExt.ListenDrops': 100 } }),
    expect: { status: 'absent' },
  },
  { name: 'many SYN_RECV, no drops', given: off.with({ counts: { SYN_RECV: 200 } }), expect: { status: 'absent' } },
  {
    name: 'cookies on',
    given: snapshot().with({ counts: { SYN_RECV: 2000 }, rates: { 'TcpExt.ListenDrops': 100 } }),
    expect: { status: 'absent' },
  },
  {
    name: 'it is the accept queue',
    given: off.with({ rates: { 'TcpExt.TCPReqQFullDrop': 100, 'TcpExt.ListenOverflows': 50 } }),
    expect: { status: 'absent', present: ['accept-queue-overflow'] },
  },
  {
    name: 'an old kernel without the counter',
    given: off.kernel('2.6.32-642.el6').with({ counts: { SYN_RECV: 200 }, rates: { 'TcpExt.ListenDrops': 100 } }),
    expect: { status: 'present', confidence: 'medium' },
  },
  {
    name: 'an old kernel, limited by the backlog',
    given: off.kernel('2.6.32-642.el6').with({
      sysctls: { 'net.ipv4.tcp_max_syn_backlog': '2048' },
      listeners: [{ address: '*', port: 80, queueLength: 0, queueLimit: 128 }],
      counts: { SYN_RECV: 100 },
      rates: { 'TcpExt.ListenDrops': 100 },
    }),
    expect: { status: 'present' },
  },
  {
    name: 'old tcp_* values belong to the machine',
    given: off
      .kernel('3.10.0-1160.el7')
      .inside()
      .with({ rates: { 'TcpExt.TCPReqQFullDrop': 100 } }),
    expect: { status: 'present', requires: 'initial network namespace' },
  },
  {
    name: 'sysctls not read, the counter proves it',
    given: snapshot()
      .failed('sysctls')
      .with({ rates: { 'TcpExt.TCPReqQFullDrop': 100 } }),
    expect: { status: 'present', remedies: [] },
  },
  {
    name: 'sysctls not read',
    given: snapshot()
      .failed('sysctls')
      .with({ counts: { SYN_RECV: 2000 }, rates: { 'TcpExt.ListenDrops': 100 } }),
    expect: { status: 'inconclusive', gap: true },
  },
];
