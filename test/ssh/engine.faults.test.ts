/** Servers that misbehave: whatever they do, an ask ends in time, with a clear problem, in bounded memory. */
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import type { Answer } from '../../src/ports/transport.js';
import type { Engine } from '../../src/ssh/engine.js';
import { faultScene } from './fault-scene.js';
import { hostOf, type Running, type SshBehaviour, socketServer, sshServer } from './ssh2-server.js';

const PING: Script = { id: 'ping', text: 'echo @@end', closingLine: '@@end', expectedMs: 50 };
/** Where running out of time is what is expected, not much of it is given. */
const limitFor = (problem: string): { timeoutMs?: number } =>
  ['login-timed-out', 'no-answer'].includes(problem) ? { timeoutMs: 1_500 } : {};
const problemOf = (answer: Answer): string => (answer.status === 'ok' ? 'ok' : answer.failure.problem);

describe('servers that misbehave', () => {
  const { scratch, kept, engineWith } = faultScene();
  const engine = (random = () => 0): Engine => engineWith({ hosts: [], random });
  const onSocket = async (...args: Parameters<typeof socketServer>): Promise<Running> =>
    kept(await socketServer(...args));
  const onSsh = async (behaviour: SshBehaviour): Promise<Running> => kept(await sshServer(behaviour));
  const hostFor = (server: Running, over: Partial<Host> = {}): Host => hostOf(server, scratch, over);

  const endless = (socket: import('node:net').Socket, chunk: Buffer | string): void => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  };

  test.each<[string, (socket: import('node:net').Socket) => void, string]>([
    ['says nothing', () => undefined, 'login-timed-out'],
    ['is a web server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'not-ssh'],
    [
      'speaks binary',
      (socket) => socket.write(Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7) % 256))),
      'not-ssh',
    ],
    ['greets for ever', (socket) => endless(socket, `${'x'.repeat(100)}\r\n`), 'not-ssh'],
    ['sends one endless line', (socket) => endless(socket, 'x'.repeat(10_000)), 'not-ssh'],
    ['sends zeros for ever', (socket) => endless(socket, Buffer.alloc(65_536)), 'not-ssh'],
    ['names itself and closes', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'dropped-before-login'],
    ['names itself and freezes', (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'), 'login-timed-out'],
    [
      'names itself, then garbage',
      (socket) => endless(socket, Buffer.from(`SSH-2.0-x\r\n${'garbage!'.repeat(1_000)}`)),
      'not-ssh',
    ],
    ['speaks SSH 1', (socket) => void socket.write('SSH-1.5-OpenSSH_2.0\r\n'), 'not-ssh'],
    ['closes at once', (socket) => socket.destroy(), 'dropped-before-login'],
    ['resets', (socket) => socket.resetAndDestroy(), 'dropped-before-login'],
    [
      'resets behind our first words',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      'dropped-before-login',
    ],
    [
      'names itself and resets',
      (socket) => {
        socket.write('SSH-2.0-OpenSSH_9.2\r\n');
        socket.once('data', () => socket.resetAndDestroy());
      },
      'dropped-before-login',
    ],
  ])('one that %s', async (_title, behave, problem) => {
    const server = await onSocket(behave);
    const answer = await engine().ask(hostFor(server), PING, limitFor(problem));
    expect(problemOf(answer)).toBe(problem);
    expect(JSON.stringify(answer).length).toBeLessThan(2_000);
  });

  test('a drop before the login is tried four times; a lock-out is not', async () => {
    const dropping = await onSocket((socket) => socket.destroy());
    await engine().ask(hostFor(dropping), PING);
    expect(dropping.accepted()).toBe(4);
    const locking = await onSocket((socket) => socket.end('Not allowed at this time\r\n'));
    const answer = await engine().ask(hostFor(locking), PING);
    expect(answer).toMatchObject({ failure: { problem: 'dropped-before-login' } });
    if (answer.status === 'failed') expect(answer.failure.message).toMatch(/PerSourcePenalties/);
    expect(locking.accepted()).toBe(1);
  });

  test('a reset before the login is tried four times, as a close is; behind a signature it is not', async () => {
    const resetting = await onSocket((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
      socket.once('data', () => socket.resetAndDestroy());
    });
    await engine().ask(hostFor(resetting), PING);
    expect(resetting.accepted()).toBe(4);

    let reset = (): void => undefined;
    const judging = await onSsh({ authentication: () => reset() });
    const front = await onSocket((socket) => {
      const through = connect(judging.port, '127.0.0.1');
      through.on('error', () => undefined);
      socket.on('close', () => through.destroy());
      socket.pipe(through).pipe(socket);
      reset = () => socket.resetAndDestroy();
    });
    const answer = await engine().ask(hostFor(front), PING);
    expect(answer).toMatchObject({ failure: { problem: 'dropped-before-login' } });
    if (answer.status === 'failed') expect(answer.failure.message).toMatch(/in the middle of the login/);
    expect(front.accepted()).toBe(1);
  });

  test('a scan of a server that resets does not say that it speaks something else', async () => {
    const server = await onSocket((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
      socket.once('data', () => socket.resetAndDestroy());
    });
    expect(await engine().scan(hostFor(server))).toMatchObject({ failure: { problem: 'dropped-before-login' } });
  });

  test('a server that drops twice and then lets in', async () => {
    const good = await onSsh({ exec: (channel) => finish(channel, 'hello\n@@end\n') });
    let seen = 0;
    const flaky = await onSocket((socket) => {
      seen += 1;
      if (seen <= 2) return void socket.destroy();
      const through = connect(good.port, '127.0.0.1');
      through.on('error', () => socket.destroy());
      socket.on('close', () => through.destroy());
      socket.pipe(through).pipe(socket);
    });
    expect(problemOf(await engine().ask(hostFor(flaky), PING))).toBe('ok');
    expect(seen).toBe(3);
  });

  const finish = (channel: import('ssh2').ServerChannel, text: string | Buffer, code = 0): void => {
    channel.write(text);
    channel.exit(code);
    channel.end();
  };

  test.each<[string, SshBehaviour, string]>([
    ['refuses every key', { authentication: (context) => context.reject() }, 'authentication-refused'],
    ['never answers the login', { authentication: () => undefined }, 'login-timed-out'],
    [
      'closes in the middle of the login',
      { authentication: (_context, client) => client.end() },
      'dropped-before-login',
    ],
    ['refuses sessions', { session: (_accept, reject) => reject() }, 'channel-refused'],
    ['never answers about a session', { session: () => undefined }, 'no-answer'],
    [
      'refuses to run anything',
      { session: (accept) => void accept().on('exec', (_accept, reject) => reject()) },
      'no-shell',
    ],
    ['answers nothing', { exec: () => undefined }, 'no-answer'],
    ['closes without a word', { exec: (channel) => finish(channel, '', 0) }, 'cut-off'],
    ['has no shell', { exec: (channel) => finish(channel, 'sh: not found\n', 127) }, 'no-shell'],
    ['is cut in the closing line', { exec: (channel) => finish(channel, 'data\n@@en') }, 'cut-off'],
    ['answers in time', { exec: (channel) => finish(channel, 'data\n@@end\n') }, 'ok'],
    ['leaves out the last newline', { exec: (channel) => finish(channel, 'data\n@@end') }, 'ok'],
    ['keeps the session open behind a whole answer', { exec: (channel) => void channel.write('data\n@@end\n') }, 'ok'],
  ])('one that %s', async (_title, behaviour, problem) => {
    const server = await onSsh(behaviour);
    const answer = await engine().ask(hostFor(server), PING, limitFor(problem));
    expect({ problem: problemOf(answer), answer }).toMatchObject({ problem });
  });

  test('an answer in single bytes, split through its letters', async () => {
    const text = 'grüße €\n@@end\n';
    const server = await onSsh({
      exec: (channel) => {
        for (const byte of Buffer.from(text)) channel.write(Buffer.of(byte));
        channel.exit(0);
        channel.end();
      },
    });
    const answer = await engine().ask(hostFor(server), PING);
    expect(answer.status === 'ok' && answer.transcript.text).toBe('grüße €\n@@end');
  });

  test('an endless answer is killed, closed, and never held in memory', async () => {
    const signals: string[] = [];
    let sent = 0;
    const server = await onSsh({
      signal: (name) => signals.push(name),
      exec: (channel) => {
        const more = (): void => {
          while (channel.writable && sent < 50_000_000) {
            sent += 32_768;
            if (!channel.write(Buffer.alloc(32_768, 'x'))) {
              channel.once('drain', more);
              return;
            }
          }
        };
        more();
      },
    });
    expect(problemOf(await engine().ask(hostFor(server), PING))).toBe('too-much-output');
    for (let tries = 0; tries < 40 && signals.length === 0; tries += 1)
      await new Promise((next) => setTimeout(next, 25));
    expect(signals).toEqual(['KILL']);
    // Two windows of 2 MiB at most were under way.
    expect(sent).toBeLessThan(8_000_000);
  });

  test('the connection to a server that ignores everything is cut, and the next ask is fresh', async () => {
    let calls = 0;
    const server = await onSsh({
      exec: (channel) => {
        calls += 1;
        if (calls > 1) finish(channel, '@@end\n');
        else channel.close = () => undefined;
      },
    });
    const host = hostFor(server, { limits: { connectTimeoutMs: 1_000, totalTimeoutMs: 1_500, outputBytesMax: 1_000 } });
    const one = engine();
    expect(problemOf(await one.ask(host, PING))).toBe('no-answer');
    expect(problemOf(await one.ask({ ...host, limits: { ...host.limits, totalTimeoutMs: 3_000 } }, PING))).toBe('ok');
  });

  test('at most eight logins are in progress to one server', async () => {
    let most = 0;
    let now = 0;
    const server = await onSocket((socket) => {
      now += 1;
      most = Math.max(most, now);
      socket.on('close', () => {
        now -= 1;
      });
    });
    const one = engine();
    const hosts = Array.from({ length: 30 }, (_, n) => hostFor(server, { name: `h-${n}`, user: `user-${n}` }));
    const asked = hosts.map((host) => one.ask(host, PING, { timeoutMs: 600 }));
    await new Promise((next) => setTimeout(next, 400));
    expect(most).toBeLessThanOrEqual(8);
    expect(most).toBeGreaterThan(4);
    await Promise.all(asked);
  });

  test('nothing of the key or a configuration stands in any failure', async () => {
    const server = await onSsh({ authentication: (context) => context.reject() });
    const answer = await engine().ask(hostFor(server), PING);
    expect(JSON.stringify(answer)).not.toMatch(/PRIVATE|BEGIN|privateKey/);
  });
});
