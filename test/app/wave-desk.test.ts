/** What a person may do with waves: the modal and what it leaves out, clicks, codes, the message, the rows of `/changes`. */
import { describe, expect, test } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import { Homes } from '../../src/app/home.js';
import { aHost, anInventory, keepingLog, wordsOf } from '../support/bot-fakes.js';
import { gatedHost, REUSE } from '../support/changing-bot.js';
import { memoryStore } from '../support/memory-store.js';
import { GRACE_SECRET, typedFor, wavePolicy, waveWorld } from '../support/wave-world.js';

const web = (count: number): string[] => Array.from({ length: count }, (_, at) => `web-${at + 1}`);
type World = ReturnType<typeof waveWorld>;
const draft = async (w: World, more: { user?: string; channel?: string; windowSeconds?: number; to?: string } = {}) =>
  w
    .bot()
    .at(more.user ?? 'U0ADA', more.channel)
    .waves.draft({
      ...typedFor(w.now.hosts, more.to),
      leftOut: { excluded: 0, hidden: 2, unknown: [] },
      ...(more.windowSeconds === undefined ? {} : { windowSeconds: more.windowSeconds }),
    });

describe('the modal', () => {
  test('names every host that is left out and why; what is left is one list in batches', async () => {
    const w = waveWorld([...web(6), 'app-1'], { values: { 'web-2': '1' } });
    w.now.hosts[2] = aHost('web-3');
    w.now.silent.add('web-4');
    const bot = w.bot();
    const [first] = w.now.hosts;
    if (first === undefined) throw new Error('no host');
    await bot.changes.lifecycle.propose(
      { subject: { account: 'T0H:U0LINUS', userGroups: [], member: true }, channel: 'C1' },
      {
        host: first,
        entries: [{ key: REUSE, from: '2', to: '1' }],
        reason: 'mine',
        confirmWindowSeconds: 300,
        persistent: false,
      },
    );
    const words = wordsOf(await draft(w));
    expect(words).toMatch(/web-1: it has an open change: APPROVAL NEEDED/);
    expect(words).toContain('web-2: it has these values already');
    expect(words).toContain('web-3: it has no gate');
    expect(words).toContain('web-4: it gave no answer: timed out');
    expect(words).toContain('app-1: no grant of the policy covers app-1');
    expect(words).toContain('2 more: you may not see them');
    expect(words).toMatch(/Canary {2}\n?web-5/);
    expect(words).toMatch(/Batch 2 of 2 {2}\n?web-6/);
  });

  test('a finding’s remedies: to each host its own, what policy does not allow left out, judged by the finding', async () => {
    const w = waveWorld(web(3));
    const finding = { id: 'ephemeral-exhaustion-tw', subject: '10.0.3.7:5432' };
    const range = 'net.ipv4.ip_local_port_range';
    for (const model of w.models.values()) model.values.set(range, '40000 41999');
    const bot = w.bot();
    const modal = await bot.at('U0ADA').waves.draft({
      ...typedFor(w.now.hosts),
      partly: true,
      wishes: w.now.hosts.map((host, at) => ({
        host,
        wishes:
          at === 2
            ? []
            : [
                { key: REUSE, to: at === 0 ? '1' : '0' },
                { key: range, to: '10240 65535' },
              ],
        finding,
      })),
    });
    const words = wordsOf(modal);
    expect(words).toContain(`on web-1, web-2: the policy allows nobody to set ${range}`);
    expect(words).toContain('web-3: there is no setting that would help it');
    expect(words).toMatch(/To cure {2}\n?ephemeral-exhaustion-tw/);
    const { draft } = JSON.parse(modal.private_metadata ?? '{}') as { draft: string };
    expect(await bot.at('U0ADA').waves.propose(draft, w.wish)).toBeUndefined();
    expect(w.stateOf('web-1')).toMatchObject({ finding, plan: { entries: [{ key: REUSE, from: '2', to: '1' }] } });
    expect(w.stateOf('web-2')).toMatchObject({ finding, plan: { entries: [{ key: REUSE, from: '2', to: '0' }] } });
    expect(wordsOf(w.chat.of('post')[0]?.message)).toMatch(/To cure {2}\n?ephemeral-exhaustion-tw/);

    // Typed, the same refuses the whole; where one host alone is left over its own answer offers it.
    const typed = {
      ...typedFor(w.now.hosts),
      wishes: w.now.hosts.map((host) => ({ host, wishes: [{ key: range, to: '10240 65535' }] })),
    };
    expect(wordsOf(await w.bot().at('U0ADA').waves.draft(typed))).toContain(`the policy allows nobody to set ${range}`);
    const two = waveWorld(web(2), { values: { 'web-2': '1' } });
    const one = { ...typedFor(two.now.hosts), partly: true };
    expect(wordsOf(await two.bot().at('U0ADA').waves.draft(one))).toContain('/tcpstates web-1');
  });

  test('one host left over is an ordinary change, none is no change', async () => {
    const one = waveWorld(web(2), { values: { 'web-2': '1' } });
    expect(wordsOf(await draft(one))).toContain(`/sysctl web-1 set ${REUSE}=1`);
    const none = waveWorld(web(2), { values: { 'web-1': '1', 'web-2': '1' } });
    expect(wordsOf(await draft(none))).toContain('No host is left over');
    expect(none.disk.documents.size).toBe(0);
  });

  test.each<[string, Parameters<typeof draft>[1], string]>([
    ['a value that policy forbids, whatever the host', { to: '7' }, 'must be'],
    ['a direct message, where nobody could approve it', { channel: 'D1' }, 'Propose it in a channel'],
    ['a window that ends before the first look', { windowSeconds: 30 }, 'first looked at'],
    ['a window longer than policy allows', { windowSeconds: 3_600 }, '900 s at the most'],
    ['somebody who may propose nowhere', { user: 'U0WHO' }, 'to propose on web-1 takes the role'],
  ])('refuses %s', async (_name, more, why) => {
    const w = waveWorld(web(3));
    expect(wordsOf(await draft(w, more))).toContain(why);
    expect(w.disk.documents.size).toBe(0);
  });

  test('refuses more hosts than one wave takes, and a list that no message could show', async () => {
    const many = waveWorld(Array.from({ length: 101 }, (_, at) => `web-${at}`));
    expect(wordsOf(await draft(many))).toContain('101 hosts are more than one wave takes (100)');
    const names = Array.from({ length: 100 }, (_, at) => `web-${at}${'-and-a-very-long-name'.repeat(8)}`);
    expect(wordsOf(await draft(waveWorld(names)))).toContain('never cut short');
  });

  test('offers a pace and a window in which all batches can be verified; where there is none, a first look', async () => {
    const three = JSON.stringify(await draft(waveWorld(web(3))));
    expect(three).toContain('"initial_option":{"text":{"type":"plain_text","text":"5 min"');
    expect(three).toMatch(/"initial_option":\{[^}]*When the one before is verified: 4 min at the least/);
    const many = JSON.stringify(await draft(waveWorld(web(60))));
    expect(many).toMatch(/"initial_option":\{[^}]*After a first look, the canary verified/);
  });
});

describe('what the modal was sent with', () => {
  const entered = { reason: 'ports', windowSeconds: 300, persistent: false, canary: 0, pace: 'verified' as const };
  const drafted = async (w: World): Promise<string> =>
    (JSON.parse((await draft(w)).private_metadata ?? '{}') as { draft: string }).draft;

  test('twice is one wave and one message', async () => {
    const w = waveWorld(web(3));
    const id = await drafted(w);
    const [one, two] = [w.bot(), w.bot()];
    await Promise.all([one, two].map((bot) => bot.at('U0ADA').waves.propose(id, entered)));
    await one.at('U0ADA').waves.propose(id, entered);
    await w.calm(one, two);
    expect(w.disk.changes.size).toBe(3);
    expect(w.chat.of('post')).toHaveLength(1);
    expect(w.wave().state).toBe('proposed');
  });

  test('by another, or too late, is nothing', async () => {
    const w = waveWorld(web(3));
    const id = await drafted(w);
    expect(wordsOf(await w.bot().at('U0LINUS').waves.propose(id, entered))).toContain('open it again');
    w.clock.nowMs += 31 * 60_000;
    expect(wordsOf(await w.bot().at('U0ADA').waves.propose(id, entered))).toContain('half an hour');
    w.now.hosts.pop();
    w.clock.nowMs -= 31 * 60_000;
    expect(wordsOf(await w.bot().at('U0ADA').waves.propose(id, entered))).toContain('no longer registered');
    expect(w.disk.changes.size).toBe(0);
  });

  test('with a policy that no longer allows it: refused at the first host, and none is left busy', async () => {
    const w = waveWorld(web(3));
    const id = await drafted(w);
    w.now.policy = wavePolicy('net.core.somaxconn: {}');
    expect(wordsOf(await w.bot().at('U0ADA').waves.propose(id, entered))).toContain('No host was proposed');
    expect([...w.disk.changes.values()]).toEqual([]);
    expect(w.wave().state).toBe('denied');
  });
});

describe('the message', () => {
  const standing = (w: World): string => wordsOf([...w.chat.standing().values()][0]);

  test('is one, kept current by whichever bot moves it; deleted, it comes again', async () => {
    const w = waveWorld(web(3));
    const [one, two] = [w.bot(), w.bot()];
    const ref = await w.propose(one);
    expect(standing(w)).toContain('APPROVAL NEEDED');
    await two.at('U0GRACE').waves.approve(ref);
    await w.pass(10_000, one, two);
    expect(standing(w)).toContain('CANARY UNDER WAY');
    expect(w.chat.of('post')).toHaveLength(1);
    w.chat.refuse('update', 'message-gone');
    await w.pass(125_000, one, two);
    w.chat.accept('update');
    await w.pass(10_000, one, two);
    expect(w.chat.of('post').length).toBeGreaterThan(1);
    expect(wordsOf([...w.chat.standing().values()].at(-1))).toContain('BATCH 2 OF 2 UNDER WAY');
    // Hosts have no messages of their own.
    for (const { message } of w.chat.of('post')) expect(wordsOf(message)).toContain('@all');
  });

  test('its message says who confirmed what, and that nobody did', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot, { windowSeconds: 300 });
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(260_000, bot);
    expect(w.wave().state).toBe('done');
    expect(await bot.at('U0LINUS').waves.confirm({ ...ref, begun: 1 })).toBeUndefined();
    await w.pass(400_000, bot);
    expect(standing(w)).toContain('1 CONFIRMED, 2 REVERTED');
    expect(standing(w)).toMatch(/Confirmed by .*on 1 host/);
    expect(standing(w)).toMatch(
      /Values from before are in force again .*on web-2 and web-3 since .*nobody confirmed it in time/,
    );
  });

  test('what Slack did not take of the end is shown when Slack is back; for an hour', async () => {
    const [soon, late] = [waveWorld(web(2)), waveWorld(web(2))];
    for (const w of [soon, late]) {
      const bot = w.bot();
      const ref = await w.propose(bot);
      await bot.at('U0GRACE').waves.approve(ref);
      await w.pass(260_000, bot);
      expect(w.wave().state).toBe('done');
      w.chat.refuse('update', 'unreachable');
      expect(await bot.at('U0LINUS').waves.confirm({ ...ref, begun: 2 })).toBeUndefined();
      await w.pass(w === soon ? 600_000 : 3_700_000, bot);
      expect(standing(w)).toContain('NOT CONFIRMED');
      w.chat.accept('update');
      await w.pass(30_000, bot);
    }
    expect(standing(soon)).toContain('2 CONFIRMED');
    expect([...late.disk.due.values()].filter(({ kind }) => kind === 'wave')).toEqual([]);
  });

  test('people are told in its thread, once: to approve, and when a host gets worse', async () => {
    const w = waveWorld(web(3));
    const [one, two] = [w.bot(), w.bot()];
    const ref = await w.propose(one);
    await w.pass(1_810_000, one, two);
    const threads = () => w.chat.of('post').filter(({ place }) => place.threadTs !== undefined);
    expect(threads().map(({ message }) => message.text)).toEqual(['An approval is waited for: the wave on (at)all']);
    await one.at('U0GRACE').waves.approve(ref);
    await w.calm(one, two);
    w.now.sick.add('web-1');
    await w.pass(40_000, one, two);
    expect(threads().map(({ message }) => message.text)).toEqual([
      'An approval is waited for: the wave on (at)all',
      'web-1 got worse under the wave on (at)all',
    ]);
  });

  test('before windows end people are told once for a batch, not for each of its hosts', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot, { windowSeconds: 300 });
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(500_000, bot);
    const told = w.chat.of('post').filter(({ place }) => place.threadTs !== undefined);
    expect(told.map(({ message }) => message.text)).toEqual([
      'Confirm or revert the wave on (at)all',
      'Confirm or revert the wave on (at)all',
    ]);
  });
});

describe('clicks', () => {
  test('keys that ask for more than a click ask for one code for the whole list', async () => {
    const w = waveWorld(web(3), { keys: `${REUSE}: {stepUp: true}` });
    const bot = w.bot();
    const ref = await w.propose(bot);
    const desk = () => bot.at('U0GRACE').waves;
    const asked = await desk().approve(ref);
    expect(asked).toMatchObject({ modal: { callback_id: 'wave-code' } });
    for (const name of web(3)) expect(wordsOf(asked)).toContain(name);
    expect(wordsOf(await desk().approve(ref, '000000', 'C1'))).toContain('the code is wrong');
    // Who has no secret, and who asked, are not asked for a code.
    expect(wordsOf(await bot.at('U0LINUS').waves.approve(ref))).toContain('totpEnv');
    expect(wordsOf(await bot.at('U0ADA').waves.approve(ref))).toContain('your own request');
    expect(w.wave().approvals).toEqual([]);
    const code = new TOTP({ secret: Secret.fromBase32(GRACE_SECRET) }).generate({ timestamp: w.clock.nowMs });
    expect(await desk().approve(ref, code, 'C1')).toBeUndefined();
    await w.calm(bot);
    expect(w.sets).toEqual(['web-1']);
    await w.pass(130_000, bot);
    expect(w.sets).toHaveLength(3);
  });

  test('denied with a reason, which its message tells; who asked withdraws it; a stranger does neither', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot);
    expect(await bot.at('U0GRACE').waves.deny(ref)).toMatchObject({ modal: { callback_id: 'wave-deny' } });
    expect(wordsOf(await bot.at('U0WHO').waves.deny(ref, 'no', 'C1'))).toContain('takes the role');
    expect(await bot.at('U0GRACE').waves.deny(ref, 'not during the sale', 'C1')).toBeUndefined();
    await w.calm(bot);
    expect(wordsOf([...w.chat.standing().values()][0])).toContain('not during the sale');
    expect(wordsOf(await bot.at('U0LINUS').waves.deny(ref, 'me too', 'C1'))).toContain('was first');
    const own = waveWorld(web(2));
    const mine = await own.propose(own.bot());
    expect(await own.bot().at('U0ADA').waves.deny(mine, 'a mistake', 'C1')).toBeUndefined();
    expect(own.wave().state).toBe('denied');
  });

  test('a confirmation means what was shown: what came later is not confirmed unseen', async () => {
    const w = waveWorld(web(3));
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(130_000, bot);
    expect(w.sets).toHaveLength(3);
    expect(await bot.at('U0GRACE').waves.confirm({ ...ref, begun: 1 })).toBeUndefined();
    expect(web(3).map((name) => w.stateOf(name)?.state)).toEqual(['confirmed', 'applied', 'applied']);
    expect(wordsOf(await bot.at('U0GRACE').waves.confirm({ ...ref, begun: 1 }))).toContain('too late');
    await w.pass(130_000, bot);
    expect(wordsOf(await bot.at('U0GRACE').waves.confirm({ ...ref, begun: 1 }))).toContain('too late');
    expect(wordsOf(await bot.at('U0WHO').waves.confirm({ ...ref, begun: 2 }))).toContain('takes the role');
    expect(w.stateOf('web-2')?.state).toBe('verified');
  });

  test('to revert all takes the right on every host that was begun; the second click is told who was first', async () => {
    const w = waveWorld(['web-1', 'web-2', 'db-1']);
    const bot = w.bot();
    const ref = await w.propose(bot);
    await bot.at('U0GRACE').waves.approve(ref);
    await w.pass(130_000, bot);
    expect(w.sets).toHaveLength(3);
    expect(wordsOf(await bot.at('U0LINUS').waves.revert(ref))).toContain('to revert on db-1');
    expect(w.wave().state).toBe('running');
    expect(await bot.at('U0GRACE').waves.revert(ref)).toBeUndefined();
    expect(wordsOf(await bot.at('U0GRACE').waves.revert(ref))).toContain('asked to revert all of it');
    await w.calm(bot);
    expect(w.setOn('web-1')).toBe('2');
  });

  test('who can approve, and why can’t I', async () => {
    const w = waveWorld(['web-1', 'db-1']);
    const bot = w.bot();
    const ref = await w.propose(bot);
    expect(wordsOf(await bot.at('U0GRACE').waves.whoCan(ref))).toContain('You can approve the whole list.');
    const no = wordsOf(await bot.at('U0LINUS').waves.whoCan(ref));
    expect(no).toContain('You can’t approve the whole list.');
    expect(no).toContain('db-1');
    expect(wordsOf(await bot.at('U0ADA').waves.whoCan(ref))).toContain('your own request');
    expect(wordsOf(await bot.at('U0ADA').waves.whoCan({ ...ref, wave: 'nothing000000000' }))).toContain(
      'no such change',
    );
  });
});

test('on Home a wave is one thing that waits, its hosts are not', async () => {
  const w = waveWorld(web(3));
  await w.propose(w.bot());
  const homes = new Homes({
    store: memoryStore(w.disk),
    chat: w.chat,
    clock: { now: () => w.clock.nowMs, sleep: async () => undefined },
    log: keepingLog().log,
    rules: new Map(),
    policy: () => w.now.policy,
    inventory: () => anInventory(...w.now.hosts),
    last: () => undefined,
  });
  const subject = { account: 'T0H:U0GRACE', userGroups: [], member: true };
  const home = await homes.gather({ teamId: 'T0H', userId: 'U0GRACE', channel: 'D1' }, subject);
  expect(home.approvals).toEqual([]);
  expect(home.waves?.map(({ wave, mine }) => [wave.id, mine])).toEqual([[w.wave().id, true]]);
  // Not of who asked for it.
  const ada = { ...subject, account: 'T0H:U0ADA' };
  const own = await homes.gather({ teamId: 'T0H', userId: 'U0ADA', channel: 'D1' }, ada);
  expect(own.waves?.map(({ mine }) => mine)).toEqual([false]);
  w.now.hosts.pop();
  const less = await homes.gather({ teamId: 'T0H', userId: 'U0GRACE', channel: 'D1' }, subject);
  expect(less.waves).toEqual([]);
});

test('/changes of a host that nobody knows says so, and of one that is hidden the same', async () => {
  const w = waveWorld(web(3));
  const list = async (host: string) => wordsOf(await w.bot().at('U0GRACE').list({ all: true, host }));
  expect(await list('wbe-3')).toMatch(/No registered host is called “wbe-3”[\s\S]*\/changes web-3/);
  expect(await list('web-3')).toContain('No changes');
});

describe('/changes', () => {
  test('lists a wave as one row, and of a named host its own change; shows it host by host', async () => {
    const w = waveWorld([...web(3), 'web-9']);
    const bot = w.bot();
    await w.propose(bot, {}, w.now.hosts.slice(0, 3));
    await bot.changes.lifecycle.propose(
      { subject: { account: 'T0H:U0LINUS', userGroups: [], member: true }, channel: 'C1' },
      {
        host: gatedHost('web-9'),
        entries: [{ key: REUSE, from: '2', to: '1' }],
        reason: 'mine',
        confirmWindowSeconds: 300,
        persistent: false,
      },
    );
    const desk = bot.at('U0GRACE');
    const all = wordsOf(await desk.list({}));
    expect(all).toContain('1 wave and 1 change: open');
    expect(all).not.toContain('web-2');
    const one = wordsOf(await desk.list({ host: 'web-2' }));
    expect(one).toContain('1 change: open, on web-2');
    expect(one).toContain(w.wave().id);
    const shown = wordsOf(await desk.waves.show(w.wave().id));
    for (const name of web(3)) expect(shown).toContain(name);
    const member = w.stateOf('web-2');
    expect(await desk.waves.show(member?.id ?? '')).toBeUndefined();
    const alone = wordsOf(await desk.show(member?.id ?? ''));
    expect(alone).toContain('One host of a wave');
    expect(alone).not.toContain('Needs');
  });
});
