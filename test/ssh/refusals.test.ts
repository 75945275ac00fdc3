/** What was refused, and for how long that is told in place of another login. */
import { describe, expect, test } from '@jest/globals';
import { failure } from '../../src/ssh/failures.js';
import { REFUSAL_KEPT_MS, Refusals } from '../../src/ssh/refusals.js';

const PENALTY_MS = 5_000;
const LOCKED_OUT_AT_MS = 15_000;

describe('refusals', () => {
  const refused = failure('authentication-refused', 'edge', { detail: 'no key fits', offered: ['a key'] });

  test('are told again with all that was said, and since when, until their time is over', () => {
    const refusals = new Refusals();
    refusals.keep('edge', refused, 1_000);
    expect(refusals.of('edge', 5_200)?.failure).toEqual({
      ...refused.failure,
      detail: 'no key fits; refused 4200 ms ago',
    });
    expect(refusals.of('other', 1_000)).toBeUndefined();
    // Whoever asks meanwhile does not make it longer.
    expect(refusals.of('edge', 1_000 + REFUSAL_KEPT_MS - 1)).toBeDefined();
    expect(refusals.of('edge', 1_000 + REFUSAL_KEPT_MS)).toBeUndefined();
    expect(refusals.size).toBe(0);
  });

  test('what may pass by itself is not kept', () => {
    const refusals = new Refusals();
    for (const problem of ['dropped-before-login', 'refused', 'login-timed-out', 'jump-failed', 'cancelled'] as const)
      refusals.keep('edge', failure(problem, 'edge'), 0);
    refusals.keep('edge', new Error('something else'), 0);
    expect(refusals.size).toBe(0);
    for (const problem of ['host-key-unknown', 'host-key-changed', 'host-key-revoked'] as const) {
      refusals.keep(problem, failure(problem, 'edge'), 0);
      expect(refusals.of(problem, 1)?.failure.problem).toBe(problem);
    }
  });

  test('as many are kept as came within their time', () => {
    const refusals = new Refusals();
    for (let n = 0; n < 100; n += 1) refusals.keep(`host-${n}`, refused, n * 1_000);
    expect(refusals.size).toBe(REFUSAL_KEPT_MS / 1_000);
    refusals.forget('host-99');
    expect(refusals.of('host-99', 99_000)).toBeUndefined();
    refusals.forget();
    expect(refusals.size).toBe(0);
  });

  test('whoever asks without end is not locked out by sshd`s defaults', () => {
    const refusals = new Refusals();
    let penaltyMs = 0;
    for (let nowMs = 0; nowMs < 600_000; nowMs += 100) {
      penaltyMs = Math.max(0, penaltyMs - 100);
      if (refusals.of('edge', nowMs) !== undefined) continue;
      penaltyMs += PENALTY_MS;
      refusals.keep('edge', refused, nowMs);
      expect(penaltyMs).toBeLessThan(LOCKED_OUT_AT_MS);
    }
  });
});
