import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { App, type HTTPReceiver, LogLevel } from '@slack/bolt';
import { WebSocket } from 'ws';
import { signature } from '../../src/workspace/http-mode.js';
import type { ServerMessage } from '../../src/workspace/protocol.js';
import { boltApp, clientOptions, incident, room, workspaceWith } from './support.js';

describe('faults on demand', () => {
  test('a 429 is waited out and the message arrives once', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    workspace.faults.rateLimit({ method: 'chat.postMessage', channel: incident, retryAfterSeconds: 1 });
    const other = client.chat.postMessage({ channel: 'C0SRE000001', text: 'not limited' });
    await Promise.all([client.chat.postMessage({ channel: incident, text: 'limited' }), other]);
    expect(workspace.messages(room)).toHaveLength(1);
    expect(
      workspace.calls
        .filter(({ method }) => method === 'chat.postMessage')
        .map(({ answer }) => answer)
        .sort(),
    ).toEqual(['ok', 'ok', 'ratelimited']);
  });

  test('Slack’s own limits, where they are switched on', async () => {
    let skewMs = 0;
    const workspace = await workspaceWith({ enforceRateLimits: true, now: () => Date.now() + skewMs });
    const post = (channel: string) =>
      fetch(`${workspace.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: `Bearer ${workspace.botToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ channel, text: 'x' }),
      });
    const statuses: number[] = [];
    for (let sent = 0; sent < 6; sent++) statuses.push((await post(incident)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = await post(incident);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post('C0SRE000001')).status).toBe(200);
    skewMs = 1100;
    expect((await post(incident)).status).toBe(200);
  });

  test('calls fail with an error or a status', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    workspace.faults.failCalls({ method: 'chat.postMessage', error: 'fatal_error' });
    await expect(client.chat.postMessage({ channel: incident, text: 'x' })).rejects.toMatchObject({
      data: { error: 'fatal_error' },
    });
    workspace.faults.breakCalls({ method: 'chat.postMessage', status: 503 });
    await expect(client.chat.postMessage({ channel: incident, text: 'x' })).resolves.toMatchObject({ ok: true });
  });

  test('a dropped socket comes back, and an event that was lost with it is delivered again', async () => {
    const workspace = await workspaceWith({ eventRetryDelaysMs: [600] });
    const heard: string[] = [];
    await boltApp(
      workspace,
      (app) => {
        app.event('app_mention', async ({ event }) => {
          heard.push(event.text);
        });
      },
      { clientPingTimeout: 200 },
    );
    expect(workspace.faults.dropSockets()).toBe(1);
    await workspace.as('Ada').type('@tcpstates lost', room);
    await workspace.connected();
    await workspace.waitFor(() => heard.length === 1, 'the event again');
    workspace.faults.requestRefresh();
    await workspace.waitFor(
      () => workspace.calls.filter(({ method }) => method === 'apps.connections.open').length >= 3,
    );
    await workspace.connected();
    await workspace.as('Ada').type('@tcpstates refreshed', room);
    await workspace.waitFor(() => heard.length === 2, 'an event over the new socket');
  });

  test('deliveries come twice, late, and in reverse order', async () => {
    const workspace = await workspaceWith({ ackTimeoutMs: 1000 });
    const heard: string[] = [];
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ command, ack }) => {
        heard.push(command.text);
        await ack();
      });
    });
    const ada = workspace.as('Ada');
    workspace.faults.doubleNext();
    await ada.type('/tcpstates double', room);
    await ada.waitFor(() => heard.length === 2);
    workspace.faults.reverseNext(3);
    await Promise.all(['a', 'b', 'c'].map((text) => ada.type(`/tcpstates ${text}`, room)));
    expect(heard.splice(0)).toEqual(['double', 'double', 'c', 'b', 'a']);
    workspace.faults.delayNext(1100);
    await expect(ada.type('/tcpstates late', room)).rejects.toThrow('operation_timeout');
    await ada.waitFor(() => heard.includes('late'));
  });

  test('a wrong token is refused, by its kind', async () => {
    const workspace = await workspaceWith();
    const call = async (method: string, token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(`${workspace.apiUrl}${method}`, { method: 'POST', headers });
      return ((await response.json()) as { error?: string }).error;
    };
    expect(await call('auth.test')).toBe('not_authed');
    expect(await call('auth.test', 'xoxb-wrong')).toBe('invalid_auth');
    expect(await call('auth.test', workspace.appToken)).toBe('not_allowed_token_type');
    expect(await call('apps.connections.open', workspace.botToken)).toBe('not_allowed_token_type');
    expect(await call('api.test')).toBeUndefined();
  });
});

describe('HTTP mode, with a real Bolt app', () => {
  const apps: App[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.stop();
  });

  test('signed requests: challenge, command, click, event; a wrong or stale signature is refused', async () => {
    const workspace = await workspaceWith();
    const app = new App({
      token: workspace.botToken,
      signingSecret: workspace.signingSecret,
      clientOptions: clientOptions(workspace),
      logLevel: LogLevel.ERROR,
      convoStore: false,
    });
    apps.push(app);
    app.command('/tcpstates', async ({ ack, command }) => {
      await ack({
        response_type: 'in_channel',
        text: `measured ${command.text}`,
        blocks: [
          {
            type: 'actions',
            elements: [{ type: 'button', text: { type: 'plain_text', text: 'Again' }, action_id: 'again' }],
          },
        ],
      });
    });
    app.action('again', async ({ ack, respond }) => {
      await ack();
      await respond({ replace_original: true, text: 'again' });
    });
    app.event('app_mention', async ({ event, say }) => {
      await say({ text: 'heard', thread_ts: event.ts });
    });
    const server = (await app.start({ port: 0, host: '127.0.0.1' })) as ReturnType<
      HTTPReceiver['start']
    > extends Promise<infer S>
      ? S
      : never;
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/slack/events`;
    await workspace.useRequestUrl(url);

    const ada = workspace.as('Ada');
    await ada.type('/tcpstates web-1', room);
    const answer = await ada.waitForMessage(room, 'measured web-1');
    // An answer in the channel shows the command too, as Slack does.
    expect(workspace.messages(room).map(({ text }) => text)).toEqual(['/tcpstates web-1', 'measured web-1']);
    await ada.on(answer).click('Again');
    await ada.waitForMessage(room, /^again/);
    await ada.type('@tcpstates hi', room);
    await ada.waitForMessage(room, 'heard');

    const body = 'command=%2Ftcpstates&text=x';
    const send = (secret: string, timestamp: number) =>
      fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': String(timestamp),
          'x-slack-signature': signature(secret, timestamp, body),
        },
      });
    const nowSeconds = Math.floor(Date.now() / 1000);
    expect((await send('wrong', nowSeconds)).status).toBe(401);
    expect((await send(workspace.signingSecret, nowSeconds - 600)).status).toBe(401);
  });

  test('the signature is Slack’s', () => {
    expect(signature('s', 1, 'b')).toBe(`v0=${createHmac('sha256', 's').update('v0:1:b').digest('hex')}`);
  });
});

describe('the page’s door', () => {
  const connect = async (url: string, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}page/ws?as=U0GRACE0001`, { headers });
    const received: ServerMessage[] = [];
    socket.on('message', (data) => received.push(JSON.parse(String(data)) as ServerMessage));
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return { socket, received };
  };

  test('gives the whole state, then events; requests are answered; one can be somebody else', async () => {
    const workspace = await workspaceWith({ banner: ['localhost is this machine'] });
    const { socket, received } = await connect(workspace.url);
    const state = await workspace.waitFor(() => received.find(({ type }) => type === 'state'));
    expect(state).toMatchObject({
      state: {
        me: 'U0GRACE0001',
        commands: [{ name: '/tcpstates' }, { name: '/sysctl' }],
        banner: ['localhost is this machine'],
      },
    });
    socket.send(JSON.stringify({ id: 1, type: 'type', channel: incident, text: 'hello' }));
    socket.send(JSON.stringify({ id: 2, type: 'type', channel: incident, text: '/nothing' }));
    socket.send(JSON.stringify({ id: 3, type: 'complete', channel: incident, text: '/sy' }));
    socket.send(JSON.stringify({ id: 4, type: 'switch', person: 'U0LINUS0001' }));
    socket.send(JSON.stringify({ id: 5, type: 'switch', person: workspace.botUserId }));
    await workspace.waitFor(() => received.filter(({ type }) => type === 'reply').length === 5, 'five replies');
    const replies = received.filter(({ type }) => type === 'reply');
    expect(replies).toEqual(
      expect.arrayContaining([
        { type: 'reply', to: 1, ok: true },
        { type: 'reply', to: 2, ok: false, error: expect.stringContaining('not a valid command') },
        { type: 'reply', to: 3, ok: true, completions: [expect.objectContaining({ text: '/sysctl ' })] },
        { type: 'reply', to: 4, ok: true },
        { type: 'reply', to: 5, ok: false, error: expect.any(String) },
      ]),
    );
    expect(received).toContainEqual(
      expect.objectContaining({
        type: 'message',
        message: expect.objectContaining({ text: 'hello', user: 'U0GRACE0001' }),
      }),
    );
    expect(received.findLast(({ type }) => type === 'state')).toMatchObject({ state: { me: 'U0LINUS0001' } });
    socket.close();
  });

  test('what is no request of the protocol closes the socket', async () => {
    const workspace = await workspaceWith();
    for (const text of [
      'nonsense',
      '{}',
      '{"id":1,"type":"type","channel":7,"text":"x"}',
      '{"id":1,"type":"__proto__"}',
    ]) {
      const { socket } = await connect(workspace.url);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.send(text);
      expect(await closed).toBe(1003);
    }
  });

  test('the page is served with a policy that allows its own scripts alone', async () => {
    const workspace = await workspaceWith();
    const response = await fetch(workspace.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(await response.text()).toContain('importmap');
    expect(policy).toMatch(/default-src 'none'; script-src 'self' 'sha256-[^']+';/);
    expect(policy).not.toContain('unsafe-eval');
  });

  test('foreign pages and foreign names are refused', async () => {
    const workspace = await workspaceWith();
    await expect(connect(workspace.url, { origin: 'https://evil.example' })).rejects.toThrow('403');
    await expect(connect(workspace.url, { host: 'evil.example' })).rejects.toThrow('403');
    const rebound = new WebSocket(`${workspace.url.replace('http', 'ws')}page/ws`, {
      headers: { origin: workspace.url.slice(0, -1) },
    });
    await new Promise((resolve) => rebound.once('open', resolve));
    rebound.close();
    const api = await fetch(`${workspace.apiUrl}api.test`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(api.status).toBe(403);
    for (const path of [
      'page/%2e%2e/workspace.ts',
      'page/..%2f..%2f..%2fpackage.json',
      'vendor/ws/index.js',
      'vendor/preact/..%2f..%2fws/index.js',
    ])
      expect((await fetch(workspace.url + path)).status).toBe(404);
    expect((await fetch(`${workspace.url}vendor/preact/dist/preact.mjs`)).headers.get('content-type')).toContain(
      'text/javascript',
    );
  });
});
