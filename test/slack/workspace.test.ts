/** The whole bot in a workspace: what people see when all goes well, and when Slack does not. */
import { createHmac } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { textOf } from '../../src/workspace/driver.js';
import { FakeTransport, said, settled, silent } from '../support/bot-fakes.js';
import { recorded, replaying, room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';

jest.setTimeout(20_000);

/** without what a newcomer's channel is told once */
const fromBot = (workspace: Awaited<ReturnType<typeof startLocalWorkspace>>, channel = room) =>
  workspace
    .messages(channel)
    .filter((message) => message.user === workspace.botUserId && !textOf(message).includes('New here'));

describe('the main job', () => {
  test('/tcpstates answers with one message that becomes the result, and its buttons work', async () => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates web-1', room);
    const answer = await ada.waitForMessage(room, /Measured /);
    expect(fromBot(workspace)).toHaveLength(1);
    expect(textOf(answer)).toContain('TIME_WAIT');

    await ada.on(answer).click('States, IPv4/IPv6');
    expect((await ada.waitForModal(/States of web-1/)).text).toContain('We closed first');
    await ada.on(answer).click('Sysctls');
    const sysctls = await ada.waitForMessage(room, /tcp_fin_timeout/);
    expect(sysctls.threadTs).toBe(answer.ts);
    await ada.on(answer).click('Raw');
    expect((await ada.waitForModal(/Raw/)).text).toContain('@@');
    const before = answer.text;
    await workspace.as('Grace').on(answer).click('Refresh');
    await workspace.waitFor(() => workspace.calls.filter(({ method }) => method === 'chat.update').length >= 3);
    await ada.waitForMessage(room, before.slice(0, 20));
    expect(fromBot(workspace).filter(({ threadTs }) => threadTs === null || threadTs === answer.ts).length).toBe(2);
  });

  test('--private is seen by the typist alone, and can be shared', async () => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates web-1 --private', room);
    const whispered = await ada.waitForMessage(room, /Measured /);
    expect(whispered.ephemeral).toBe(true);
    expect(fromBot(workspace)).toEqual([]);
    await ada.on(whispered).click('Share in channel');
    await workspace.waitFor(() => fromBot(workspace).length === 1);
  });

  test.each([
    ['/tcpstates', '/tcpstates web-1'],
    ['/tcpstates help', '--why'],
    ['/tcpstates wbe-1', 'Did you mean'],
    ['/tcpstates web-* --watch 10m', '/tcpstates web-1 --watch 10m'],
    ['/tcpstates web-1 --prvate', 'Did you mean --private?'],
    ['/tcpstates web-1 --why conntrak-full', 'conntrack-full'],
    ['/sysctl', '/sysctl web-1 time wait'],
    ['/sysctl net.ipv4.tcp_fin_timeout', 'name the host before it'],
    ['/hosts', '3 hosts registered'],
    ['/hosts check nope', '/hosts'],
  ])('%s is answered to the typist alone: %s', async (typed, expected) => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    const ada = workspace.as('Ada');
    await ada.type(typed, room);
    const whispered = await ada.waitFor(() => ada.messages(room).find(({ ephemeral }) => ephemeral));
    expect(textOf(whispered)).toContain(expected);
    expect(fromBot(workspace)).toEqual([]);
  });

  test('an unreachable host is answered with what was last known, and can be tried again', async () => {
    const workspace = await startLocalWorkspace();
    const { transport } = await startTestBot(workspace);
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /Measured /);
    transport.answer = async () => silent();
    await ada.type('/tcpstates web-1', room);
    const failed = await ada.waitForMessage(room, /NO ANSWER/);
    expect(textOf(failed)).toContain('Last known');
    transport.answer = replaying();
    await ada.on(failed).click('Try again');
    await workspace.waitFor(() => fromBot(workspace).every((message) => textOf(message).includes('Measured ')));
  });

  test('a mention in a thread is answered in it, and a direct message is a question', async () => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    const ada = workspace.as('Ada');
    await ada.type('it is slow', room);
    const parent = await ada.waitForMessage(room, 'it is slow');
    await ada.type('@tcpstates sysctl web-1 time', room, parent.ts);
    const answer = await ada.waitForMessage(room, /tcp_keepalive_time/);
    expect(answer.threadTs).toBe(parent.ts);
  });
});

describe('when Slack is difficult', () => {
  test('what is delivered twice is answered once', async () => {
    const workspace = await startLocalWorkspace();
    const { transport } = await startTestBot(workspace);
    workspace.faults.doubleNext(5);
    await workspace.as('Ada').type('/tcpstates web-1', room);
    await workspace.as('Ada').waitForMessage(room, /Measured /);
    await settled();
    expect(fromBot(workspace)).toHaveLength(1);
    expect(transport.asked).toHaveLength(1);
  });

  test('a rate limit delays an answer and loses none, and other channels go on', async () => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    const ada = workspace.as('Ada');
    workspace.faults.rateLimit({ method: 'chat.postMessage', channel: 'C0INCIDENT7', retryAfterSeconds: 1 });
    workspace.faults.rateLimit({ method: 'chat.update', channel: 'C0INCIDENT7', retryAfterSeconds: 1 });
    await ada.type('/tcpstates web-1', room);
    await ada.type('/tcpstates web-2', '#sre');
    await ada.waitForMessage('#sre', /Measured /);
    expect(fromBot(workspace)).toEqual([]);
    await ada.waitForMessage(room, /Measured /);
    expect(fromBot(workspace)).toHaveLength(1);
  });

  test('blocks that the workspace does not know are sent again in older ones', async () => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    workspace.faults.refuseNewerBlocks();
    await workspace.as('Ada').type('/tcpstates web-1', room);
    const answer = await workspace.as('Ada').waitForMessage(room, /Measured /);
    expect(answer.blocks.length).toBeGreaterThan(1);
    expect(textOf(answer)).toContain('TIME_WAIT');
  });

  test('sockets that are cut, or asked to come back, lose no answer', async () => {
    const workspace = await startLocalWorkspace();
    const { transport, bot } = await startTestBot(workspace);
    expect(bot.connected()).toBe(2);
    let answer: () => void = () => undefined;
    transport.answer = () => new Promise((resolve) => (answer = () => resolve(said(recorded('c01')))));
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /measuring/i);
    expect(workspace.faults.dropSockets()).toBe(2);
    answer();
    await ada.waitForMessage(room, /Measured /);
    await workspace.connected(2, 15_000);
    workspace.faults.requestRefresh();
    await workspace.connected(2, 15_000);
  }, 40_000);

  test('a channel that the bot was removed from: the answer goes to the asker alone', async () => {
    const workspace = await startLocalWorkspace();
    await startTestBot(workspace);
    const ada = workspace.as('Ada');
    workspace.faults.failCalls({ method: 'chat.postMessage', error: 'not_in_channel', times: 5 });
    await ada.type('/tcpstates web-1', room);
    const answer = await ada.waitForMessage(room, /Measured /);
    expect(answer.ephemeral).toBe(true);
    expect(ada.messages(room).some((message) => textOf(message).includes('/invite @tcpstates'))).toBe(true);
  });

  test.each([
    ['Dennis', room, 'Guests of this workspace are not served'],
    ['Radia', '#partner-network', 'Only members of the home workspace'],
    ['Ada', '#partner-network', 'shared with another organisation'],
  ])('%s in %s is refused', async (who, channel, why) => {
    const workspace = await startLocalWorkspace();
    const { transport } = await startTestBot(workspace);
    const person = workspace.as(who);
    await person.type('@tcpstates web-1', channel);
    const refusal = await person.waitFor(() => person.messages(channel).find(({ ephemeral }) => ephemeral));
    expect(textOf(refusal)).toContain(why);
    expect(transport.asked).toEqual([]);
  });
});

describe('starting and stopping', () => {
  test('a wrong bot token, or a workspace that is not there, is said in words that name what to do', async () => {
    const workspace = await startLocalWorkspace();
    const way = { mode: 'socket' as const, appToken: workspace.appToken };
    await expect(
      startTestBot(workspace, { slack: { botToken: 'xoxb-wrong-token', slackApiUrl: workspace.apiUrl, way } }),
    ).rejects.toThrow(/Slack refuses SLACK_BOT_TOKEN \(invalid_auth\)/);
    await expect(
      startTestBot(workspace, { slack: { botToken: 'xoxb-x', slackApiUrl: 'http://127.0.0.1:9/api/', way } }),
    ).rejects.toThrow(/can't be reached/);
  });

  test('a socket that is opened but hears no hello is an error, not silence', async () => {
    const workspace = await startLocalWorkspace();
    workspace.faults.withholdHello(true);
    await expect(startTestBot(workspace, { helloMs: 300 })).rejects.toThrow('no hello within 0.3 s');
  });

  test('what is under way at the end is finished', async () => {
    const workspace = await startLocalWorkspace();
    const { bot, transport } = await startTestBot(workspace);
    let answer: () => void = () => undefined;
    transport.answer = () => new Promise((resolve) => (answer = () => resolve(said(recorded('c01')))));
    await workspace.as('Ada').type('/tcpstates web-1', room);
    await workspace.as('Ada').waitForMessage(room, /measuring/i);
    const stopped = bot.stop(5_000);
    answer();
    await stopped;
    expect(textOf(fromBot(workspace)[0] ?? ({} as never))).toContain('Measured ');
  });

  test('what can not be finished says so, and the next start makes the same message the answer', async () => {
    const workspace = await startLocalWorkspace();
    const transport = new FakeTransport();
    transport.answer = () => new Promise(() => undefined);
    const { bot, stateDir } = await startTestBot(workspace, { transport });
    await workspace.as('Ada').type('/tcpstates web-1', room);
    const measuring = await workspace.as('Ada').waitForMessage(room, /measuring/i);
    await bot.stop(50);
    expect(textOf(fromBot(workspace)[0] ?? ({} as never))).toContain('stopped while it measured');
    await startTestBot(workspace, { stateDir });
    const answer = await workspace.as('Ada').waitForMessage(room, /Measured /);
    expect(answer.ts).toBe(measuring.ts);
    expect(fromBot(workspace)).toHaveLength(1);
  });

  test('no token turns up in any log line', async () => {
    const workspace = await startLocalWorkspace();
    const { logged } = await startTestBot(workspace);
    workspace.faults.failCalls({ method: 'chat.postMessage', error: 'invalid_auth', times: 1 });
    await workspace.as('Ada').type('/tcpstates web-1', room);
    await workspace.as('Ada').waitForMessage(room, /Measured /);
    workspace.faults.dropSockets();
    await workspace.connected(1, 15_000);
    expect(logged()).toContain('answered');
    for (const secret of [
      workspace.botToken,
      workspace.appToken,
      workspace.signingSecret,
      'hooks.slack.com',
      '/response',
    ])
      expect(logged()).not.toContain(secret);
  }, 30_000);
});

describe('over HTTP', () => {
  test('signed requests are handled once; repeated, old, future and forged ones are refused', async () => {
    const workspace = await startLocalWorkspace();
    const { bot, transport } = await startTestBot(workspace, {
      slack: {
        botToken: workspace.botToken,
        slackApiUrl: workspace.apiUrl,
        way: { mode: 'http', signingSecret: workspace.signingSecret, port: 0 },
      },
    });
    const url = `http://127.0.0.1:${bot.port}/slack/events`;
    await workspace.useRequestUrl(url);
    await workspace.as('Ada').type('/tcpstates web-1', room);
    await workspace.as('Ada').waitForMessage(room, /Measured /);

    const send = (at: number, secret: string, trigger: string): Promise<number> => {
      const body = new URLSearchParams({
        command: '/tcpstates',
        text: 'web-2',
        team_id: workspace.teamId,
        user_id: workspace.as('Ada').id,
        channel_id: 'C0INCIDENT7',
        trigger_id: trigger,
        response_url: 'http://127.0.0.1:9/',
      }).toString();
      const signature = `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;
      return fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': String(at),
          'x-slack-signature': signature,
        },
      }).then(({ status }) => status);
    };
    const now = Math.floor(Date.now() / 1000);
    const measuredBefore = transport.asked.length;
    const copies = await Promise.all(Array.from({ length: 5 }, () => send(now, workspace.signingSecret, 't.1')));
    expect(copies).toContain(200);
    expect(await send(now, workspace.signingSecret, 't.1')).toBe(401);
    expect(await send(now - 400, workspace.signingSecret, 't.2')).toBe(401);
    expect(await send(now + 400, workspace.signingSecret, 't.3')).toBe(401);
    expect(await send(now, 'another-secret', 't.4')).toBe(401);
    await workspace.waitFor(() => fromBot(workspace).filter((it) => textOf(it).includes('web-2')).length === 1);
    await settled();
    expect(transport.asked.length).toBe(measuredBefore + 1);
    expect(await fetch(url.replace('/slack/events', '/healthz')).then(({ status }) => status)).toBe(200);
  });
});
