/** One-time codes: right once, wrong five times, in two processes at once. */
import { describe, expect, test } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import { StepUp } from '../../src/app/change-step-up.js';
import { readPolicy } from '../../src/config/policy.js';
import { type MemoryDisk, memoryDisk, memoryStore } from '../support/memory-store.js';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const policy = readPolicy(
  'people:\n  grace: {slack: ["T0H:U0GRACE"], totpEnv: GRACE_TOTP}\n  linus: {slack: ["T0H:U0LINUS"]}\n  ada: {slack: ["T0H:U0ADA"], totpEnv: ADA_TOTP}\n  eve: {slack: ["T0H:U0EVE"], totpEnv: EVE_TOTP}\n',
  'policy.yml',
);
const codeAt = (ms: number): string => new TOTP({ secret: Secret.fromBase32(SECRET) }).generate({ timestamp: ms });

const world = (disk: MemoryDisk = memoryDisk()) => {
  const clock = { nowMs: Date.parse('2026-11-22T12:00:10Z') };
  const make = () =>
    new StepUp({
      store: memoryStore(disk),
      clock: { now: () => clock.nowMs, sleep: async () => undefined },
      policy: () => policy,
      secret: (name) => ({ GRACE_TOTP: SECRET, EVE_TOTP: '189!!' })[name],
    });
  return { clock, make };
};

describe('a one-time code', () => {
  test('is taken one period early or late, not two, and never twice', async () => {
    const { clock, make } = world();
    const stepUp = make();
    const now = clock.nowMs;
    expect(await stepUp.check('grace', codeAt(now - 60_000))).toMatchObject({ ok: false });
    expect(await stepUp.check('grace', codeAt(now - 30_000))).toEqual({ ok: true });
    expect(await stepUp.check('grace', codeAt(now - 30_000))).toMatchObject({
      ok: false,
      why: expect.stringContaining('used already'),
    });
    expect(await stepUp.check('grace', codeAt(now))).toEqual({ ok: true });
    // An older one that was never used is no newer for that.
    expect(await stepUp.check('grace', codeAt(now - 30_000))).toMatchObject({ ok: false });
    expect(await stepUp.check('grace', codeAt(now + 30_000))).toEqual({ ok: true });
  });

  test('in two processes at once is good for one of them', async () => {
    const { clock, make } = world();
    const code = codeAt(clock.nowMs);
    const answers = await Promise.all([
      make().check('grace', code),
      make().check('grace', code),
      make().check('grace', code),
    ]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test('wrong five times locks, over a restart too, and opens after 15 minutes', async () => {
    const { clock, make } = world();
    for (let tries = 0; tries < 5; tries++) expect(await make().check('grace', '000000')).toMatchObject({ ok: false });
    expect(await make().check('grace', codeAt(clock.nowMs))).toMatchObject({
      ok: false,
      why: expect.stringContaining('locked'),
    });
    clock.nowMs += 15 * 60_000 - 1;
    expect(await make().check('grace', codeAt(clock.nowMs))).toMatchObject({ ok: false });
    clock.nowMs += 2;
    expect(await make().check('grace', codeAt(clock.nowMs))).toEqual({ ok: true });
  });

  test.each([
    ['linus', /names no one-time-code secret/],
    ['ada', /started without ADA_TOTP/],
    ['eve', /holds no base32 secret/],
    ['nobody', /names no one-time-code secret/],
  ])('of %s, who has none, is refused with the reason', async (person, why) => {
    const { make } = world();
    expect(await make().check(person, '123456')).toMatchObject({ ok: false, why: expect.stringMatching(why) });
  });

  test.each(['', 'abcdef', '12345', '1234567', '１２３４５６'])('“%s” is none', async (code) => {
    const { make } = world();
    expect(await make().check('grace', code)).toMatchObject({ ok: false });
  });
});
