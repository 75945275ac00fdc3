/** The war room in the local workspace: alerts, watches, Home, the story, slips of the tongue; and Slack being difficult. */
import { describe, expect, test } from '@jest/globals';
import type { BotParts } from '../../src/bot.js';
import { LOOK_ONLY, readPolicy } from '../../src/config/policy.js';
import { type Actor, textOf, wordsOf } from '../../src/workspace/driver.js';
import type { Message } from '../../src/workspace/protocol.js';
import type { Workspace } from '../../src/workspace/workspace.js';
import { FakeTransport, said, settled, silent } from '../support/bot-fakes.js';
import { recorded, replaying, room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { quickClock } from '../support/quick-clock.js';

const shortcuts = [
  { callbackId: 'diagnose-message', name: 'Diagnose hosts in it', description: '', kind: 'message' as const },
  { callbackId: 'diagnose-host', name: 'Diagnose a host', description: '', kind: 'global' as const },
];
const start = async (more: Partial<BotParts> = {}) => {
  const workspace = await startLocalWorkspace({ shortcuts });
  const running = await startTestBot(workspace, more);
  if (more.transport === undefined) running.transport.answer = replaying('p03-tw');
  return { workspace, ada: workspace.as('Ada'), grace: workspace.as('Grace'), ...running };
};
const GROUP_SEES =
  'roles: { watchers: { userGroups: ["T0LOCAL:S0ONCALL"] } }\ngrants: [{ hosts: "*", see: [everyone] }]';
/** without what a newcomer's channel is told once */
const fromBot = (workspace: Workspace): Message[] =>
  workspace
    .messages(room)
    .filter((it) => it.user === workspace.botUserId && !textOf(it).includes('New here')) as Message[];

const homeOf = (actor: Actor): string => {
  const home = actor.home();
  return home === undefined ? '' : wordsOf(home.blocks);
};
/** the newest message that a person wrote */
const alertIn = (messages: readonly Message[]): Message => {
  const found = messages.findLast(({ user }) => user.startsWith('U0ADA'));
  if (found === undefined) throw new Error('there is no alert');
  return found;
};

describe('alerts', () => {
  test('the hosts of an alert are measured and answered in its thread', async () => {
    const { ada, workspace } = await start();
    await ada.type('[FIRING:1] ConntrackFull instance="web-1:9100" severity=critical', room);
    const alert = alertIn(ada.messages(room));
    await ada.shortcut('diagnose-message', alert);
    const answer = await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    expect(answer.threadTs).toBe(alert.ts);
    expect(fromBot(workspace)).toHaveLength(1);
  });

  test('several hosts are one message; what is not registered is named', async () => {
    const { ada, workspace } = await start();
    await ada.type('web-1 and http://web-2:8080 are down, 10.9.9.9 too', room);
    const alert = alertIn(ada.messages(room));
    await ada.shortcut('diagnose-message', alert);
    await workspace.waitFor(
      () =>
        fromBot(workspace).some(
          (it) => /web-1/.test(textOf(it)) && /web-2/.test(textOf(it)) && /CRITICAL/.test(textOf(it)),
        ),
      'both hosts',
    );
    expect(fromBot(workspace).map(({ threadTs }) => threadTs)).toEqual([alert.ts]);
    await ada.type('nothing but 10.9.9.9 here', room);
    const other = alertIn(ada.messages(room));
    await ada.shortcut('diagnose-message', other);
    expect(textOf(await ada.waitForMessage(room, /names no registered host/))).toContain('10.9.9.9');
  });

  test('from anywhere a picker asks for host and channel', async () => {
    const { ada } = await start();
    await ada.shortcut('diagnose-host');
    const modal = await ada.waitForModal('Diagnose a host');
    modal.fill({ Host: 'web-2', 'Answer in': 'C0INCIDENT7' });
    await modal.submit();
    await ada.waitForMessage(room, /CRITICAL {2}web-2/);
  });
});

describe('watching', () => {
  test('one message is kept current, tells what came and went, and stops by itself', async () => {
    const transport = new FakeTransport();
    let full = false;
    transport.answer = async () => said(recorded(full ? 'p03-tw' : 'c01'));
    const { ada, workspace } = await start({ transport, clock: quickClock() });
    await ada.type('/tcpstates web-1 --watch 2m', room);
    const first = await ada.waitForMessage(room, /Watching {2}/);
    const notified = first.text;
    await workspace.waitFor(() => transport.asked.length >= 2, 'a second look');
    full = true;
    const changed = await ada.waitForMessage(room, /Came:\s/, 10_000);
    expect(changed.ts).toBe(first.ts);
    expect(changed.text).not.toBe(notified);
    const over = await ada.waitForMessage(room, /Watch ended.*The time is over/s, 15_000);
    expect(over.ts).toBe(first.ts);
    expect(fromBot(workspace)).toHaveLength(1);
    const asked = transport.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(transport.asked).toHaveLength(asked);
  }, 40_000);

  test('two watches on a host share its measurements; the button stops one', async () => {
    const { ada, grace, transport } = await start({ clock: quickClock() });
    await ada.type('/tcpstates web-1 --watch 10m', room);
    const mine = await ada.waitForMessage(room, /Watching {2}/);
    await grace.type('/tcpstates web-1 --watch 10m', '#sre');
    await grace.waitForMessage('#sre', /Watching {2}/);
    const before = transport.asked.length;
    await ada.waitForMessage(room, /[4-9] looks so far/, 10_000);
    const looks = Number(
      /(\d+) looks so far/.exec(textOf(ada.messages(room).find(({ ts }) => ts === mine.ts) as Message))?.[1],
    );
    expect(transport.asked.length - before).toBeLessThanOrEqual(looks + 1);
    const button = ada.on(mine);
    await button.click('Stop watching');
    await ada.waitForMessage(room, /Watch ended.*Stopped/s);
    await grace.waitForMessage('#sre', /[5-9] looks so far|\d\d looks so far/, 10_000);
  }, 30_000);

  test.each(['archive', 'removeApp'] as const)(
    'ends when its channel is lost (%s), and says so',
    async (act) => {
      const { ada, workspace } = await start({ clock: quickClock() });
      await ada.type('/tcpstates web-1 --watch 10m', room);
      await ada.waitForMessage(room, /Watching {2}/);
      await ada.administer(room, act);
      const told = await ada.waitForMessage('direct', /watch on web-1 has ended/, 10_000);
      expect(textOf(told)).toMatch(act === 'archive' ? /archived/ : /removed|can't/);
      expect(workspace.messages(room).filter(({ user }) => user === workspace.botUserId).length).toBeLessThanOrEqual(1);
    },
    30_000,
  );

  test('goes on after a restart, in the same message', async () => {
    const { ada, bot, stateDir, workspace } = await start({ clock: quickClock() });
    await ada.type('/tcpstates web-1 --watch 30m', room);
    const first = await ada.waitForMessage(room, /Watching {2}/);
    await bot.stop(0);
    const again = await startTestBot(workspace, { stateDir, clock: quickClock() });
    await workspace.waitFor(() => again.transport.asked.length >= 2, 'looks of the new program', 10_000);
    await ada.waitForMessage(room, /[2-9] looks so far/, 10_000);
    expect(fromBot(workspace).map(({ ts }) => ts)).toEqual([first.ts]);
  }, 30_000);

  test('a host that falls silent and comes back is said', async () => {
    const transport = new FakeTransport();
    transport.answer = replaying('p03-tw');
    const { ada, workspace } = await start({ transport, clock: quickClock() });
    await ada.type('/tcpstates web-1 --watch 20m', room);
    await ada.waitForMessage(room, /Watching {2}/);
    transport.answer = async () => silent();
    await ada.waitForMessage(room, /NO ANSWER {2}web-1/, 10_000);
    transport.answer = replaying('p03-tw');
    const back = await ada.waitForMessage(room, /Gone:\s+no answer/, 10_000);
    expect(back.text).toMatch(/^CRITICAL/);
    expect(fromBot(workspace)).toHaveLength(1);
  }, 30_000);

  test('whoever may no longer see the host is shown nothing more, and no question is asked for them', async () => {
    let policy = LOOK_ONLY;
    const transport = new FakeTransport();
    transport.answer = replaying('c01');
    const { ada, workspace } = await start({ transport, clock: quickClock(), policy: () => policy });
    await ada.type('/tcpstates web-1 --watch 20m', room);
    await ada.waitForMessage(room, /[2-9] looks so far/, 10_000);
    policy = { ...LOOK_ONLY, grants: [] };
    const ended = await ada.waitForMessage(room, /Watch ended.*may no longer see the host here/s, 10_000);
    const asked = transport.asked.length;
    expect(textOf(ended)).not.toContain('Stop watching');
    transport.answer = replaying('p03-tw');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(transport.asked).toHaveLength(asked);
    expect(fromBot(workspace).map(({ text }) => text)).toEqual([ended.text]);
  }, 30_000);

  test('what Slack does not say ends no watch: it waits', async () => {
    const { ada, workspace } = await start({
      clock: quickClock(400),
      policy: () => readPolicy(GROUP_SEES, 'policy.yml'),
    });
    await ada.type('/tcpstates web-1 --watch 2h', room);
    await ada.waitForMessage(room, /Watching {2}/);
    workspace.faults.failCalls({ method: 'users.info', error: 'fatal_error', times: 3 });
    await ada.waitForMessage(room, /[3-9] looks so far|\d\d looks so far/, 15_000);
  }, 30_000);

  test('Stop ends the question that is under way, at the host too', async () => {
    const transport = new FakeTransport();
    transport.answer = replaying('c01');
    const { ada } = await start({ transport, clock: quickClock() });
    await ada.type('/tcpstates web-1 --watch 20m', room);
    const watch = await ada.waitForMessage(room, /Watching {2}/);
    let signal: AbortSignal | undefined;
    transport.answer = (_host, _script, options) => {
      signal = options?.signal;
      return new Promise(() => undefined);
    };
    await ada.waitFor(() => signal !== undefined, 'a look that hangs', 10_000);
    expect(signal?.aborted).toBe(false);
    await ada.on(watch).click('Stop watching');
    await ada.waitFor(() => signal?.aborted === true, 'its end');
    await ada.waitForMessage(room, /Watch ended.*Stopped/s);
  }, 20_000);

  test('a watch that is called off before its first look is none', async () => {
    const transport = new FakeTransport();
    let signal: AbortSignal | undefined;
    transport.answer = (_host, _script, options) => {
      signal = options?.signal;
      return new Promise(() => undefined);
    };
    const { ada } = await start({ transport, clock: quickClock() });
    await ada.type('/tcpstates web-1 --watch 20m', room);
    const opening = await ada.waitForMessage(room, /first look/);
    await ada.waitFor(() => signal !== undefined, 'the first look');
    await ada.on(opening).click('Stop');
    await ada.waitForMessage(room, /Called off/);
    await ada.waitFor(() => signal?.aborted === true, 'its end');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(transport.asked).toHaveLength(1);
  });

  test('one person has five at the most, and a private one is refused with the reason', async () => {
    const { ada } = await start();
    await ada.type('/tcpstates web-1 --watch 10m --private', room);
    await ada.waitForMessage(room, /can’t be private/);
    for (let at = 0; at < 5; at++) await ada.type('/tcpstates web-1 --watch 10m', room);
    await ada.waitFor(
      () => ada.messages(room).filter((it) => /Watching {2}/.test(textOf(it))).length === 5,
      '5 watches',
      10_000,
    );
    await ada.type('/tcpstates web-1 --watch 10m', room);
    await ada.waitForMessage(room, /You have 5 hosts watched already/);
  }, 20_000);
});

describe('Home', () => {
  test('shows what was measured, what is watched and what may be done; again when it is opened again', async () => {
    const { ada, grace, transport } = await start();
    await ada.openHome();
    await ada.waitFor(() => /Nothing waits for you/.test(homeOf(ada)), 'an empty Home');
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    await ada.openHome();
    await ada.waitFor(() => /CRITICAL {2}web-1/.test(homeOf(ada)), 'the host with findings');
    const words = homeOf(ada);
    expect(words).toMatch(/Hosts with findings: 1/);
    expect(words).toMatch(/Measure\s+on all 3 hosts/);
    expect(words).toMatch(/Approve changes of others\s+on no host/);
    // What a watch sees next is what Home says, whoever asked before.
    transport.answer = replaying('c01');
    await ada.type('/tcpstates web-1 --watch 10m', room);
    await ada.waitForMessage(room, /Watching {2}HEALTHY/);
    await ada.openHome();
    await ada.waitFor(
      () => /Hosts with findings: 0/.test(homeOf(ada)) && /Watched for you: 1/.test(homeOf(ada)),
      'the news',
    );
    await grace.openHome();
    await grace.waitFor(() => /Your last measurements[\s\S]*None yet/.test(homeOf(grace)), "Grace's own");
  });
});

describe('the story', () => {
  test('is told to the asker, and to all by a button, with the whole as a file', async () => {
    const { ada, workspace } = await start();
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await ada.type('/changes timeline --since 1h --channel', room);
    const mine = await ada.waitForMessage(room, /Timeline of the last 1 h, this channel: 1 step/);
    expect(mine.ephemeral).toBe(true);
    await ada.on(mine).click('Post summary into channel');
    await workspace.waitFor(
      () => fromBot(workspace).some((it) => /Timeline of the last 1 h/.test(textOf(it))),
      'for all',
    );
    await ada.type('/changes timelin', room);
    await ada.waitForMessage(room, /Did you mean: \/changes timeline/);
  });
});

describe('being helpful', () => {
  test('the first answer that a channel sees says in its thread what this is, to everybody, once', async () => {
    const { ada, grace, bot, stateDir, workspace } = await start();
    const news = () => workspace.messages(room).filter((it) => textOf(it).includes('New here'));
    // What nobody else sees is no beginning.
    await ada.type('/tcpstates web-1 --private', room);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    await ada.type('/tcpstates help', room);
    await ada.waitForMessage(room, /--why/);
    expect(news()).toEqual([]);
    await ada.type('/tcpstates web-1', room);
    const said = await grace.waitForMessage(room, /New here/);
    const [answer] = fromBot(workspace);
    expect(said).toMatchObject({ ephemeral: false, threadTs: answer?.ts });
    expect(textOf(said)).toMatch(/Looking changes nothing/);
    await grace.type('/tcpstates web-2', room);
    await grace.waitForMessage(room, /CRITICAL {2}web-2/);
    await bot.stop(0);
    await startTestBot(workspace, { stateDir });
    await grace.type('/tcpstates db-1', room);
    await grace.waitForMessage(room, /db-1/);
    await settled();
    expect(news()).toHaveLength(1);
  });

  test('asked in a thread, it says so there', async () => {
    const { ada, grace } = await start();
    await ada.type('it is slow', room);
    const parent = await ada.waitForMessage(room, 'it is slow');
    await ada.type('@tcpstates web-1', room, parent.ts);
    expect((await grace.waitForMessage(room, /New here/)).threadTs).toBe(parent.ts);
  });

  test('help leaves out what the caller may not do', async () => {
    const { ada } = await start();
    await ada.type('/sysctl help', room);
    expect(textOf(await ada.waitForMessage(room, /How to use|\/sysctl <host>/))).not.toContain(' set key=');
  });

  test('a slip in a mention is told the nearest command', async () => {
    const { ada } = await start();
    await ada.type('@tcpstates sysctll web-1', room);
    await ada.waitForMessage(room, /Did you mean: sysctl web-1/);
  });

  test('what takes long can be called off', async () => {
    const transport = new FakeTransport();
    const signals: (AbortSignal | undefined)[] = [];
    transport.answer = (_host, _script, options) => {
      signals.push(options?.signal);
      return new Promise(() => undefined);
    };
    const { ada, grace, workspace } = await start({ transport });
    await ada.type('/tcpstates web-1', room);
    const measuring = await ada.waitForMessage(room, /measuring/);
    await grace.on(measuring).click('Stop');
    await ada.waitForMessage(room, /Called off/);
    expect(fromBot(workspace)).toHaveLength(1);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    // What was called off says nothing of the host.
    await ada.openHome();
    await ada.waitFor(() => /Hosts with findings: 0/.test(homeOf(ada)), 'Home without it');
  });
});

describe('when Slack is difficult', () => {
  test('doubled, late and reordered shortcuts, cut sockets and rate limits: one answer each', async () => {
    const { ada, workspace } = await start();
    await ada.type('web-1 is down', room);
    const alert = alertIn(ada.messages(room));
    workspace.faults.doubleNext(1);
    workspace.faults.rateLimit({ method: 'chat.update', retryAfterSeconds: 1 });
    await ada.shortcut('diagnose-message', alert);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/, 10_000);
    workspace.faults.reverseNext(2);
    await Promise.all([ada.type('/tcpstates web-2', room), ada.type('/tcpstates db-1', room)]);
    workspace.faults.dropSockets();
    await ada.waitForMessage(room, /CRITICAL {2}web-2/, 15_000);
    await ada.waitForMessage(room, /CRITICAL {2}db-1/, 15_000);
    expect(fromBot(workspace)).toHaveLength(3);
  }, 40_000);

  test('a workspace without the newer blocks still shows a watch and the story', async () => {
    const { ada, workspace } = await start();
    workspace.faults.refuseNewerBlocks();
    await ada.type('/tcpstates web-1 --watch 10m', room);
    await ada.waitForMessage(room, /Watching {2}CRITICAL/);
    await ada.type('/changes timeline', room);
    await ada.waitForMessage(room, /Timeline of/);
  });
});
