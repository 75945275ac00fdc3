/** Hosts behind a jump host, some of them in trouble: whom that may hold up, how often anybody is asked, and who is named. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import type { Answer } from '../../src/ports/transport.js';
import { Engine } from '../../src/ssh/engine.js';
import { faultScene } from './fault-scene.js';
import { hostOf, type Running, type SshBehaviour, socketServer, sshServer } from './ssh2-server.js';
import { Scratch } from './sshd.js';

jest.setTimeout(60_000);

const PING: Script = { id: 'ping', text: 'echo @@end', closingLine: '@@end', expectedMs: 50 };
const problemOf = (answer: Answer): string => (answer.status === 'ok' ? 'ok' : answer.failure.problem);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const messageOf = (answer: Answer): string => (answer.status === 'ok' ? 'ok' : answer.failure.message);
/** longer than any test waits: who is let in is not let in by somebody's end */
const PATIENT = { connectTimeoutMs: 50_000, totalTimeoutMs: 50_000, outputBytesMax: 50_000 };
/** behind the jump host nobody answers at these, not even with a refusal */
const SILENT = '10.255.0.';

describe('behind a jump host', () => {
  const { scratch, kept, engineWith: engineOf } = faultScene();
  const engineWith = (hosts: readonly Host[]): Engine => engineOf({ hosts });
  const answering: SshBehaviour = {
    exec: (channel) => {
      channel.write('@@end\n');
      channel.exit(0);
      channel.end();
    },
  };
  /** Whatever the address, the port is one of this machine. */
  const jumpServer = async (over: SshBehaviour = {}): Promise<Running> =>
    kept(
      await sshServer({
        forward: (accept, { address, port }) => {
          if (address.startsWith(SILENT)) return;
          const socket = connect(port, '127.0.0.1', () => {
            const channel = accept();
            channel.on('error', () => undefined);
            channel.pipe(socket).pipe(channel);
          });
          socket.on('error', () => undefined);
        },
        ...over,
      }),
    );
  const hostsOn = (server: Running, count: number, over: Partial<Host> & { network: string }): Host[] => {
    const { network, ...rest } = over;
    return Array.from({ length: count }, (_, n) =>
      hostOf(server, scratch, { name: `${network}${n}`, address: `${network}${n}`, jump: ['edge'], ...rest }),
    );
  };

  test('those that are silent do not hold up those that would answer', async () => {
    const jump = await jumpServer();
    const target = kept(await sshServer(answering));
    const edge = hostOf(jump, scratch, { name: 'edge' });
    const silent = hostsOn(target, 48, { network: SILENT, limits: PATIENT });
    const alive = hostsOn(target, 5, { network: '10.0.0.', limits: PATIENT });
    const engine = engineWith([edge, ...silent, ...alive]);
    const waiting = silent.map((host) => engine.ask(host, PING));
    const answers = await Promise.all(alive.map((host) => engine.ask(host, PING, { timeoutMs: 20_000 })));
    expect(answers.map(problemOf)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    await engine.close(0);
    expect(new Set((await Promise.all(waiting)).map(problemOf))).toEqual(new Set(['shutting-down']));
    expect(jump.accepted()).toBe(1);
  });

  test('at most eight logins are in progress to one sshd, and one sshd does not wait for another', async () => {
    const jump = await jumpServer();
    const now = [0, 0];
    const most = [0, 0];
    const servers = [0, 1].map((which) =>
      socketServer((socket) => {
        now[which] = (now[which] ?? 0) + 1;
        most[which] = Math.max(most[which] ?? 0, now[which] ?? 0);
        socket.on('close', () => {
          now[which] = (now[which] ?? 0) - 1;
        });
      }),
    );
    const edge = hostOf(jump, scratch, { name: 'edge' });
    const accounts = (await Promise.all(servers)).flatMap((server, which) =>
      Array.from({ length: 12 }, (_, n) =>
        hostOf(kept(server), scratch, { name: `h-${which}-${n}`, user: `user-${n}`, jump: ['edge'], limits: PATIENT }),
      ),
    );
    const engine = engineWith([edge, ...accounts]);
    const asked = accounts.map((host) => engine.ask(host, PING));
    for (let tries = 0; tries < 200 && Math.min(...most) < 8; tries += 1) await later(25);
    // Past the time after which a silent login gives its place among all logins to others.
    await later(1_700);
    expect(most).toEqual([8, 8]);
    await engine.close(0);
    await Promise.all(asked);
  });

  test('a jump host that refuses the login is asked once for all, until the inventory changes or somebody checks', async () => {
    const jump = await jumpServer({ authentication: (context) => context.reject() });
    const edge = hostOf(jump, scratch, { name: 'edge' });
    const hosts = hostsOn(jump, 12, { network: '10.0.0.' });
    const inventory = [edge, ...hosts];
    const engine = engineWith(inventory);
    for (let batch = 0; batch < 12; batch += 4) {
      const answers = await Promise.all(hosts.slice(batch, batch + 4).map((host) => engine.ask(host, PING)));
      for (const answer of answers)
        expect(answer).toMatchObject({
          failure: { problem: 'jump-failed', via: 'edge', offered: [expect.anything()] },
        });
    }
    expect(problemOf(await engine.ask(edge, PING))).toBe('authentication-refused');
    expect(jump.accepted()).toBe(1);

    const [first] = hosts as [Host];
    expect((await engine.check(first)).failure?.problem).toBe('jump-failed');
    expect(jump.accepted()).toBe(2);
    expect((await engine.check(edge)).failure?.problem).toBe('authentication-refused');
    expect(jump.accepted()).toBe(3);
    expect(problemOf(await engine.ask(first, PING))).toBe('jump-failed');
    expect(jump.accepted()).toBe(4);
    expect(problemOf(await engine.ask(first, PING))).toBe('jump-failed');
    expect(jump.accepted()).toBe(4);
    engine.inventoryChanged(inventory);
    expect(problemOf(await engine.ask(first, PING))).toBe('jump-failed');
    expect(jump.accepted()).toBe(5);
  });

  test('a host key that is not the pinned one is asked for once, and its fingerprints are told again', async () => {
    const jump = await jumpServer();
    const pinned = [scratch.key().publicLine];
    const edge = hostOf(jump, scratch, { name: 'edge', hostKeys: { kind: 'pinned', keys: pinned } });
    const hosts = hostsOn(jump, 3, { network: '10.0.0.' });
    const engine = engineWith([edge, ...hosts]);
    for (const host of hosts)
      expect(await engine.ask(host, PING)).toMatchObject({
        failure: { problem: 'jump-failed', fingerprints: { expected: [expect.stringMatching(/^SHA256:/)] } },
      });
    expect(jump.accepted()).toBe(1);
  });

  test('what can pass by itself is tried again at once', async () => {
    const jump = kept(await socketServer((socket) => socket.destroy()));
    const edge = hostOf(jump, scratch, { name: 'edge' });
    const hosts = hostsOn(jump, 2, { network: '10.0.0.' });
    const engine = engineWith([edge, ...hosts]);
    for (const host of hosts) expect(problemOf(await engine.ask(host, PING))).toBe('jump-failed');
    expect(jump.accepted()).toBe(8);
  });
});

describe('two names for one login', () => {
  let scratch: Scratch;
  let server: Running | undefined;
  let engine: Engine | undefined;
  beforeAll(() => {
    scratch = new Scratch();
  });
  afterEach(async () => {
    await engine?.close(0);
    server?.stop();
  });
  afterAll(() => scratch.remove());

  test('each is told of its failure by its own name, together or after the other', async () => {
    server = await sshServer({ authentication: (context) => context.reject() });
    const [red, blue] = ['red', 'blue'].map((name) => hostOf(server as Running, scratch, { name })) as [Host, Host];
    const behind = ['red', 'blue'].map((jump) =>
      hostOf(server as Running, scratch, { name: `behind-${jump}`, address: `behind-${jump}`, jump: [jump] }),
    );
    engine = new Engine({ hosts: [red, blue, ...behind], environment: {} });
    const asked = engine;
    const together = (await Promise.all([red, blue].map((host) => asked.ask(host, PING)))).map(messageOf);
    expect(together[0]).toMatch(/^red: it refused every key/);
    expect(together[1]).toMatch(/^blue: it refused every key/);
    expect(messageOf(await asked.ask(blue, PING))).toMatch(/^blue: /);
    const jumps = await Promise.all(behind.map((host) => asked.ask(host, PING)));
    expect(jumps.map(messageOf)).toEqual([
      expect.stringMatching(/^behind-red: its jump host failed: red: it refused/),
      expect.stringMatching(/^behind-blue: its jump host failed: blue: it refused/),
    ]);
    expect(server.accepted()).toBe(1);
  });

  test('over a connection that the other made, too', async () => {
    let sessions = 0;
    server = await sshServer({
      session: (accept, reject) => {
        sessions += 1;
        if (sessions > 1) return reject();
        accept().on('exec', (acceptExec) => {
          const channel = acceptExec();
          channel.write('@@end\n');
          channel.exit(0);
          channel.end();
        });
      },
    });
    const [red, blue] = ['red', 'blue'].map((name) => hostOf(server as Running, scratch, { name })) as [Host, Host];
    engine = new Engine({ hosts: [red, blue], environment: {} });
    expect(problemOf(await engine.ask(red, PING))).toBe('ok');
    const answer = await engine.ask(blue, PING);
    expect(problemOf(answer)).toBe('channel-refused');
    expect(messageOf(answer)).toMatch(/^blue: /);
    expect(server.accepted()).toBe(1);
  });

  test('who lacks its jump host is named with the host that was asked', async () => {
    server = await sshServer({});
    const bastion = hostOf(server, scratch, { name: 'bastion', jump: ['nowhere'] });
    const behind = hostOf(server, scratch, { name: 'behind', jump: ['bastion'] });
    engine = new Engine({ hosts: [bastion, behind], environment: {} });
    expect(messageOf(await engine.ask(behind, PING))).toBe(
      'behind: nowhere, the jump host of bastion, is not in the inventory.',
    );
    expect(messageOf(await engine.ask(bastion, PING))).toBe('bastion: its jump host nowhere is not in the inventory.');
  });
});
