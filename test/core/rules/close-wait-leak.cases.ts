import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const pile = (count: number, idle5s: number, owned = count, unattributed = 0) =>
  snapshot().with({
    counts: { CLOSE_WAIT: count },
    groups: [{ state: 'CLOSE_WAIT', count, direction: 'in', localPort: 443 }],
    readings: {
      closeWaitAge: { by: 'idle', sampled: count, idle5s, idle60s: 0, longestMs: 9000 },
      closeWaitOwners: { owners: owned > 0 ? [{ process: 'java', pid: 77, count: owned }] : [], unattributed },
    },
  });
const full = [{ address: '0.0.0.0', port: 443, queueLength: 129, queueLimit: 128 }];

export const cases: readonly Case[] = [
  { name: 'just below the number', given: pile(49, 49), expect: { status: 'absent' } },
  {
    name: 'at the number',
    given: pile(50, 50),
    expect: { status: 'present', severity: 'warn', subject: 'java (pid 77)', remedies: [] },
  },
  { name: 'just below the idle share', given: pile(100, 29), expect: { status: 'absent' } },
  { name: 'at the idle share', given: pile(100, 30), expect: { status: 'present' } },
  { name: 'critical by number', given: pile(500, 500), expect: { status: 'present', severity: 'crit' } },
  { name: 'below it', given: pile(499, 499), expect: { status: 'present', severity: 'warn' } },
  {
    name: 'critical by growth since the last measurement',
    given: pile(200, 200).with({ measuredAt: '2026-11-22T12:01:00.000Z', facts: { uptimeSeconds: 86_460 } }),
    previous: pile(100, 100),
    expect: { status: 'present', severity: 'crit' },
  },
  { name: 'transient ones', given: pile(150, 0), expect: { status: 'absent', present: [] } },
  {
    name: 'waiting in a full accept queue: not the application’s leak',
    given: pile(129, 129, 0, 129).with({ listeners: full }),
    expect: { status: 'absent', present: ['accept-queue-overflow'] },
  },
  {
    name: 'without root nobody knows whether they wait in the queue',
    given: pile(129, 129, 0, 129).with({ listeners: full, facts: { uid: 1000 } }),
    expect: { status: 'inconclusive', gap: false, missing: 'root' },
  },
  {
    name: 'the whole chain: leak, descriptors, accept queue',
    given: pile(521, 500, 392, 129).with({
      listeners: full,
      rates: { 'TcpExt.ListenOverflows': 40 },
      readings: { processes: [{ pid: 77, command: 'java', openFiles: 400, softLimit: 400 }] },
    }),
    expect: {
      status: 'present',
      severity: 'crit',
      present: ['close-wait-leak', 'fd-exhaustion', 'accept-queue-overflow'],
    },
  },
  {
    name: 'without ss, by persistence',
    given: pile(100, 0).with({ readings: { closeWaitAge: { by: 'persistence', before: 100, after: 100, same: 100 } } }),
    expect: { status: 'present', confidence: 'medium' },
  },
  {
    name: 'ages not read',
    given: pile(100, 100).failed('closeWaitAge'),
    expect: { status: 'inconclusive', gap: true },
  },
  { name: 'sockets not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
