/** Waves: whatever the hosts do, a canary goes first, few are at risk at once, and nothing begins after a stop. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Change, ChangeState } from '../../src/core/change.js';
import type { Plan } from '../../src/core/plan-digest.js';
import {
  approveWave,
  batchesOf,
  denyWave,
  evolveWave,
  isOver,
  membersOf,
  type Pace,
  revertWave,
  stopWave,
  type Wave,
  type WaveDecision,
  waveDigest,
  waveSeconds,
} from '../../src/core/wave.js';
import {
  advanceWave,
  isSettled,
  type Standing,
  standingOf,
  toBegin,
  toConfirm,
  toRevert,
  toWithdraw,
} from '../../src/core/wave-course.js';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const plan = (host: string, to = '262144'): Plan => ({
  host: { name: host, address: '10.0.0.1', port: 22, keys: 'k' },
  entries: [{ key: 'net.netfilter.nf_conntrack_max', from: '65536', to }],
  confirmWindowSeconds: 600,
  persistent: false,
});
type Look = 'better' | 'same' | 'worse' | 'unknown';
const change = (id: string, state: ChangeState, outcome?: Look, afterSeconds = 30): Change => ({
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
  approvals: state === 'approved' ? [{ by: { person: 'grace', account: 'T1:U2' }, atMs: 0 }] : [],
  measurements: outcome === undefined ? [] : [{ atMs: 1, afterSeconds, outcome, before: '', now: '' }],
  shadowedBy: [],
});
const aWave = (hosts: number, more: Partial<Wave> = {}): Wave => ({
  id: 'w1',
  version: 1,
  state: 'proposed',
  selector: '@web',
  batches: batchesOf(
    Array.from({ length: hosts }, (_, at) => ({ host: `h${at}`, change: `c${at}`, digest: `d${at}` })),
  ),
  pace: 'verified',
  looksSeconds: [30, 300],
  digest: 'D',
  requester: { person: 'ada', account: 'T1:U1' },
  reason: 'full',
  confirmWindowSeconds: 600,
  persistent: false,
  channel: 'C1',
  approvals: [],
  approvalsNeeded: 1,
  begun: 0,
  proposedAtMs: 0,
  expiresAtMs: 1e9,
  ...more,
});
const grace = { person: 'grace', account: 'T1:U2', userGroups: [], atMs: 5 };
const linus = { person: 'linus', account: 'T1:U3', userGroups: [], atMs: 5 };
const applied = (wave: Wave, decision: WaveDecision): Wave =>
  decision.ok ? decision.events.reduce(evolveWave, wave) : wave;
const codeOf = (decision: WaveDecision) => (decision.ok ? 'ok' : decision.refusal.code);
const started = (hosts: number, more: Partial<Wave> = {}): Wave =>
  applied(aWave(hosts, more), approveWave(aWave(hosts, more), grace, 'D'));
const allOf = (wave: Wave, state: ChangeState = 'proposed') =>
  new Map(membersOf(wave).map(({ change: id }) => [id, change(id, state)]));

describe('what an approval of a wave covers', () => {
  test('another host, value, order, window, batch or pace is another digest', () => {
    const base = [[plan('a')], [plan('b'), plan('c')]];
    const others = [
      [[plan('a')], [plan('b')], [plan('c')]],
      [[plan('a')], [plan('c'), plan('b')]],
      [[plan('a')], [plan('b'), plan('c', '131072')]],
      [[plan('a')], [plan('b')]],
      [[plan('a')], [plan('b'), { ...plan('c'), confirmWindowSeconds: 601 }]],
      [[plan('a')], [plan('b'), { ...plan('c'), host: { ...plan('c').host, address: '10.0.0.2' } }]],
    ];
    const digests = [base, ...others].map((batches) => waveDigest(batches, 'verified', hash));
    digests.push(waveDigest(base, 'first-look', hash));
    expect(new Set(digests).size).toBe(digests.length);
    expect(waveDigest(base, 'verified', hash)).toBe(digests[0]);
  });

  test('not by who asked under any account, not twice by one, not for something else, not when it is over', () => {
    const wave = aWave(3, { approvalsNeeded: 2 });
    expect(codeOf(approveWave(wave, { ...grace, person: 'ada' }, 'D'))).toBe('own-request');
    expect(codeOf(approveWave(wave, { ...grace, account: 'T1:U1' }, 'D'))).toBe('own-request');
    expect(codeOf(approveWave(wave, grace, 'other'))).toBe('another-plan');
    expect(codeOf(approveWave(wave, { ...grace, atMs: 1e9 }, 'D'))).toBe('expired');
    const once = applied(wave, approveWave(wave, grace, 'D'));
    expect(once.state).toBe('proposed');
    expect(codeOf(approveWave(once, { ...grace, account: 'T1:U9' }, 'D'))).toBe('already-approved');
    const twice = applied(once, approveWave(once, linus, 'D'));
    expect(twice.state).toBe('running');
    expect(approveWave(twice, { ...grace, person: 'margaret', account: 'T1:U4' }, 'D')).toMatchObject({
      ok: false,
      refusal: { code: 'wrong-state', detail: expect.stringContaining('allowed by linus') },
    });
  });

  test('denied before it began, stopped while it runs, reverted once something was begun, each once', () => {
    const wave = aWave(3);
    expect(codeOf(stopWave(wave, grace, 'no', 1))).toBe('wrong-state');
    expect(codeOf(revertWave(wave, grace))).toBe('wrong-state');
    expect(applied(wave, denyWave(wave, grace, 'not now', 1))).toMatchObject({
      state: 'denied',
      ending: { why: 'not now', by: { person: 'grace' } },
    });
    const running = evolveWave(started(3), { type: 'batch-begun', batch: 0, atMs: 1 });
    expect(codeOf(denyWave(running, grace, 'no', 1))).toBe('wrong-state');
    const stopped = applied(running, stopWave(running, grace, 'enough', 2));
    expect(stopped.state).toBe('stopped');
    expect(codeOf(stopWave(stopped, grace, 'enough', 2))).toBe('wrong-state');
    const back = applied(running, revertWave(running, grace));
    expect(back).toMatchObject({ state: 'stopped', reverting: { person: 'grace' } });
    expect(codeOf(revertWave(back, linus))).toBe('wrong-state');
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

  test.each<[number, Pace, number]>([
    [1, 'verified', 300],
    [3, 'verified', 900],
    [2, 'first-look', 600],
    [4, 'first-look', 660],
  ])('%i batches, %s: %i s at the least', (batches, pace, seconds) => {
    expect(waveSeconds(batches, pace, [30, 300])).toBe(seconds);
  });
});

describe('what a host’s change means for its wave', () => {
  const looks = [30, 300];
  /** with hosts that would follow; `c0` is the canary */
  const running = aWave(4, { state: 'running', begun: 2, looksSeconds: looks });
  const inForce = (more: Partial<Change>, state: ChangeState = 'verified'): Change => ({
    ...change('c1', state, 'same', 300),
    windowEndsAtMs: 600_000,
    ...more,
  });
  const step = (which: 'apply' | 'confirm' | 'revert') => ({
    step: which,
    by: { person: 'grace', account: 'T1:U2' },
    sinceMs: 0,
    notAfterMs: 20_000,
  });
  const bad = (why: string): Standing => ({ is: 'bad', why });

  test.each<[string, Change | undefined, Standing, number?]>([
    ['none', undefined, bad('its change is gone')],
    ['waits', change('c1', 'proposed'), { is: 'waiting' }],
    ['is told', change('c1', 'applying'), { is: 'under way' }],
    ['in force', change('c1', 'applied'), { is: 'under way' }],
    ['looked at', change('c1', 'applied', 'same'), { is: 'looked at' }],
    ['worse', change('c1', 'applied', 'worse'), bad('it got worse')],
    ['one look failed', change('c1', 'applied', 'unknown', 30), { is: 'under way' }],
    ['the last look failed', change('c1', 'applied', 'unknown', 300), bad('it could not be verified')],
    ['verified', inForce({}), { is: 'good' }],
    ['verified, its window is over', inForce({}), bad('nobody confirmed it in time'), 600_000],
    [
      'verified, and being confirmed when its window ends',
      inForce({ underway: { ...step('confirm'), notAfterMs: 610_000 } }),
      { is: 'under way' },
      600_000,
    ],
    [
      'its confirmation is never answered',
      inForce({ underway: step('confirm') }),
      bad('it was sent the confirmation, and gives no answer since'),
      80_001,
    ],
    ['verified, and being taken back', inForce({ underway: step('revert') }), bad('it is being taken back')],
    [
      'verified, and the host can’t take it back',
      inForce({ held: { why: 'in-use', sinceMs: 1 } }),
      bad('it is to take its values back, and can not yet'),
    ],
    ['sent, answer lost', { ...change('c1', 'applying'), underway: step('apply') }, { is: 'under way' }, 80_000],
    [
      'sent, never answered',
      { ...change('c1', 'applying'), underway: step('apply') },
      bad('it was sent the values, and gives no answer since'),
      80_001,
    ],
    ['confirmed after all looks', change('c1', 'confirmed', 'better', 300), { is: 'good' }],
    ['confirmed after no look', change('c1', 'confirmed'), bad('it was confirmed before it was verified')],
    [
      'confirmed after the first look',
      change('c1', 'confirmed', 'better', 30),
      bad('it was confirmed before it was verified'),
    ],
    [
      'confirmed after a failed look',
      change('c1', 'confirmed', 'unknown', 300),
      bad('it was confirmed before it was verified'),
    ],
    ['taken back', { ...change('c1', 'reverted'), ending: 'window ended' }, bad('it was taken back: window ended')],
    ['stale', { ...change('c1', 'stale'), ending: 'moved' }, bad('nothing was changed there: moved')],
  ])('%s', (_, of, standing, nowMs = 1_000) => {
    expect(standingOf(of, running, nowMs)).toEqual(standing);
  });

  test('where no other host follows, or a first look is enough, less is asked of one that was confirmed', () => {
    const none = change('c1', 'confirmed');
    const once = change('c1', 'confirmed', 'better', 30);
    expect(standingOf(none, { ...running, begun: 3 }, 1)).toEqual({ is: 'good' });
    const quick: Wave = { ...running, pace: 'first-look' };
    expect(standingOf(once, quick, 1)).toEqual({ is: 'good' });
    expect(standingOf(none, quick, 1).is).toBe('bad');
    expect(standingOf({ ...once, id: 'c0' }, quick, 1).is).toBe('bad');
  });

  test('a host that can’t be asked holds up a wave for a minute', () => {
    expect(standingOf(change('c1', 'approved'), running, 60_000)).toEqual({ is: 'under way' });
    expect(standingOf(change('c1', 'approved'), running, 60_001)).toEqual(bad('it could not be asked'));
  });

  test('so does one whose approval can’t be given', () => {
    const wave = evolveWave(started(4), { type: 'batch-begun', batch: 0, atMs: 1_000 });
    expect(advanceWave(wave, allOf(wave), 61_000)).toEqual([]);
    expect(advanceWave(wave, allOf(wave), 61_001)).toMatchObject([
      { type: 'wave-stopped', host: 'h0', why: 'its approval could not be given' },
    ]);
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
    worse: fc.constantFrom<Look | undefined>('better', 'worse', 'unknown', undefined),
    stop: fc.constantFrom(false, false, false, false, true),
  });

  test.each<Pace>(['verified', 'first-look'])(
    'pace %s: canary first and verified, none begun beside one that is not good enough, none after a stop',
    (pace) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 40 }), fc.array(turn, { maxLength: 120 }), (hosts, turns) => {
          let wave = started(hosts, { pace });
          const changes = allOf(wave);
          const everBegun = new Set<string>();
          const stateOf = (id: string) => standingOf(changes.get(id), wave, 1).is;
          const settle = (): void => {
            const events = advanceWave(wave, changes, 1);
            for (const event of events) {
              if (event.type === 'batch-begun') {
                for (const id of everBegun)
                  expect(pace === 'verified' || id === 'c0' ? ['good'] : ['good', 'looked at']).toContain(stateOf(id));
                if (event.batch === 0) expect(wave.batches[0]).toHaveLength(1);
              }
              wave = evolveWave(wave, event);
            }
            for (const { change: id } of toBegin(wave, changes)) {
              expect(wave.state).toBe('running');
              everBegun.add(id);
              changes.set(id, change(id, 'applying'));
            }
            expect([...everBegun].filter((id) => stateOf(id) === 'under way').length).toBeLessThanOrEqual(10);
          };
          settle();
          for (const { member, to, worse, stop } of turns) {
            const begunBefore = everBegun.size;
            const over = isOver(wave);
            const id = [...changes.keys()][member % changes.size] ?? '';
            const now = changes.get(id);
            // Only what is begun, and not over, goes on by itself.
            if (everBegun.has(id) && now !== undefined && !ends.includes(now.state))
              changes.set(id, change(id, to, worse));
            if (stop) wave = applied(wave, stopWave(wave, linus, 'enough', 2));
            settle();
            if (over) expect(everBegun.size).toBe(begunBefore);
            if (wave.state === 'done') {
              expect(everBegun.size).toBe(hosts);
              if (!over) for (const it of everBegun) expect(stateOf(it)).toBe('good');
            }
            if (!over && [...everBegun].some((it) => stateOf(it) === 'bad')) expect(wave.state).toBe('stopped');
          }
          if (wave.state === 'stopped')
            expect(new Set(toWithdraw(wave, changes).map(({ change: it }) => it))).toEqual(
              new Set([...changes.keys()].filter((it) => !everBegun.has(it))),
            );
        }),
        { numRuns: 300 },
      );
    },
  );

  test('names the host and why', () => {
    const begun = evolveWave(started(4), { type: 'batch-begun', batch: 0, atMs: 1 });
    const changes = allOf(begun);
    const why = (of: Change | undefined): unknown => {
      if (of === undefined) changes.delete('c0');
      else changes.set('c0', of);
      return advanceWave(begun, changes, 61_000)[0];
    };
    const stopped = (text: string) => ({ type: 'wave-stopped', host: 'h0', why: text, by: 'bot', atMs: 61_000 });
    expect(why(change('c0', 'applied', 'worse'))).toEqual(stopped('it got worse'));
    expect(why(change('c0', 'applied', 'unknown', 301))).toEqual(stopped('it could not be verified'));
    expect(why(change('c0', 'approved'))).toEqual(stopped('it could not be asked'));
    expect(why({ ...change('c0', 'reverted'), ending: 'the window ended' })).toEqual(
      stopped('it was taken back: the window ended'),
    );
    changes.set('c3', change('c3', 'expired'));
    expect(why(change('c0', 'verified'))).toMatchObject({ type: 'wave-stopped', host: 'h3' });
    expect(why(undefined)).toMatchObject({ host: 'h0', why: 'its change is gone' });
  });

  test('before its approval: stale when one of its hosts moved, expired in time, ended when it was never wholly proposed', () => {
    const wave = aWave(3);
    const changes = allOf(wave);
    expect(advanceWave(wave, changes, 1)).toEqual([]);
    expect(advanceWave(wave, changes, 1e9)).toMatchObject([{ type: 'wave-expired' }]);
    changes.set('c1', change('c1', 'denied'));
    expect(advanceWave(wave, changes, 1)).toMatchObject([{ type: 'wave-stale', host: 'h1' }]);
    const half = aWave(3, { state: 'proposing' });
    expect(advanceWave(half, new Map(), 60_000)).toEqual([]);
    const [denied] = advanceWave(half, new Map(), 120_001);
    if (denied === undefined) throw new Error('nothing happened');
    const over = evolveWave(half, denied);
    expect(toWithdraw(over, new Map([['c0', change('c0', 'proposed')]])).map(({ host }) => host)).toEqual(['h0']);
  });

  test('a confirmation means what was shown, in force and not worse; a revert whatever is in force, now and later', () => {
    const running = evolveWave(evolveWave(started(7), { type: 'batch-begun', batch: 0, atMs: 1 }), {
      type: 'batch-begun',
      batch: 1,
      atMs: 2,
    });
    const changes = allOf(running);
    changes.set('c0', change('c0', 'verified', 'better'));
    changes.set('c1', change('c1', 'applied', 'worse'));
    changes.set('c2', change('c2', 'applied', 'same'));
    const hosts = (members: readonly { host: string }[]) => members.map(({ host }) => host);
    // The canary after all looks; the others after all of them too, at this pace.
    expect(hosts(toConfirm(running, changes, 9))).toEqual([]);
    changes.set('c0', change('c0', 'verified', 'better', 300));
    expect(hosts(toConfirm(running, changes, 9))).toEqual(['h0']);
    const quick: Wave = { ...running, pace: 'first-look' };
    expect(hosts(toConfirm(quick, changes, 1))).toEqual(['h0']);
    expect(hosts(toConfirm(quick, changes, 9))).toEqual(['h0', 'h2']);
    // Where nothing follows any more one look is enough, and none is none.
    const stopped = applied(running, stopWave(running, grace, 'enough', 3));
    expect(hosts(toConfirm(stopped, changes, 9))).toEqual(['h0', 'h2']);
    changes.set('c2', change('c2', 'applied', 'unknown'));
    expect(hosts(toConfirm(stopped, changes, 9))).toEqual(['h0']);
    changes.set('c2', { ...change('c2', 'verified', 'same'), held: { why: 'in-use', sinceMs: 1 } });
    expect(hosts(toConfirm(stopped, changes, 9))).toEqual(['h0']);
    changes.set('c2', change('c2', 'applied', 'same'));
    expect(toRevert(running, changes)).toEqual([]);
    const back = applied(running, revertWave(running, grace));
    expect(hosts(toRevert(back, changes))).toEqual(['h0', 'h1', 'h2']);
    changes.set('c0', {
      ...change('c0', 'verified'),
      underway: { step: 'revert', by: grace, sinceMs: 1, notAfterMs: 2 },
    });
    expect(hosts(toRevert(back, changes))).toEqual(['h1', 'h2']);
    // The host goes on trying by itself: it is not asked again and again.
    changes.set('c1', { ...change('c1', 'applied', 'worse'), held: { why: 'in-use', sinceMs: 1 } });
    expect(hosts(toRevert(back, changes))).toEqual(['h2']);
    expect(isSettled(back, changes)).toBe(false);
    expect(isSettled(back, allOf(back, 'reverted'))).toBe(true);
  });
});
