/** What may happen to a change and what not, whatever a policy says. */
import { describe, expect, test } from '@jest/globals';
import { type Change, type ChangeEvent, evolve, type Measurement, replay } from '../../src/core/change.js';
import * as decide from '../../src/core/change-decide.js';

const ada = { person: 'ada', account: 'T0H:U0ADA' };
const grace = { person: 'grace', account: 'T0H:U0GRACE' };
const yes = { allowed: true } as const;
const no = { allowed: false, why: 'so says the policy' } as const;
const plan = {
  host: { name: 'web-1', address: '10.0.0.1', port: 22, keys: '' },
  entries: [{ key: 'net.ipv4.tcp_tw_reuse', from: '2', to: '1' }],
  confirmWindowSeconds: 300,
  persistent: false,
};
const proposal: decide.Proposal = {
  id: 'change0000000001',
  plan,
  digest: 'd',
  by: ada,
  reason: 'ports run out',
  nowMs: 0,
  expiresAtMs: 1_000,
  approvalsNeeded: 1,
  permission: yes,
};
const madeOf = (...events: ChangeEvent[]): Change => replay(events) as Change;
const proposed: ChangeEvent = {
  type: 'proposed',
  id: proposal.id,
  plan,
  digest: 'd',
  by: ada,
  reason: 'r',
  atMs: 0,
  expiresAtMs: 1_000,
  approvalsNeeded: 1,
};
const approval: ChangeEvent = { type: 'approval-given', by: grace, atMs: 10, digest: 'd' };
const glass: ChangeEvent = { ...approval, breakGlass: { reason: 'all is down', skipped: [] } };
const intent: ChangeEvent = { type: 'apply-intended', by: grace, atMs: 20, notAfterMs: 40 };
const applied: ChangeEvent = { type: 'applied', atMs: 30, windowEndsAtMs: 500 };
const confirming: ChangeEvent = { type: 'confirm-intended', by: ada, atMs: 40, notAfterMs: 60 };
const code = (decision: decide.Decision): string => (decision.ok ? 'ok' : decision.refusal.code);
const approve = { by: grace, digest: 'd', nowMs: 10, permission: yes };

describe('proposing', () => {
  test.each([
    ['as it should be', {}, 'ok'],
    ['without permission', { permission: no }, 'not-permitted'],
    ['without a reason', { reason: '  ' }, 'no-reason'],
    ['with a reason that is a book', { reason: 'x'.repeat(1_001) }, 'no-reason'],
    ['of nothing', { plan: { ...plan, entries: [] } }, 'no-change'],
    ['of what is so already', { plan: { ...plan, entries: [{ key: 'k', from: '1', to: '1' }] } }, 'no-change'],
    [
      'of a key twice',
      {
        plan: {
          ...plan,
          entries: [
            { key: 'k', from: '1', to: '2' },
            { key: 'k', from: '1', to: '3' },
          ],
        },
      },
      'no-change',
    ],
  ])('%s', (_name, more, expected) => expect(code(decide.propose({ ...proposal, ...more }))).toBe(expected));

  test('needs one approval at least, whatever a policy says', () => {
    const decision = decide.propose({ ...proposal, approvalsNeeded: 0 });
    expect(decision).toMatchObject({ ok: true, events: [{ approvalsNeeded: 1 }] });
  });
});

describe('approving', () => {
  test.each([
    ['by another', madeOf(proposed), {}, 'ok'],
    ['by who asked', madeOf(proposed), { by: ada }, 'own-request'],
    ['by who asked, through an alias', madeOf(proposed), { by: { ...ada, account: 'T0X:U0OTHER' } }, 'own-request'],
    ['by who asked, under another name', madeOf(proposed), { by: { ...ada, person: 'eve' } }, 'own-request'],
    ['without permission', madeOf(proposed), { permission: no }, 'not-permitted'],
    ['of another plan', madeOf(proposed), { digest: 'e' }, 'another-plan'],
    ['in its last moment', madeOf(proposed), { nowMs: 999 }, 'ok'],
    ['after its time', madeOf(proposed), { nowMs: 1_000 }, 'expired'],
    ['twice', madeOf({ ...proposed, approvalsNeeded: 2 }, approval), {}, 'already-approved'],
    ['of what is approved', madeOf(proposed, approval), { by: { person: 'm', account: 'T:U' } }, 'wrong-state'],
    ['of what is in force', madeOf(proposed, approval, intent, applied), {}, 'wrong-state'],
    ['alone, with a reason', madeOf(proposed), { by: ada, breakGlass: { reason: 'all is down', skipped: [] } }, 'ok'],
    ['alone, without a reason', madeOf(proposed), { by: ada, breakGlass: { reason: ' ', skipped: [] } }, 'no-reason'],
    [
      'alone, without permission',
      madeOf(proposed),
      { by: ada, permission: no, breakGlass: { reason: 'r', skipped: [] } },
      'not-permitted',
    ],
  ])('%s', (_name, change, more, expected) =>
    expect(code(decide.approve(change, { ...approve, ...more }))).toBe(expected),
  );

  test('two are needed where two are needed; broken glass is enough alone, and waits for a review', () => {
    const two = { ...proposed, approvalsNeeded: 2 };
    expect(madeOf(two, approval).state).toBe('proposed');
    expect(madeOf(two, approval, { ...approval, by: { person: 'm', account: 'T:U' } }).state).toBe('approved');
    expect(madeOf(two, glass)).toMatchObject({ state: 'approved', review: { due: true } });
  });
});

test('applying after its time is refused', () => {
  const begin = { by: grace, digest: 'd', notAfterMs: 2_000 };
  expect(code(decide.beginApply(madeOf(proposed, approval), { ...begin, nowMs: 1_000 }))).toBe('expired');
  expect(decide.beginApply(madeOf(proposed, approval), { ...begin, nowMs: 10 })).toMatchObject({
    ok: true,
    events: [{ type: 'apply-intended', notAfterMs: 1_000 }],
  });
  expect(decide.beginApply(madeOf(proposed, approval), { ...begin, digest: 'e', nowMs: 10 })).toMatchObject({
    events: [{ type: 'went-stale' }],
  });
});

describe('what is in force', () => {
  const inForce = madeOf(proposed, approval, intent, applied);
  const confirm = { by: ada, nowMs: 100, notAfterMs: 120, permission: yes };
  test.each([
    ['confirmed', inForce, {}, 'ok'],
    ['confirmed without permission', inForce, { permission: no }, 'not-permitted'],
    ['confirmed in the last moment', inForce, { nowMs: 499 }, 'ok'],
    ['confirmed after the window', inForce, { nowMs: 500 }, 'window-ended'],
    ['confirmed twice', evolve(inForce, confirming), {}, 'under-way'],
    ['confirmed before it is', madeOf(proposed), {}, 'wrong-state'],
  ])('%s', (_name, change, more, expected) =>
    expect(code(decide.beginConfirm(change, { ...confirm, ...more }))).toBe(expected),
  );

  const measurement = (outcome: Measurement['outcome']): Measurement => ({
    atMs: 50,
    afterSeconds: 30,
    outcome,
    before: '',
    now: '',
  });
  test.each([
    ['better', true],
    ['same', true],
    ['worse', false],
    ['unknown', false],
  ] as const)('measured for the last time as %s: verified %s', (outcome, verified) => {
    const decision = decide.measured(inForce, measurement(outcome), true);
    expect(decision.ok && decision.events.some(({ type }) => type === 'verified')).toBe(verified);
    const first = decide.measured(inForce, measurement(outcome), false);
    expect(first.ok && first.events.map(({ type }) => type)).toEqual(['measured']);
  });

  test('every event counts, and an end leaves nothing under way', () => {
    expect(inForce.version).toBe(4);
    const reverting = evolve(inForce, { type: 'revert-intended', by: ada, atMs: 50, notAfterMs: 70, why: 'asked' });
    const ended = evolve(reverting, { type: 'reverted', atMs: 60, why: 'asked' });
    expect(ended).toMatchObject({ state: 'reverted', version: 6, endedAtMs: 60 });
    expect(ended.underway).toBeUndefined();
  });

  test('a review is somebody else’s, once', () => {
    const broken = madeOf(proposed, glass, intent, applied);
    const review = { nowMs: 100, permission: yes };
    expect(code(decide.review(broken, { ...review, by: grace }))).toBe('own-request');
    expect(code(decide.review(broken, { ...review, by: ada }))).toBe('ok');
    expect(code(decide.review(inForce, { ...review, by: ada }))).toBe('not-break-glass');
  });
});
