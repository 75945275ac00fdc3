/** Waves: whatever the hosts do, a canary goes first, few are at risk at once, and nothing begins after a stop. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Change, ChangeState } from '../../src/core/change.js';
import type { Plan } from '../../src/core/plan-digest.js';
import {
  advanceWave,
  approveWave,
  batchesOf,
  evolveWave,
  memberState,
  membersOf,
  stopWave,
  toBegin,
  toWithdraw,
  type Wave,
  waveDigest,
} from '../../src/core/wave.js';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const plan = (host: string, to = '262144'): Plan => ({
  host: { name: host, address: '10.0.0.1', port: 22, keys: 'k' },
  entries: [{ key: 'net.netfilter.nf_conntrack_max', from: '65536', to }],
  confirmWindowSeconds: 600,
  persistent: false,
});
const change = (id: string, state: ChangeState, outcome?: 'better' | 'worse'): Change => ({
  id,
  version: 1,
  state,
  plan: plan(id),
  digest: id,
  requester: { person: 'ada', account: 'T1:U1' },
  reason: 'full',
  proposedAtMs: 0,
  expiresAtMs: 1e9,
  approvalsNeeded: 1,
  approvals: [],
  measurements: outcome === undefined ? [] : [{ atMs: 1, afterSeconds: 30, outcome, before: '', now: '' }],
  shadowedBy: [],
});
const aWave = (hosts: number, more: Partial<Wave> = {}): Wave => {
  const batches = batchesOf(
    Array.from({ length: hosts }, (_, at) => ({ host: `h${at}`, change: `c${at}`, digest: `d${at}` })),
  );
  return {
    id: 'w1',
    version: 1,
    state: 'proposed',
    batches,
    digest: 'D',
    requester: 'ada',
    approvals: [],
    approvalsNeeded: 1,
    begun: 0,
    proposedAtMs: 0,
    ...more,
  };
};
const grace = { person: 'grace', account: 'T1:U2', userGroups: [], atMs: 5 };
const applied = (wave: Wave, decision: ReturnType<typeof approveWave>): Wave =>
  decision.ok ? decision.events.reduce(evolveWave, wave) : wave;

describe('what an approval of a wave covers', () => {
  test('another host, value, order, window or batch is another digest', () => {
    const base = [[plan('a')], [plan('b'), plan('c')]];
    const others = [
      [[plan('a')], [plan('b')], [plan('c')]],
      [[plan('a')], [plan('c'), plan('b')]],
      [[plan('a')], [plan('b'), plan('c', '131072')]],
      [[plan('a')], [plan('b')]],
      [[plan('a')], [plan('b'), { ...plan('c'), confirmWindowSeconds: 601 }]],
      [[plan('a')], [plan('b'), { ...plan('c'), host: { ...plan('c').host, address: '10.0.0.2' } }]],
    ];
    const digests = [base, ...others].map((batches) => waveDigest(batches, hash));
    expect(new Set(digests).size).toBe(digests.length);
    expect(waveDigest(base, hash)).toBe(digests[0]);
  });

  test('not by who asked, not twice by one, not for something else, not when it is over', () => {
    const wave = aWave(3, { approvalsNeeded: 2 });
    expect(approveWave(wave, { ...grace, person: 'ada' }, 'D').ok).toBe(false);
    expect(approveWave(wave, grace, 'other').ok).toBe(false);
    const once = applied(wave, approveWave(wave, grace, 'D'));
    expect(once.state).toBe('proposed');
    expect(approveWave(once, grace, 'D').ok).toBe(false);
    const twice = applied(once, approveWave(once, { ...grace, person: 'linus' }, 'D'));
    expect(twice.state).toBe('running');
    expect(approveWave(twice, { ...grace, person: 'margaret' }, 'D').ok).toBe(false);
  });
});

describe('batches', () => {
  test('one first, then at most ten; every host once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (hosts) => {
        const batches = batchesOf(Array.from({ length: hosts }, (_, at) => at));
        expect(batches[0]).toHaveLength(1);
        expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(10);
        expect(batches.flat()).toEqual(Array.from({ length: hosts }, (_, at) => at));
      }),
    );
  });
});

describe('the course of a wave', () => {
  const ends: readonly ChangeState[] = [
    'confirmed',
    'denied',
    'expired',
    'stale',
    'reverted',
    'failed',
    'revert-failed',
  ];
  /** what a host may do in a turn */
  const turn = fc.record({
    member: fc.nat(),
    to: fc.constantFrom<ChangeState>('applying', 'applied', 'verified', ...ends),
    worse: fc.boolean(),
    stop: fc.constantFrom(false, false, false, false, true),
  });

  test('whatever hosts and people do: canary first, none begun beside one that is not good, none after a stop', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(turn, { maxLength: 120 }), (hosts, turns) => {
        let wave = applied(aWave(hosts), approveWave(aWave(hosts), grace, 'D'));
        const changes = new Map(membersOf(wave).map(({ change: id }) => [id, change(id, 'proposed')]));
        const everBegun = new Set<string>();
        const settle = (): void => {
          const events = advanceWave(wave, changes, 1);
          for (const event of events) {
            if (event.type === 'batch-begun') {
              // Everyone begun before is good, and nobody is at risk beside this batch.
              for (const id of everBegun) expect(memberState(changes.get(id))).toBe('good');
              if (event.batch === 0) expect(wave.batches[0]).toHaveLength(1);
            }
            wave = evolveWave(wave, event);
          }
          for (const { change: id } of toBegin(wave, changes)) {
            expect(wave.state).toBe('running');
            everBegun.add(id);
            changes.set(id, change(id, 'approved'));
          }
          const risky = [...everBegun].filter((id) => memberState(changes.get(id)) === 'under way');
          expect(risky.length).toBeLessThanOrEqual(10);
        };
        settle();
        for (const { member, to, worse, stop } of turns) {
          const begunBefore = everBegun.size;
          const over = wave.state !== 'running';
          const id = [...changes.keys()][member % changes.size] ?? '';
          const now = changes.get(id);
          // Only what is begun, and not over, goes on by itself.
          if (everBegun.has(id) && now !== undefined && !ends.includes(now.state))
            changes.set(id, change(id, to, worse ? 'worse' : 'better'));
          if (stop) wave = applied(wave, stopWave(wave, 'linus', 'enough', 2));
          settle();
          if (over) expect(everBegun.size).toBe(begunBefore);
          if (wave.state === 'done') expect(everBegun.size).toBe(hosts);
          if ([...everBegun].some((it) => memberState(changes.get(it)) === 'bad'))
            expect(wave.state).not.toBe('running');
        }
        if (wave.state === 'stopped')
          expect(new Set(toWithdraw(wave, changes).map(({ change: it }) => it))).toEqual(
            new Set([...changes.keys()].filter((it) => !everBegun.has(it))),
          );
      }),
      { numRuns: 300 },
    );
  });

  test('names the host and why', () => {
    const running = applied(aWave(4), approveWave(aWave(4), grace, 'D'));
    const begun = evolveWave(running, { type: 'batch-begun', batch: 0, atMs: 1 });
    const changes = new Map(membersOf(begun).map(({ change: id }) => [id, change(id, 'proposed')]));
    changes.set('c0', change('c0', 'applied', 'worse'));
    expect(advanceWave(begun, changes, 9)).toEqual([
      { type: 'wave-stopped', host: 'h0', why: 'it got worse', by: 'bot', atMs: 9 },
    ]);
    changes.set('c0', change('c0', 'verified'));
    changes.set('c3', change('c3', 'expired'));
    expect(advanceWave(begun, changes, 9)).toMatchObject([{ type: 'wave-stopped', host: 'h3' }]);
  });
});
