import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const stuck = (count: number, unanswered: number) =>
  snapshot().with({
    counts: { FIN_WAIT1: count },
    closing: [
      { state: 'FIN_WAIT1', timer: 'persist', unanswered: false, count: count - unanswered },
      { state: 'FIN_WAIT1', timer: 'on', unanswered: true, count: unanswered },
    ],
    groups: [{ state: 'FIN_WAIT1', count, direction: 'in', localPort: 443 }],
  });
const fewer = ['net.ipv4.tcp_orphan_retries 0 -> 2'];

export const cases: readonly Case[] = [
  { name: 'just below', given: stuck(99, 0), expect: { status: 'absent' } },
  {
    name: 'slow readers: no setting helps',
    given: stuck(100, 0),
    expect: { status: 'present', severity: 'warn', subject: 'port 443', remedies: [], advises: 'TCP_USER_TIMEOUT' },
  },
  { name: 'peers that are gone', given: stuck(100, 60), expect: { status: 'present', remedies: fewer } },
  {
    name: 'gone a moment ago: probes without answers',
    given: stuck(300, 2).with({ rates: { 'TcpExt.TCPWinProbe': 500, 'Tcp.OutSegs': 500 } }),
    expect: { status: 'present', remedies: fewer },
  },
  {
    name: 'probes that are answered',
    given: stuck(300, 2).with({ rates: { 'TcpExt.TCPWinProbe': 500, 'Tcp.InSegs': 500, 'Tcp.OutSegs': 500 } }),
    expect: { status: 'present', remedies: [] },
  },
  {
    name: 'as few tries already',
    given: stuck(100, 100).with({ sysctls: { 'net.ipv4.tcp_orphan_retries': '2' } }),
    expect: { status: 'present', remedies: [] },
  },
  { name: 'not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
