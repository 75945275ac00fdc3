/** The shell around the state machine: what is asked again before a host is told, and what a crash leaves to others. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { hostNotAfter, NOT_AFTER_SECONDS } from '../../src/app/change-due.js';
import { GateDoor, readReport } from '../../src/app/change-gate.js';
import { ChangeLifecycle } from '../../src/app/change-lifecycle.js';
import type { Asker, Notice } from '../../src/app/change-ports.js';
import { readPolicy } from '../../src/config/policy.js';
import type { Host } from '../../src/core/inventory.js';
import type { Policy } from '../../src/core/policy.js';
import { type Store, StoreFailure } from '../../src/ports/store.js';
import type { Transport } from '../../src/ports/transport.js';
import { loadSysctls } from '../../src/sysctls.js';
import { anInventory, countingIds, keepingLog } from '../support/bot-fakes.js';
import { gatedHost, REUSE } from '../support/changing-bot.js';
import { FakeHost } from '../support/fake-gate.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';

const catalogue = await loadSysctls();
const policyWith = (key: string): Policy =>
  readPolicy(
    `people:\n  ada: {slack: ["T0H:U0ADA"]}\n  grace: {slack: ["T0H:U0GRACE"]}\nroles: {all: {people: [ada, grace]}}\ngrants: [{hosts: "*", see: [everyone], propose: [all], approve: [all], confirm: [all], revert: [all]}]\nkeys: {${key}}\nbreakGlass: {roles: [all], hosts: "*", confirmWindow: 5m}\n`,
    'policy.yml',
  );

const world = (key = `${REUSE}: {}`) => {
  const disk = memoryDisk();
  const clock = { nowMs: Date.parse('2026-11-22T12:00:00Z') };
  const model = new FakeHost(() => clock.nowMs, { [REUSE]: '2' });
  const nudges: Notice[] = [];
  const now: {
    host: Host;
    policy: Policy;
    silent: boolean;
    die: boolean;
    unwritable: boolean;
    onDiagnose: () => void;
  } = {
    host: gatedHost(),
    policy: policyWith(key),
    silent: false,
    die: false,
    unwritable: false,
    onDiagnose: () => undefined,
  };
  const transport: Pick<Transport, 'gate'> = { gate: async (_host, line) => model.send(line, 'none') };
  const store = (): Store => {
    const real = memoryStore(disk);
    const append: Store['changes']['append'] = (it) =>
      now.unwritable
        ? Promise.reject(new StoreFailure('unavailable', 'the database does not answer'))
        : real.changes.append(it);
    return { ...real, changes: { ...real.changes, append } };
  };
  const bot = () =>
    new ChangeLifecycle({
      store: store(),
      gate: new GateDoor(transport as Transport),
      clock: { now: () => clock.nowMs, sleep: async () => undefined },
      ids: countingIds(),
      log: keepingLog().log,
      hash: (text) => createHash('sha256').update(text).digest('hex'),
      policy: () => now.policy,
      inventory: () => anInventory(now.host),
      catalogue,
      diagnose: async (host) => {
        if (now.die) throw new Error('the bot died');
        now.onDiagnose();
        return now.silent
          ? { ok: false, failure: 'no answer' }
          : {
              ok: true,
              diagnosis: {
                host: host.name,
                measuredAt: '',
                intervalSeconds: 2,
                findings: [],
                checked: [],
                notChecked: [],
              },
            };
      },
      verifyAfterSeconds: [30, 240],
      moved: () => undefined,
      tell: async (_change, about) => void nudges.push(about),
    });
  const asker = (user: string, more: Partial<Asker> = {}): Asker => ({
    subject: { account: `T0H:${user}`, userGroups: [], member: true },
    channel: 'C1',
    ...more,
  });
  const propose = async (more: { confirmWindowSeconds?: number; wave?: { id: string; endsAtMs: number } } = {}) => {
    const result = await bot().propose(asker('U0ADA'), {
      host: now.host,
      entries: [{ key: REUSE, from: '2', to: '1' }],
      reason: 'ports run out',
      confirmWindowSeconds: 300,
      persistent: false,
      ...more,
    });
    return result;
  };
  const proposed = async (more?: Parameters<typeof propose>[0]) => {
    const result = await propose(more);
    if (!result.ok) throw new Error(result.refusal.detail);
    return result.change;
  };
  const due = async (ms: number) => {
    clock.nowMs += ms;
    const store = memoryStore(disk);
    for (const one of await store.due.claim(clock.nowMs, 1_000, 50)) {
      await bot().due(one);
      await store.due.done(one);
    }
  };
  const state = (id: string) => disk.changes.get(id)?.change;
  return { disk, clock, model, nudges, now, bot, asker, propose, proposed, due, state };
};
const glass = { reason: 'all is down' };

describe('before a host is told', () => {
  test('the policy is asked again: what it allows no longer is not applied', async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    w.now.policy = policyWith('net.core.somaxconn: {}');
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    expect(w.state(id)).toMatchObject({ state: 'stale', ending: expect.stringContaining('allows nobody') });
    expect(w.model.effects).toEqual([]);
  });

  test.each<[string, Partial<Host>]>([
    ['another address', { address: '10.9.9.9' }],
    ['another port', { port: 2222 }],
    ['another key', { hostKeys: { kind: 'pinned', keys: ['ssh-ed25519 BBBB'] } }],
  ])('the host is compared: %s is another host', async (_name, more) => {
    const w = world();
    const { id, digest } = await w.proposed();
    w.now.host = gatedHost();
    w.now.host = { ...w.now.host, ...more };
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    expect(w.state(id)).toMatchObject({ state: 'stale', ending: expect.stringContaining('registered otherwise') });
    expect(w.model.effects).toEqual([]);
  });

  test('a host that can’t be asked is asked again until the approval ends', async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    w.now.silent = true;
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    expect(w.state(id)?.state).toBe('approved');
    await w.due(11_000);
    expect(w.state(id)?.state).toBe('approved');
    w.now.silent = false;
    await w.due(11_000);
    expect(w.state(id)?.state).toBe('applied');
    expect(w.model.values.get(REUSE)).toBe('1');
  });

  test('a bot that dies between the approval and the first word is taken over', async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    w.now.die = true;
    await expect(w.bot().approve(w.asker('U0GRACE'), id, digest)).rejects.toThrow('died');
    w.now.die = false;
    expect(w.state(id)?.state).toBe('approved');
    await w.due(10_000);
    expect(w.state(id)?.state).toBe('applied');
  });
});

describe('keys that ask for more than a click', () => {
  test.each([
    ['an approval', undefined],
    ['broken glass', glass],
  ])('ask it of %s', async (_name, broken) => {
    const w = world(`${REUSE}: {stepUp: true}`);
    const { id, digest } = await w.proposed();
    const refused = await w.bot().approve(w.asker('U0GRACE'), id, digest, broken);
    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: 'not-permitted', detail: expect.stringContaining('one-time code') },
    });
    expect(w.model.effects).toEqual([]);
    const allowed = await w.bot().approve(w.asker('U0GRACE', { steppedUp: true }), id, digest, broken);
    expect(allowed).toMatchObject({ ok: true, change: { state: 'applied' } });
  });
});

describe('a member of a wave', () => {
  const wave = { id: 'wave000000000001', endsAtMs: Date.parse('2026-11-22T15:00:00Z') };

  test.each([
    ['approved', undefined],
    ['allowed alone by broken glass', glass],
  ])('is not %s past its wave, and nobody is reminded of it', async (_name, broken) => {
    const w = world();
    const { id, digest } = await w.proposed({ wave });
    const refused = { ok: false, refusal: { code: 'wave-member', detail: expect.stringContaining(wave.id) } };
    expect(await w.bot().approve(w.asker('U0GRACE'), id, digest, broken)).toMatchObject(refused);
    expect(await w.bot().approve(w.asker('U0GRACE'), id, digest, broken, 'wave000000000002')).toMatchObject(refused);
    expect(w.model.effects).toEqual([]);
    await w.due(3_500_000);
    expect(w.nudges).toEqual([]);
    expect(await w.bot().approve(w.asker('U0GRACE'), id, digest, undefined, wave.id)).toMatchObject({
      ok: true,
      change: { state: 'applied' },
    });
  });

  test('is withdrawn with its wave, by the bot; another change is not', async () => {
    const w = world();
    const { id } = await w.proposed({ wave });
    expect(await w.bot().withdraw(id, 'its wave has stopped')).toMatchObject({
      change: { state: 'denied', ending: 'withdrawn: its wave has stopped' },
    });
    expect(w.disk.audit.at(-1)).toMatchObject({ actor: 'bot', kind: 'change.withdrawn' });
    expect(await w.bot().withdraw(id, 'again')).toMatchObject({ ok: false });
    const other = world();
    const alone = await other.proposed();
    expect(await other.bot().withdraw(alone.id, 'no wave')).toMatchObject({ ok: false });
    expect(other.state(alone.id)?.state).toBe('proposed');
  });
});

test('the last look that a window has room for settles whether it helped', async () => {
  for (const [confirmWindowSeconds, afterFirst] of [
    [120, 'verified'],
    [300, 'applied'],
  ] as const) {
    const w = world();
    const { id, digest } = await w.proposed({ confirmWindowSeconds });
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    await w.due(31_000);
    expect(w.state(id)?.state).toBe(afterFirst);
    expect(w.state(id)?.measurements).toHaveLength(1);
  }
});

test('a look that comes when the window is over judges nothing: the host has taken it back', async () => {
  const w = world();
  const { id, digest } = await w.proposed({ confirmWindowSeconds: 120 });
  await w.bot().approve(w.asker('U0GRACE'), id, digest);
  // Nobody was there meanwhile: all that was due is due at once, the look before the end.
  await w.due(130_000);
  expect(w.state(id)).toMatchObject({ state: 'reverted', measurements: [] });
});

test('what the bot counts as never got, the host refuses: it takes a request until the end of a whole second', () => {
  const { uptimeSeconds } = hostNotAfter({ boot8: '00000001', uptimeSeconds: 1_000 });
  expect(uptimeSeconds + 1 - 1_000).toBe(NOT_AFTER_SECONDS);
});

describe('while the store can’t be written', () => {
  test('what is due stays due, and is done afterwards', async () => {
    const w = world();
    const { id } = await w.proposed();
    w.now.unwritable = true;
    await expect(w.due(3_600_000)).rejects.toMatchObject({ name: 'StoreFailure' });
    expect(w.state(id)?.state).toBe('proposed');
    w.now.unwritable = false;
    await w.due(2_000);
    expect(w.state(id)?.state).toBe('expired');
  });

  test('a step that stands is not told as refused when what follows it can’t be written', async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    w.now.onDiagnose = () => {
      w.now.unwritable = true;
    };
    expect(await w.bot().approve(w.asker('U0GRACE'), id, digest)).toMatchObject({
      ok: true,
      change: { state: 'approved' },
    });
    expect(w.model.effects).toEqual([]);
    w.now.onDiagnose = () => undefined;
    w.now.unwritable = false;
    await w.due(11_000);
    expect(w.state(id)?.state).toBe('applied');
  });
});

describe('an undo', () => {
  /** 2 → 1, confirmed, under a policy that has moved since: 2 is out of its bounds now. */
  const confirmed = async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    await w.bot().confirm(w.asker('U0GRACE'), id);
    expect(w.state(id)?.state).toBe('confirmed');
    w.now.policy = policyWith(`${REUSE}: {max: 1}`);
    const undo = (undoes: string | undefined, to = '2') =>
      w.bot().propose(w.asker('U0ADA'), {
        id: `undo${to}${undoes ?? ''}`.slice(0, 20),
        host: w.now.host,
        entries: [{ key: REUSE, from: '1', to }],
        reason: 'it was for the launch only',
        confirmWindowSeconds: 300,
        persistent: false,
        ...(undoes === undefined ? {} : { undoes }),
      });
    return { w, id, undo };
  };

  test('goes back to what stood there before, out of today’s bounds too, by approval and confirmation as ever', async () => {
    const { w, id, undo } = await confirmed();
    const asked = await undo(id);
    if (!asked.ok) throw new Error(asked.refusal.detail);
    const { digest } = asked.change;
    expect(await w.bot().approve(w.asker('U0ADA'), asked.change.id, digest)).toMatchObject({
      refusal: { code: 'own-request' },
    });
    await w.bot().approve(w.asker('U0GRACE'), asked.change.id, digest);
    expect(w.state(asked.change.id)?.state).toBe('applied');
    expect(w.model.values.get(REUSE)).toBe('2');
  });

  test.each<[string, (id: string) => [string | undefined, string]]>([
    ['to another value', (id) => [id, '0']],
    ['of nothing', () => [undefined, '2']],
    ['of a change that there is not', () => ['change0000000099', '2']],
  ])('%s is held to the bounds', async (_name, how) => {
    const { w, id, undo } = await confirmed();
    w.now.policy = policyWith(`${REUSE}: {min: 1, max: 1}`);
    expect(await undo(...how(id))).toMatchObject({ ok: false, refusal: { code: 'not-permitted' } });
  });

  test('of a change that was not confirmed is held to the bounds', async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    await w.bot().revert(w.asker('U0GRACE'), id, 'worse');
    w.model.values.set(REUSE, '1');
    w.now.policy = policyWith(`${REUSE}: {max: 1}`);
    const asked = await w.bot().propose(w.asker('U0ADA'), {
      id: 'undo000000000001',
      host: w.now.host,
      entries: [{ key: REUSE, from: '1', to: '2' }],
      reason: 'back',
      confirmWindowSeconds: 300,
      persistent: false,
      undoes: id,
    });
    expect(asked).toMatchObject({
      ok: false,
      refusal: { code: 'not-permitted', detail: expect.stringContaining('must be') },
    });
  });
});

describe('broken glass', () => {
  test('has those who were passed over told, once, at once', async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    await w.bot().approve(w.asker('U0ADA'), id, digest, glass);
    expect(w.nudges).toEqual([]);
    await w.due(0);
    expect(w.nudges).toEqual(['skipped']);
    await w.due(1_000);
    expect(w.nudges).toEqual(['skipped']);
  });
});

test.each([1, 29, 901, Number.NaN])('a confirm window of %s s is no window', async (confirmWindowSeconds) => {
  const w = world();
  expect(await w.propose({ confirmWindowSeconds })).toMatchObject({ ok: false, refusal: { code: 'not-permitted' } });
});

test('the same draft sent twice is one change', async () => {
  const w = world();
  const first = await w.propose();
  const again = await w.propose();
  expect([first.ok, again.ok]).toEqual([true, false]);
  expect(w.disk.changes.size).toBe(1);
});

test('people are reminded at half time, others before the end, and of a window before it ends; then never', async () => {
  const w = world();
  const { id, digest } = await w.proposed();
  await w.due(1_800_000);
  await w.due(1_200_000);
  expect(w.nudges).toEqual(['approval', 'escalation']);
  await w.bot().approve(w.asker('U0GRACE'), id, digest);
  await w.due(241_000);
  expect(w.nudges).toEqual(['approval', 'escalation', 'window']);
  await w.due(3_600_000);
  expect(w.nudges).toHaveLength(3);
});

describe('a revert that waits, because more is in use than the value from before allows', () => {
  const applied = async () => {
    const w = world();
    const { id, digest } = await w.proposed();
    await w.bot().approve(w.asker('U0GRACE'), id, digest);
    w.model.crowded = true;
    return { ...w, id };
  };
  const why = `${REUSE} has more in use now than the value from before allows`;

  test('is said, and told to people once; nobody can confirm it; it is reverted when there is room', async () => {
    const { id, due, state, nudges, bot, asker, model } = await applied();
    await due(303_000);
    expect(state(id)).toMatchObject({ state: 'applied', held: { why } });
    for (let i = 0; i < 10; i++) await due(60_000);
    expect(nudges.filter((about) => about === 'held')).toHaveLength(1);
    const refused = { ok: false, refusal: { detail: 'the host is taking it back, as soon as it can' } };
    expect(await bot().confirm(asker('U0ADA'), id)).toMatchObject(refused);
    expect(await bot().revert(asker('U0ADA'), id, 'asked')).toMatchObject(refused);
    expect(model.values.get(REUSE)).toBe('1');
    model.crowded = false;
    await due(60_000);
    await due(60_000);
    expect(state(id)).toMatchObject({ state: 'reverted' });
    expect(model.values.get(REUSE)).toBe('2');
  });

  test('asked by a person: it is no longer under way, and waits as the others do', async () => {
    const { id, state, bot, asker } = await applied();
    await bot().revert(asker('U0ADA'), id, 'asked');
    expect(state(id)).toMatchObject({ state: 'applied', held: { why } });
    expect(state(id)?.underway).toBeUndefined();
  });
});

test.each([
  ['applied', 'applied'],
  ['committed', 'committed'],
  ['confirmed', 'confirmed'],
  ['reverting', 'held'],
  ['reverted', 'reverted'],
  ['conflict', 'conflict'],
  ['failed', 'failed'],
  ['prepared', 'prepared'],
])('a gate that says %s means %s', (said, means) => {
  const fields = {
    id: 'change0000000001',
    state: said,
    mode: 'runtime',
    entries: '1',
    entry1: `${REUSE}:2:1`,
    current1: '1',
  };
  expect(readReport({ fields, end: 'ok' })).toMatchObject({ status: 'told', report: { state: means } });
  expect(readReport({ fields })).toMatchObject({ status: 'unknown' });
});
