/** An ssh-agent that takes connections and says nothing: stopped, or waiting for somebody to unlock a screen. */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import { Engine } from '../../src/ssh/engine.js';
import { hostOf, type Running, sshServer } from './ssh2-server.js';
import { Scratch } from './sshd.js';

jest.setTimeout(60_000);

const PING: Script = { id: 'ping', text: 'echo @@end', closingLine: '@@end', expectedMs: 50 };

describe('a silent ssh-agent', () => {
  let scratch: Scratch;
  let agent: Server;
  let socket: string;
  let target: Running;
  let engine: Engine | undefined;
  const open = new Set<Socket>();

  beforeAll(async () => {
    scratch = new Scratch();
    socket = join(scratch.path, 'silent-agent');
    agent = createServer((client) => {
      open.add(client);
      client.on('error', () => undefined);
      // What hangs up is seen only by who reads.
      client.on('data', () => undefined);
      client.on('close', () => open.delete(client));
    });
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    target = await sshServer({
      exec: (channel) => {
        channel.write('@@end\n');
        channel.exit(0);
        channel.end();
      },
    });
  });
  afterEach(() => engine?.close(0));
  afterAll(() => {
    for (const client of open) client.destroy();
    agent.close();
    target.stop();
    rmSync(socket, { force: true });
    scratch.remove();
  });

  test('a check ends with its time, and nothing of it stays under way', async () => {
    const limits = { connectTimeoutMs: 500, totalTimeoutMs: 500, outputBytesMax: 10_000 };
    const host = hostOf(target, scratch, { identity: [{ kind: 'agent', socket }], limits });
    engine = new Engine({ hosts: [host], environment: {} });
    const report = await engine.check(host);
    expect(report.failure).toMatchObject({ problem: 'wall-clock' });
    expect(report.steps.map(({ status }) => status)).toEqual(['failed', ...Array(5).fill('not tried')]);
    // It waits for whatever is under way: for longer than this test may take.
    await engine.close(600_000);
  });

  test('the other keys are tried, and the agent is hung up on', async () => {
    const { identity } = hostOf(target, scratch);
    const host: Host = hostOf(target, scratch, { identity: [{ kind: 'agent', socket }, ...identity] });
    const patient = { ...host, limits: { ...host.limits, totalTimeoutMs: 50_000 } };
    engine = new Engine({ hosts: [patient], environment: {} });
    expect(await engine.ask(patient, PING)).toMatchObject({ status: 'ok' });
    for (let tries = 0; tries < 400 && open.size > 0; tries += 1) await new Promise((next) => setTimeout(next, 25));
    expect(open.size).toBe(0);
  });

  test('without another key, what is wrong is said', async () => {
    const limits = { connectTimeoutMs: 500, totalTimeoutMs: 50_000, outputBytesMax: 10_000 };
    const host = hostOf(target, scratch, { identity: [{ kind: 'agent', socket }], limits });
    engine = new Engine({ hosts: [host], environment: {} });
    expect(await engine.ask(host, PING)).toMatchObject({
      failure: {
        problem: 'identity-unreadable',
        message: 'web-1: no usable key to log in with (ssh-agent: it did not answer within 3 s).',
      },
    });
  });
});
