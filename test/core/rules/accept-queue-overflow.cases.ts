import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const queue = (queueLength: number, queueLimit: number, port = 443) =>
  snapshot().with({ listeners: [{ address: '0.0.0.0', port, queueLength, queueLimit }] });

export const cases: readonly Case[] = [
  {
    name: 'just below the rate',
    given: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': 0 } }),
    expect: { status: 'absent' },
  },
  {
    name: 'at the rate',
    given: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': 1 } }),
    expect: { status: 'present', severity: 'warn' },
  },
  {
    name: 'below the critical rate',
    given: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': 9 } }),
    expect: { status: 'present', severity: 'warn' },
  },
  {
    name: 'at the critical rate',
    given: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': 10 } }),
    expect: { status: 'present', severity: 'crit' },
  },
  { name: 'one below the limit', given: queue(15, 16), expect: { status: 'absent' } },
  {
    name: 'a queue at its limit',
    given: queue(16, 16),
    expect: { status: 'present', severity: 'warn', subject: 'port 443', remedies: [], advises: 'listen()' },
  },
  { name: 'a limit of 0 with nothing waiting', given: queue(0, 0), expect: { status: 'absent' } },
  {
    name: 'somaxconn is the clamp',
    given: queue(17, 16).with({ sysctls: { 'net.core.somaxconn': '16' } }),
    expect: { status: 'present', remedies: ['net.core.somaxconn 16 -> 4096'], requires: 'restart' },
  },
  {
    name: 'somaxconn is the clamp and large already',
    given: queue(4097, 4096),
    expect: { status: 'present', remedies: [] },
  },
  {
    name: 'its counters are not called a SYN flood',
    given: queue(17, 16).with({
      rates: { 'TcpExt.ListenOverflows': 40, 'TcpExt.ListenDrops': 90, 'TcpExt.TCPReqQFullDoCookies': 30 },
    }),
    expect: { status: 'present', severity: 'crit', present: ['accept-queue-overflow'] },
  },
  { name: 'overflows of another day', given: snapshot(), expect: { status: 'absent' } },
  {
    name: 'counters went backwards',
    given: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': -5 } }),
    expect: { status: 'inconclusive', gap: true, missing: 'backwards' },
  },
  {
    name: 'counters not read, but a queue is full',
    given: queue(17, 16).failed('counters'),
    expect: { status: 'present', severity: 'crit' },
  },
  {
    name: 'sockets not read, but it overflows',
    given: snapshot()
      .failed('sockets')
      .with({ rates: { 'TcpExt.ListenOverflows': 40 } }),
    expect: { status: 'present' },
  },
  { name: 'sockets not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
  {
    name: 'without ss, nothing waits',
    given: snapshot().with({ listeners: [{ address: '0.0.0.0', port: 443, queueLength: 0 }] }),
    expect: { status: 'absent' },
  },
  {
    name: 'without ss, something waits',
    given: snapshot().with({ listeners: [{ address: '0.0.0.0', port: 443, queueLength: 9 }] }),
    expect: { status: 'inconclusive', gap: false, missing: 'ss' },
  },
  {
    name: 'since the last measurement, when the probe had no interval',
    given: snapshot().with({
      intervalSeconds: 0,
      facts: { uptimeSeconds: 86_460 },
      measuredAt: '2026-11-22T12:01:00.000Z',
    }),
    previous: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': -600 } }),
    expect: { status: 'present' },
  },
  {
    name: 'not across a reboot',
    given: snapshot().with({
      intervalSeconds: 0,
      facts: { uptimeSeconds: 86_460, bootId: '22222222-2222-4222-8222-222222222222' },
      measuredAt: '2026-11-22T12:01:00.000Z',
    }),
    previous: snapshot().with({ deltas: { 'TcpExt.ListenOverflows': -600 } }),
    expect: { status: 'inconclusive', gap: true },
  },
];
