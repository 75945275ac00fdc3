/** Waves on the real life-cycle and models of hosts: who is begun when, what stops a wave, what a restart and two bots come to. */
import { describe, expect, test } from '@jest/globals';
import type { Change } from '../../src/core/change.js';
import { wordsOf } from '../support/bot-fakes.js';
import { REUSE } from '../support/changing-bot.js';
import { memoryStore } from '../support/memory-store.js';
import { typedFor, wavePolicy, waveWorld } from '../support/wave-world.js';

const web = (count: number): string[] => Array.from({ length: count }, (_, at) => `web-${at + 1}`);
const states = (w: ReturnType<typeof waveWorld>, names: readonly string[]): (string | undefined)[] =>
  names.map((name) => w.stateOf(name)?.state);
const auditOf = (w: ReturnType<typeof waveWorld>): string[] =>
  w.disk.audit.map(({ kind }) => kind).filter((kind) => kind.startsWith('wave.'));

describe('all goes well', () => {
  test('the canary alone until it is verified, then two, then four; each with its own timer; confirmed as a whole', async () => {
    const names = web(7);
    const w = waveWorld(names);
    const bot = w.bot();
    const ref = await w.propose(bot);
    expect(w.wave().state).toBe('proposed');
    expect(w.sets).toEqual([]);
    expect(await bot.at('U0GRACE').waves.approve(ref)).toBeUndefined();
    await w.calm(bot);
    expect(w.sets).toEqual(['web-1']);
    await w.pass(60_000, bot);
    expect(w.sets).toEqual(['web-1']);
    expect(w.stateOf('web-1')?.measurements).toHaveLength(1);
    await w.pass(70_000, bot);
    expect(w.stateOf('web-1')?.state).toBe('verified');
    expect([...w.sets].sort()).toEqual(['web-1', 'web-2', 'web-3']);
    await w.pass(130_000, bot);
    expect(w.sets).toHaveLength(7);
    await w.pass(130_000, bot);
    expect(w.wave().state).toBe('done');
    expect(states(w, names)).toEqual(names.map(() => 'verified'));
    const windows = names.map((name) => w.stateOf(name)?.windowEndsAtMs ?? 0);
    expect(new Set(windows).size).toBe(3);
    expect(await bot.at('U0LINUS').waves.confirm({ ...ref, begun: 3 })).toBeUndefined();
    expect(states(w, names)).toEqual(names.map(() => 'confirmed'));
    expect(names.map(w.setOn)).toEqual(names.map(() => '1'));
    expect(auditOf(w)).toEqual([
      'wave.propose-intended',
      'wave.proposed',
      'wave.approved',
      'wave.batch-begun',
      'wave.batch-begun',
      'wave.batch-begun',
      'wave.done',
    ]);
    // Nobody has to look at it any more.
    await w.pass(60_000, bot);
    expect([...w.disk.due.values()].filter(({ kind }) => kind === 'wave')).toEqual([]);
  });

  test('at the pace of a first look only the canary is waited for', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    const ref = await w.propose(bot, { pace: 'first-look' });
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(100_000, bot);
    expect(w.sets).toEqual(['web-1']);
    await w.pass(30_000, bot);
    expect(w.sets).toHaveLength(3);
    await w.pass(40_000, bot);
    expect(w.sets).toHaveLength(7);
    expect(w.wave().state).toBe('running');
    await w.pass(130_000, bot);
    expect(w.wave().state).toBe('done');
  });

  test('nobody confirms: every host takes its values back by itself, at its own time', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot, { windowSeconds: 300 });
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(260_000, bot);
    expect(w.wave().state).toBe('done');
    await w.pass(60_000, bot);
    expect(web(3).map(w.setOn)).toEqual(['2', '1', '1']);
    await w.pass(120_000, bot);
    expect(web(3).map(w.setOn)).toEqual(['2', '2', '2']);
    expect(states(w, web(3))).toEqual(['reverted', 'reverted', 'reverted']);
  });

  test('another canary than the first is the one that was chosen', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot, { canary: 2 });
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    expect(w.sets).toEqual(['web-3']);
  });
});

describe('what stops it', () => {
  test('the canary gets worse: nobody else is begun, what waited is withdrawn; reverted by one click', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    w.now.sick.add('web-1');
    await w.pass(40_000, bot);
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-1', why: 'it got worse', by: 'bot' } });
    expect(w.sets).toEqual(['web-1']);
    expect(states(w, web(7).slice(1))).toEqual(Array.from({ length: 6 }, () => 'denied'));
    expect(w.stateOf('web-2')?.ending).toBe('withdrawn: its wave is stopped: it got worse');
    // What is in force keeps its own way back, and a person may take it at once.
    expect(w.stateOf('web-1')?.state).toBe('applied');
    expect(await bot.at('U0GRACE').waves.revert(ref)).toBeUndefined();
    await w.calm(bot);
    expect(w.stateOf('web-1')?.state).toBe('reverted');
    expect(w.setOn('web-1')).toBe('2');
  });

  test('a host of the second batch refuses its values: the others of its batch keep theirs, nothing more is begun', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    w.now.refusing.add('web-3');
    await w.pass(130_000, bot);
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-3' } });
    expect(states(w, web(3))).toEqual(['verified', 'applied', 'stale']);
    expect(w.sets).toHaveLength(3);
    await w.pass(300_000, bot);
    expect(w.sets).toHaveLength(3);
    expect(w.wave().state).toBe('stopped');
  });

  test('a host can’t be asked at its turn: after a minute it stops, and that host is not told later', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    w.now.silent.add('web-2');
    await w.pass(240_000, bot);
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-2' } });
    w.now.silent.clear();
    await w.pass(60_000, bot);
    expect(w.stateOf('web-2')?.state).toBe('denied');
    expect(w.sets).not.toContain('web-2');
  });

  test('a host that can’t be measured is not verified, and that is no health', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    w.now.silent.add('web-1');
    await w.pass(130_000, bot);
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-1', why: 'it could not be verified' } });
    expect(w.sets).toEqual(['web-1']);
  });

  test('an approval that no longer holds at a later host’s turn', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    w.now.policy = { ...w.now.policy, people: new Map([...w.now.policy.people].filter(([name]) => name !== 'grace')) };
    await w.pass(130_000, bot);
    expect(w.wave()).toMatchObject({
      state: 'stopped',
      ending: { why: expect.stringContaining('an approval no longer holds') },
    });
    expect(w.sets).toEqual(['web-1']);
  });

  test('a person: nothing new is begun; another who reverts takes back also what comes into force after that', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(130_000, bot);
    expect(w.sets).toHaveLength(3);
    expect(await bot.at('U0LINUS').waves.stop(ref)).toBeUndefined();
    await w.pass(200_000, bot);
    expect(w.sets).toHaveLength(3);
    expect(states(w, web(3))).toEqual(['verified', 'verified', 'verified']);
    expect(await bot.at('U0LINUS').waves.revert(ref)).toBeUndefined();
    await w.calm(bot);
    expect(web(7).map(w.setOn)).toEqual(web(7).map(() => '2'));
    expect(w.disk.audit.map(({ kind }) => kind)).toContain('wave.revert-asked');
  });

  test('nobody confirms a host before its window ends: nothing more is begun', async () => {
    const w = waveWorld(web(15));
    const bot = w.bot();
    await bot.at('U0GRACE').waves.approve(await w.propose(bot, { windowSeconds: 300 }));
    await w.pass(320_000, bot);
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-1' } });
    expect(w.wave().ending?.why).toMatch(/nobody confirmed it in time|it was taken back/);
    expect(w.sets).toHaveLength(7);
    await w.pass(600_000, bot);
    expect(w.sets).toHaveLength(7);
    expect(web(15).map(w.setOn)).toEqual(web(15).map(() => '2'));
  });

  test('a host can’t take its values back: nothing more is begun, nor is it asked for that again and again', async () => {
    const w = waveWorld(web(15));
    const bot = w.bot();
    const ref = await w.propose(bot, { windowSeconds: 300 });
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(130_000, bot);
    const canary = w.models.get('web-1');
    if (canary === undefined) throw new Error('no canary');
    canary.crowded = true;
    await w.pass(200_000, bot);
    expect(w.stateOf('web-1')).toMatchObject({ state: 'verified', held: { why: expect.any(String) } });
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-1' } });
    const begun = w.sets.length;
    expect(await bot.at('U0LINUS').waves.revert(ref)).toBeUndefined();
    await w.pass(120_000, bot);
    expect(w.sets).toHaveLength(begun);
    expect(w.disk.audit.filter(({ kind }) => kind === 'change.refused')).toEqual([]);
    canary.crowded = false;
    await w.pass(120_000, bot);
    expect(w.stateOf('web-1')?.state).toBe('reverted');
  });

  test('a host is reverted by its own button and says nothing: the next batch is not begun', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    await bot.at('U0GRACE').waves.approve(await w.propose(bot));
    await w.pass(115_000, bot);
    expect(w.sets).toEqual(['web-1']);
    w.now.lost.add('web-1');
    const { id, digest } = w.stateOf('web-1') as Change;
    await bot.at('U0LINUS').revert({ change: id, digest });
    await w.pass(60_000, bot);
    expect(w.wave()).toMatchObject({ state: 'stopped', ending: { host: 'web-1', why: 'it is being taken back' } });
    expect(w.sets).toEqual(['web-1']);
  });

  test('the canary is never heard of again after it was sent its values: that is said of it within two minutes', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    w.now.lost.add('web-1');
    await bot.at('U0GRACE').waves.approve(await w.propose(bot));
    await w.pass(120_000, bot);
    expect(w.wave()).toMatchObject({
      state: 'stopped',
      ending: { host: 'web-1', why: 'it was sent the values, and gives no answer since' },
    });
    expect(w.sets).toEqual(['web-1']);
  });

  test('a host is confirmed before it was verified: others do not follow on its word', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    expect(wordsOf(await bot.at('U0ADA').waves.confirm({ ...ref, begun: 1 }))).toContain('no host');
    await w.pass(40_000, bot);
    // Looked at once: the canary is waited for longer.
    expect(wordsOf(await bot.at('U0ADA').waves.confirm({ ...ref, begun: 1 }))).toContain('no host');
    const { id, digest } = w.stateOf('web-1') as Change;
    await bot.at('U0ADA').confirm({ change: id, digest });
    expect(w.stateOf('web-1')?.state).toBe('confirmed');
    await w.pass(200_000, bot);
    expect(w.wave()).toMatchObject({
      state: 'stopped',
      ending: { host: 'web-1', why: 'it was confirmed before it was verified' },
    });
    expect(w.sets).toEqual(['web-1']);
  });

  test('a stop reaches a host of the batch that is being begun: what is measured first is not sent any more', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(115_000, bot);
    let answer = (): void => undefined;
    w.now.slow.set('web-2', new Promise((resolve) => (answer = resolve)));
    w.clock.nowMs += 10_000;
    const { id } = w.stateOf('web-1') as Change;
    await bot.changes.lifecycle.due({ id: 'now', kind: 'change-measure', subject: id, atMs: w.clock.nowMs });
    for (let turn = 0; turn < 200 && w.stateOf('web-2')?.state !== 'approved'; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    expect(w.stateOf('web-2')?.state).toBe('approved');
    expect(await bot.at('U0LINUS').waves.stop(ref)).toBeUndefined();
    for (let turn = 0; turn < 200 && w.stateOf('web-2')?.state === 'approved'; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    expect(w.stateOf('web-2')?.state).toBe('denied');
    answer();
    await w.calm(bot);
    expect(w.sets).not.toContain('web-2');
    expect(w.setOn('web-2')).toBe('2');
  });
});

describe('who approved it is looked up again at each batch', () => {
  const grace = { account: 'T0H:U0GRACE', userGroups: [], member: false };

  test('no full member any more: it stops', async () => {
    const w = waveWorld(web(7));
    const bot = w.bot();
    await bot.at('U0GRACE').waves.approve(await w.propose(bot));
    await w.calm(bot);
    w.now.subjects.set(grace.account, grace);
    await w.pass(130_000, bot);
    expect(w.wave()).toMatchObject({
      state: 'stopped',
      ending: { why: 'an approval no longer holds: only full members of the home workspace may use this' },
    });
    expect(w.sets).toEqual(['web-1']);
  });

  test('Slack does not say: it is waited for, a minute', async () => {
    const unknown = { ...grace, memberUnknown: true as const };
    const [back, gone] = [waveWorld(web(7)), waveWorld(web(7))];
    for (const w of [back, gone]) {
      const bot = w.bot();
      await bot.at('U0GRACE').waves.approve(await w.propose(bot));
      await w.calm(bot);
      w.now.subjects.set(grace.account, unknown);
      await w.pass(150_000, bot);
      expect(w.wave().state).toBe('running');
      expect(w.sets).toEqual(['web-1']);
      if (w === back) w.now.subjects.clear();
      await w.pass(60_000, bot);
    }
    expect(back.sets).toHaveLength(3);
    expect(gone.sets).toEqual(['web-1']);
    expect(gone.wave()).toMatchObject({ state: 'stopped', ending: { why: 'its approval could not be given' } });
  });
});

describe('to revert all takes the right where there is something to take back', () => {
  const under = async (names: readonly string[], passMs: number) => {
    const w = waveWorld(names);
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(passMs, bot);
    return { w, bot, ref };
  };

  test('a host that had no turn asks for none, registered or not', async () => {
    const { w, bot, ref } = await under([...web(6), 'db-1'], 130_000);
    expect(w.sets).toHaveLength(3);
    w.now.hosts = w.now.hosts.filter(({ name }) => name !== 'web-6');
    expect(await bot.at('U0LINUS').waves.revert(ref)).toBeUndefined();
    await w.calm(bot);
    expect(web(3).map(w.setOn)).toEqual(['2', '2', '2']);
  });

  test('a host in force that is not registered any more keeps its own timer, the others are taken back', async () => {
    const { w, bot, ref } = await under(web(7), 130_000);
    w.now.hosts = w.now.hosts.filter(({ name }) => name !== 'web-2');
    expect(await bot.at('U0LINUS').waves.revert(ref)).toBeUndefined();
    await w.calm(bot);
    expect(web(3).map(w.setOn)).toEqual(['2', '1', '2']);
    await w.pass(1_000_000, bot);
    expect(w.setOn('web-2')).toBe('2');
  });
});

describe('one approval, of this list alone', () => {
  test('a member is not approved, nor begun, past its wave', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    await w.propose(bot);
    const { id, digest } = w.stateOf('web-2') as Change;
    const shown = await bot.at('U0GRACE').approve({ change: id, digest });
    expect(JSON.stringify(shown)).toContain('approved as a whole');
    expect(JSON.stringify(await bot.at('U0GRACE').breakGlass({ change: id, digest }, { reason: 'now' }))).toContain(
      'not done',
    );
    await w.pass(20_000, bot);
    expect(w.sets).toEqual([]);
    expect(states(w, web(3))).toEqual(['proposed', 'proposed', 'proposed']);
    expect(w.disk.audit.filter(({ kind }) => kind === 'change.refused')).toHaveLength(2);
  });

  test.each<[string, (w: ReturnType<typeof waveWorld>) => void, string]>([
    ['a host is no longer registered', (w) => w.now.hosts.pop(), 'registered otherwise'],
    [
      'a host has another address',
      (w) => {
        const [first] = w.now.hosts;
        if (first !== undefined) w.now.hosts[0] = { ...first, address: '10.9.9.9' };
      },
      'registered otherwise',
    ],
    [
      'policy allows the value no longer',
      (w) => {
        w.now.policy = wavePolicy('net.core.somaxconn: {}');
      },
      'allows nobody to set',
    ],
    [
      'policy asks for more approvals',
      (w) => {
        w.now.policy = wavePolicy(`${REUSE}: {approvals: 2}`);
      },
      'the policy asks for 2 approvals now',
    ],
    [
      'policy allows it at runtime only',
      (w) => {
        w.now.policy = wavePolicy(`${REUSE}: {persist: false}`);
      },
      'at runtime only',
    ],
  ])('%s: the list is stale, whoever approves it', async (_name, change, why) => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot, { persistent: true });
    change(w);
    expect(JSON.stringify(await bot.at('U0GRACE').waves.approve(ref))).toContain(why);
    await w.calm(bot);
    expect(w.wave().state).toBe('stale');
    expect(states(w, web(3))).toEqual(['denied', 'denied', 'denied']);
    expect(w.sets).toEqual([]);
  });

  test('a digest of another list, the asker’s own click, somebody who may not on one of the hosts', async () => {
    const w = waveWorld([...web(2), 'db-1']);
    const bot = w.bot();
    const ref = await w.propose(bot);
    const said = async (user: string, of = ref) => JSON.stringify(await bot.at(user).waves.approve(of));
    expect(await said('U0GRACE', { ...ref, digest: 'a'.repeat(64) })).toContain('another plan');
    expect(await said('U0ADA')).toContain('your own request');
    expect(await said('U0LINUS')).toContain('db-1');
    expect(w.wave().state).toBe('proposed');
    expect(await bot.at('U0GRACE').waves.approve(ref)).toBeUndefined();
    expect(w.wave().state).toBe('running');
    expect(auditOf(w).filter((kind) => kind === 'wave.refused')).toHaveLength(3);
  });

  test('as many approvals as the keys ask for, each of another person', async () => {
    const w = waveWorld(web(2), { keys: 'net.ipv4.tcp_tw_reuse: {approvals: 2}' });
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.calm(bot);
    expect(w.wave().state).toBe('proposed');
    expect(JSON.stringify(await bot.at('U0GRACE').waves.approve(ref))).toContain('counts once');
    await bot.at('U0LINUS').waves.approve(ref);
    await w.calm(bot);
    expect(w.sets).toEqual(['web-1']);
    expect(w.stateOf('web-1')?.approvals).toHaveLength(2);
  });

  test('nobody approves it: it expires, and the hosts are free', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await w.pass(3_700_000, bot);
    expect(w.wave().state).toBe('expired');
    expect(states(w, web(3))).toEqual(['denied', 'denied', 'denied']);
    expect(JSON.stringify(await bot.at('U0GRACE').waves.approve(ref))).toContain('too late');
  });
});

describe('processes', () => {
  test('a bot that dies between batches is taken over by another, from what is stored', async () => {
    const w = waveWorld(web(7));
    const first = w.bot();
    const ref = await w.propose(first);
    await first.at('U0GRACE').waves.approve(ref);
    await w.pass(60_000, first);
    expect(w.sets).toEqual(['web-1']);
    const second = w.bot();
    await w.pass(70_000, second);
    expect(w.sets).toHaveLength(3);
    await w.pass(270_000, second);
    expect(w.wave().state).toBe('done');
    expect(w.sets).toHaveLength(7);
  });

  test('a bot that dies after a batch was begun, before its hosts were told', async () => {
    const w = waveWorld(web(3));
    const first = w.bot();
    const ref = await w.propose(first);
    await first.at('U0GRACE').waves.approve(ref);
    await w.pass(115_000, first);
    w.now.dieAt = 'web-2';
    await w.pass(10_000, first);
    w.now.dieAt = undefined;
    const second = w.bot();
    await w.pass(30_000, second);
    expect(states(w, web(3)).slice(1)).toEqual(['applied', 'applied']);
    expect(w.models.get('web-2')?.effects).toHaveLength(1);
  });

  test('a bot that dies while it proposes leaves no host busy', async () => {
    const w = waveWorld(web(3));
    const store = memoryStore(w.disk);
    const first = w.bot();
    const { propose } = first.changes.lifecycle;
    let written = 0;
    first.changes.lifecycle.propose = async (...of) => {
      if (++written === 3) throw new Error('the bot died');
      return propose.apply(first.changes.lifecycle, of);
    };
    await expect(w.propose(first)).rejects.toThrow('died');
    expect(await store.changes.find({ open: true })).toHaveLength(2);
    const second = w.bot();
    await w.pass(150_000, second);
    expect(w.wave().state).toBe('denied');
    expect(await store.changes.find({ open: true })).toEqual([]);
    expect(w.chat.of('post')).toEqual([]);
  });

  test('approved by two people on two bots at once, with double clicks: begun once, the others told who was first', async () => {
    const w = waveWorld(web(7));
    const [one, two] = [w.bot(), w.bot()];
    const ref = await w.propose(one);
    const clicks = await Promise.all(
      [one, two].flatMap((bot) =>
        ['U0GRACE', 'U0GRACE', 'U0LINUS'].map(async (user) => JSON.stringify(await bot.at(user).waves.approve(ref))),
      ),
    );
    await w.calm(one, two);
    expect(clicks.filter((shown) => shown === undefined)).toHaveLength(1);
    expect(clicks.filter((shown) => shown?.includes('was first') === true).length).toBeGreaterThan(0);
    expect(w.wave()).toMatchObject({ state: 'running', begun: 1 });
    expect(w.wave().approvals).toHaveLength(1);
    expect(w.models.get('web-1')?.effects).toHaveLength(1);
    await w.pass(420_000, one, two);
    expect(w.wave().state).toBe('done');
    expect(w.sets).toHaveLength(7);
    // The log has each move once: what lost the race left no entry.
    expect(auditOf(w).filter((kind) => kind !== 'wave.refused')).toEqual([
      'wave.propose-intended',
      'wave.proposed',
      'wave.approved',
      'wave.batch-begun',
      'wave.batch-begun',
      'wave.batch-begun',
      'wave.done',
    ]);
    expect(w.disk.audit.filter(({ kind }) => kind === 'change.refused')).toEqual([]);
  });

  test('one host that can’t be proposed: none is, and it is said which', async () => {
    const w = waveWorld(web(4));
    const bot = w.bot();
    const before = w.bot();
    // Between the modal and its sending somebody else proposes on one of the hosts.
    const { draft } = JSON.parse(
      (await bot.at('U0ADA').waves.draft(typedFor(w.now.hosts))).private_metadata ?? '{}',
    ) as { draft: string };
    const [, , third] = w.now.hosts;
    if (third === undefined) throw new Error('no third');
    const entries = [{ key: 'net.ipv4.tcp_tw_reuse', from: '2', to: '1' }];
    await before.changes.lifecycle.propose(
      { subject: { account: 'T0H:U0LINUS', userGroups: [], member: true }, channel: 'C1' },
      { host: third, entries, reason: 'mine', confirmWindowSeconds: 300, persistent: false },
    );
    const entered = { reason: 'all', windowSeconds: 300, persistent: false, canary: 0, pace: 'verified' as const };
    expect(JSON.stringify(await bot.at('U0ADA').waves.propose(draft, entered))).toContain('web-3');
    await w.calm(bot);
    expect(states(w, web(4))).toEqual(['denied', 'denied', 'proposed', undefined]);
    expect(w.chat.of('post')).toEqual([]);
  });
});
