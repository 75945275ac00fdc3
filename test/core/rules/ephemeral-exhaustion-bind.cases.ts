import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const peer = { direction: 'out', localAddress: '10.0.0.5', peerAddress: '10.0.3.7', peerPort: 5432 } as const;
const narrow = snapshot().with({ sysctls: { 'net.ipv4.ip_local_port_range': '40000 40999' } });
const bound = (sockets: number, distinctLocalPorts: number, top: number) =>
  narrow.with({
    counts: { ESTABLISHED: sockets },
    groups: [
      { ...peer, state: 'ESTABLISHED', count: top },
      { ...peer, peerPort: 6379, state: 'ESTABLISHED', count: sockets - top },
    ],
    outgoing: { sockets, distinctLocalPorts },
  });

export const cases: readonly Case[] = [
  { name: 'just below', given: bound(899, 899, 450), expect: { status: 'absent' } },
  {
    name: 'a port each, several destinations',
    given: bound(900, 900, 450),
    expect: {
      status: 'present',
      severity: 'crit',
      remedies: ['net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535'],
      advises: 'IP_BIND_ADDRESS_NO_PORT',
      present: ['ephemeral-exhaustion-bind'],
    },
  },
  { name: 'shared ports', given: bound(900, 880, 450), expect: { status: 'absent' } },
  {
    name: 'one destination',
    given: bound(900, 900, 900),
    expect: { status: 'absent', present: ['ephemeral-exhaustion-live'] },
  },
  {
    name: 'TIME_WAIT that bound first: no tcp_tw_reuse',
    given: narrow.with({
      counts: { TIME_WAIT: 980 },
      readings: {
        timeWait: {
          mode: 'full',
          outgoing: { sockets: 980, distinctLocalPorts: 980, evenPorts: 490, oddPorts: 490 },
          groups: [
            { ...peer, state: 'TIME_WAIT', count: 800 },
            { ...peer, peerPort: 1, state: 'TIME_WAIT', count: 180 },
          ],
        },
      },
    }),
    expect: { status: 'present', present: ['ephemeral-exhaustion-bind', 'ephemeral-exhaustion-tw'] },
  },
  { name: 'sysctls not read', given: snapshot().failed('sysctls'), expect: { status: 'inconclusive', gap: true } },
];
