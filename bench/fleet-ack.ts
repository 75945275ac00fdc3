/**
 * How soon slash commands are acknowledged while 1,000 hosts are measured in one answer. The program as it is started, a local
 * workspace that notes each acknowledgement, and cheap SSH servers on 127.0.0.1 in a process of their own that replay a recording.
 *
 *   npm run build && node dist/bench/fleet-ack.js [hosts] [commands]
 *
 * BENCH_CPU_PROFILES=<folder> writes profiles of the program's threads there.
 * Slack gives 3 s. The machine's own load is printed with the figures: on two busy cores they say more about the machine.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newKeyPair } from '../src/lab/keys.js';
import { readRecording, replayState } from '../src/lab/recordings.js';
import { startLabServer } from '../src/lab/server.js';
import { textOf } from '../src/workspace/driver.js';
import { startWorkspace } from '../src/workspace/workspace.js';
import { type LoopDelay, watchLoop } from './loop-delay.js';

const USER = 'tcpstates';
/** a real probe waits two seconds between its counters */
const REPLAY_MS = 2_000;
const OVER_MS = 300_000;

const serve = async (count: number, hostKey: string, clientKey: string): Promise<void> => {
  const startedMs = Date.now();
  const recording = readRecording('web-1');
  const ports: number[] = [];
  for (let at = 0; at < count; at++) {
    const { port } = await startLabServer({
      hostKey,
      clientKey,
      user: USER,
      respond: async () => {
        await sleep(REPLAY_MS);
        return replayState(recording, `web-${at + 1}`, (Date.now() - startedMs) / 1_000);
      },
    });
    ports.push(port);
  }
  process.send?.(ports);
};

const askLoop = (program: ChildProcess): Promise<LoopDelay> =>
  new Promise((resolve, reject) => {
    program.once('message', (message) => resolve(message as LoopDelay));
    program.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
    program.send('loop-delay');
  });

const inWords = ({ p50Ms, p99Ms, maxMs }: LoopDelay): string =>
  `p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, most ${maxMs.toFixed(0)} ms`;

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const bench = async (count: number, commands: number): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-bench-'));
  const children: ChildProcess[] = [];
  const hostKey = newKeyPair();
  const client = newKeyPair();
  const workspace = await startWorkspace({
    commands: ['/tcpstates', '/sysctl', '/hosts'].map((name) => ({ name, description: '', usageHint: '' })),
  });
  try {
    writeFileSync(join(folder, 'id'), client.private, { mode: 0o600 });
    const servers = fork(fileURLToPath(import.meta.url), ['serve', String(count)], {
      env: { ...process.env, BENCH_HOST_KEY: hostKey.private, BENCH_CLIENT_KEY: client.public },
    });
    children.push(servers);
    const ports = await new Promise<number[]>((resolve, reject) => {
      servers.once('message', (message) => resolve(message as number[]));
      servers.once('exit', (code) => reject(new Error(`the servers ended with ${code}`)));
    });
    writeFileSync(
      join(folder, 'inventory.yml'),
      JSON.stringify({
        defaults: { user: USER, identity: 'id' },
        hosts: Object.fromEntries(
          ports.map((port, index) => [
            `web-${index + 1}`,
            { address: '127.0.0.1', port, hostKeys: hostKey.public.trim(), groups: ['web'] },
          ]),
        ),
      }),
    );
    const own = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
    const profile = process.env['BENCH_CPU_PROFILES'];
    const program = spawn(
      process.execPath,
      [
        ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
        '--import',
        own('loop-delay.js'),
        own('../src/main.js'),
      ],
      {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          BENCH_LOOP_DELAY: '1',
          SLACK_BOT_TOKEN: workspace.botToken,
          SLACK_APP_TOKEN: workspace.appToken,
          SLACK_API_URL: workspace.apiUrl,
          LOG_LEVEL: 'warn',
        },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    );
    children.push(program);
    await workspace.connected(2, 60_000);
    const ownLoop = watchLoop();
    await askLoop(program);
    ownLoop();

    const people = ['Ada', 'Grace', 'Linus', 'Margaret'].map((name) => workspace.as(name));
    const sinceMs = performance.now();
    await people[0]?.type('/tcpstates @web --all', '#incident-7');
    let late = 0;
    const acknowledgedMs: number[] = [performance.now() - sinceMs];
    // Spread over the time in which the hosts are measured, so that none meets an idle program.
    await Promise.all(
      Array.from({ length: commands }, async (_, index) => {
        await sleep(index * 50);
        const beganMs = performance.now();
        // Too late is a figure, not an end of the run.
        await people[index % 4]?.type(`/tcpstates web-${(index % count) + 1}`, '#sre').catch(() => {
          late += 1;
        });
        acknowledgedMs.push(performance.now() - beganMs);
      }),
    );
    const answer = () => workspace.messages('#incident-7').find((message) => /hosts? answered/.test(textOf(message)));
    await workspace.waitFor(() => answer() !== undefined, 'the answer about all hosts', OVER_MS);
    const wholeMs = performance.now() - sinceMs;
    const [theirs, ours] = [await askLoop(program), ownLoop()];
    const message = answer();
    const sorted = [...acknowledgedMs].sort((a, b) => a - b);
    process.stdout.write(
      `${[
        `${count} hosts in one answer, ${commands} slash commands meanwhile; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`,
        `acknowledged after p50 ${at(sorted, 0.5).toFixed(0)} ms, p99 ${at(sorted, 0.99).toFixed(0)} ms, most ${at(sorted, 1).toFixed(0)} ms; ${late} not within the 3 s`,
        `event loop of the program's main thread: ${inWords(theirs)}; of this bench, which plays Slack: ${inWords(ours)}`,
        `the answer about all of them after ${(wholeMs / 1_000).toFixed(1)} s: ${/\d[\d,]* of [\d,]+ hosts answered/.exec(message === undefined ? '' : textOf(message))?.[0] ?? 'not found'}`,
      ].join('\n')}\n`,
    );
  } finally {
    // A profile is written at the end of a program that ends by itself.
    if (process.env['BENCH_CPU_PROFILES'] !== undefined) {
      const [, program] = children;
      program?.kill('SIGTERM');
      await Promise.race([new Promise((resolve) => program?.once('exit', resolve)), sleep(20_000)]);
    }
    for (const child of children) child.kill('SIGKILL');
    await workspace.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

const [first = '1000', second = '200'] = process.argv.slice(2);
if (first === 'serve')
  await serve(Number(second), process.env['BENCH_HOST_KEY'] ?? '', process.env['BENCH_CLIENT_KEY'] ?? '');
else {
  await bench(Number(first), Number(second));
  process.exit(0);
}
