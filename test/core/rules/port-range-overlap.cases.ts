import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const on = (port: number) => snapshot().with({ listeners: [{ address: '*', port, queueLength: 0, queueLimit: 128 }] });

export const cases: readonly Case[] = [
  { name: 'just below the range', given: on(32_767), expect: { status: 'absent' } },
  {
    name: 'its first port',
    given: on(32_768),
    expect: { status: 'present', severity: 'info', remedies: ['net.ipv4.ip_local_reserved_ports  -> 32768'] },
  },
  { name: 'its last port', given: on(60_999), expect: { status: 'present' } },
  {
    name: 'reserved',
    given: on(40_000).with({ sysctls: { 'net.ipv4.ip_local_reserved_ports': '39000-41000' } }),
    expect: { status: 'absent' },
  },
  {
    name: 'added to what is reserved',
    given: on(40_000).with({ sysctls: { 'net.ipv4.ip_local_reserved_ports': '39999,50000-50001' } }),
    expect: {
      status: 'present',
      remedies: ['net.ipv4.ip_local_reserved_ports 39999,50000-50001 -> 39999-40000,50000-50001'],
    },
  },
  {
    name: 'not all listeners were listed',
    given: snapshot().with({ listenersOmitted: 9 }),
    expect: { status: 'inconclusive', gap: false },
  },
  {
    name: 'the reserved list is missing',
    given: on(40_000).with({ sysctls: { 'net.ipv4.ip_local_reserved_ports': undefined } }),
    expect: { status: 'inconclusive' },
  },
];
