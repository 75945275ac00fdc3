/** The program as it is started, against a workspace, with the machine to itself: bursts, kills, restarts. Needs `npm run build`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { textOf } from '../../src/workspace/driver.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace.js';

jest.setTimeout(120_000);
/** what was built; elsewhere where several builds stand side by side */
const dist = process.env['TCPSTATES_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url));
const room = '#incident-7';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A port that takes connections and never says a word: a host that hangs. */
const silentPort = async (): Promise<number> => {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const prepare = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-e2e-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const workspace = await startWorkspace({
    commands: ['/tcpstates', '/sysctl', '/hosts'].map((name) => ({ name, description: '', usageHint: '' })),
  });
  ends.push(() => workspace.close());
  const port = await silentPort();
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEyU0HXlqzWhFvwwSWVnZpZm0HzLpH3pEYXnWqHjsjzc';
  const hosts = Array.from(
    { length: 9 },
    (_, at) =>
      `  web-${at + 1}: {address: 127.0.0.1, port: ${port}, user: sre, identity: id_rsa, hostKeys: ["${key}"], limits: {totalTimeoutMs: 4000}}`,
  );
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  writeFileSync(join(folder, 'id_rsa'), privateKey, { mode: 0o600 });
  writeFileSync(join(folder, 'inventory.yml'), `hosts:\n${hosts.join('\n')}\n`);
  return { workspace, folder };
};

interface Program {
  process: ChildProcess;
  output: () => string;
  ended: Promise<number | string>;
}

const start = async (workspace: Workspace, folder: string): Promise<Program> => {
  const child = spawn(process.execPath, [join(dist, 'src/main.js')], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SLACK_API_URL: workspace.apiUrl,
      TCPSTATES_GRACE_MS: '500',
      LOG_LEVEL: 'info',
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise<number | string>((resolve) =>
    child.on('exit', (code, signal) => resolve(signal ?? code ?? '')),
  );
  ends.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const early = ended.then((how) => {
    throw new Error(`the program ended (${how}):\n${text}`);
  });
  await Promise.race([workspace.connected(2, 30_000), early]);
  early.catch(() => undefined);
  return { process: child, output: () => text, ended };
};

/** What it said in the channel; the first of them has words for newcomers in its thread. */
const answers = (workspace: Workspace) =>
  workspace.messages(room).filter(({ user, ts, threadTs }) => user === workspace.botUserId && (threadTs ?? ts) === ts);

describe('the program', () => {
  test('200 commands in a burst, while the hosts are being measured, are each acknowledged within a second', async () => {
    const { workspace, folder } = await prepare();
    const program = await start(workspace, folder);
    const people = ['Ada', 'Grace', 'Linus', 'Margaret'].map((name) => workspace.as(name));
    await people[0]?.type('/hosts', room);
    const tookMs: number[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const since = performance.now();
        await people[at % 4]?.type(`/tcpstates web-${(at % 9) + 1}`, at % 2 === 0 ? room : '#sre');
        tookMs.push(performance.now() - since);
      }),
    );
    expect(Math.max(...tookMs)).toBeLessThan(1_000);
    await workspace.waitFor(
      () => workspace.calls.filter(({ method, answer }) => method === 'chat.update' && answer === 'ok').length >= 200,
      '200 answers',
      60_000,
    );
    expect(answers(workspace).filter((message) => !textOf(message).includes('NO ANSWER'))).toEqual([]);
    for (const secret of [workspace.botToken, workspace.appToken]) expect(program.output()).not.toContain(secret);
  });

  test('killed in the middle of a measurement: the next start makes the same message the answer', async () => {
    const { workspace, folder } = await prepare();
    const first = await start(workspace, folder);
    await workspace.as('Ada').type('/tcpstates web-1', room);
    const measuring = await workspace.as('Ada').waitForMessage(room, /measuring/i);
    // Killed within the round trip of the post itself, the bot could not know its message, and would answer in a new one.
    await workspace.waitFor(() => readFileSync(join(folder, 'var/pending.jsonl'), 'utf8').includes('"step":"posted"'));
    first.process.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    await start(workspace, folder);
    const answer = await workspace.as('Ada').waitForMessage(room, /NO ANSWER/, 15_000);
    expect(answer.ts).toBe(measuring.ts);
    expect(answers(workspace)).toHaveLength(1);
  });

  test('SIGTERM in the middle of a measurement: says so, ends in time with code 0, and is taken up again', async () => {
    const { workspace, folder } = await prepare();
    const first = await start(workspace, folder);
    await workspace.as('Ada').type('/tcpstates web-1', room);
    const measuring = await workspace.as('Ada').waitForMessage(room, /measuring/i);
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(textOf(answers(workspace)[0] ?? measuring)).toMatch(/stopped/);
    await start(workspace, folder);
    await workspace.waitFor(
      () => answers(workspace).some((it) => textOf(it).includes('Check step by step') && !/stopped/.test(textOf(it))),
      'the answer',
      15_000,
    );
    expect(answers(workspace).map(({ ts }) => ts)).toEqual([measuring.ts]);
  });

  test('a setting that is wrong is named, with what was expected, and not repeated', async () => {
    const child = spawn(process.execPath, [join(dist, 'src/main.js')], {
      env: { PATH: process.env['PATH'], SLACK_BOT_TOKEN: 'xapp-in-the-wrong-place' },
    });
    let text = '';
    child.stderr.on('data', (chunk) => (text += String(chunk)));
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(2);
    expect(text).toContain('SLACK_BOT_TOKEN: expected a token that begins with xoxb-');
    expect(text).not.toContain('wrong-place');
  });
});
