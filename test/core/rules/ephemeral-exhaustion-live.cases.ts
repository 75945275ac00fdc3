import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const peer = { direction: 'out', localAddress: '10.0.0.5', peerAddress: '10.0.3.7', peerPort: 5432 } as const;
const narrow = snapshot().with({ sysctls: { 'net.ipv4.ip_local_port_range': '40000 40999' } });
const open = (state: string, count: number) =>
  narrow.with({
    counts: { [state]: count },
    groups: [{ ...peer, state, count }],
    outgoing: { sockets: count, distinctLocalPorts: count },
  });

export const cases: readonly Case[] = [
  { name: 'just below', given: open('ESTABLISHED', 699), expect: { status: 'absent' } },
  { name: 'at the warning', given: open('ESTABLISHED', 700), expect: { status: 'present', severity: 'warn' } },
  {
    name: 'critical',
    given: open('ESTABLISHED', 900),
    expect: {
      status: 'present',
      severity: 'crit',
      subject: '10.0.3.7:5432',
      remedies: ['net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535'],
      present: ['ephemeral-exhaustion-live'],
    },
  },
  {
    name: 'behind an upstream that does not answer',
    given: open('SYN_SENT', 950).with({
      rates: { 'TcpExt.TCPSynRetrans': 300, 'Tcp.RetransSegs': 300, 'Tcp.OutSegs': 400 },
    }),
    expect: {
      status: 'present',
      causedBy: ['syn-sent-stuck'],
      present: ['syn-sent-stuck', 'ephemeral-exhaustion-live'],
    },
  },
  { name: 'sockets not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
