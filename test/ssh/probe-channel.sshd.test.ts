/** The session that stays open, in real shells behind a real sshd. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import type { Answer } from '../../src/ports/transport.js';
import { Engine } from '../../src/ssh/engine.js';
import { describeNeeding } from '../support/needs.js';
import { signalOne } from '../support/signal-one.js';
import { hostAt, type RunningSshd, Scratch, startSshd } from './sshd.js';

// A session that gives no answer is waited for, seconds long.
jest.setTimeout(30_000);

const script = (text: string, over: Partial<Script> = {}): Script => ({
  id: 'state',
  text,
  closingLine: '@@end',
  expectedMs: 50,
  ...over,
});
const KEPT = { keepOpen: true };
const textOf = (answer: Answer): string => (answer.status === 'ok' ? answer.transcript.text : answer.failure.problem);
const pidOf = (answer: Answer): number => Number(/^pid (\d+)$/m.exec(textOf(answer))?.[1]);
const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const ended = async (pid: number): Promise<boolean> => {
  for (let tries = 0; tries < 200 && runs(pid); tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  return !runs(pid);
};
/** what identifies the shell: in a subshell too `$$` is the shell's own number */
const PID = script('echo "pid $$"; echo @@end');

describeNeeding(['sshd'], 'a session that is kept open', () => {
  let scratch: Scratch;
  let key: { path: string; publicLine: string };
  const engines: Engine[] = [];
  const servers: RunningSshd[] = [];

  const serverWith = async (shell: string | undefined, options: readonly string[] = []): Promise<Host> => {
    const line = shell === undefined ? key.publicLine : `command="${shell}" ${key.publicLine}`;
    const server = await startSshd(scratch, [line], { options });
    servers.push(server);
    return hostAt(server.port, {
      hostKeys: { kind: 'pinned', keys: server.hostKeys },
      identity: [{ kind: 'file', path: key.path }],
    });
  };
  const engineFor = (host: Host): Engine => {
    const engine = new Engine({ hosts: [host], environment: {} });
    engines.push(engine);
    return engine;
  };

  beforeAll(() => {
    scratch = new Scratch();
    key = scratch.key();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.close(0)));
    for (const server of servers.splice(0)) server.stop();
  });
  afterAll(() => scratch.remove());

  test('the same shell answers again, and what it says is what a new session would', async () => {
    const host = await serverWith(undefined);
    const engine = engineFor(host);
    const text = 'echo "one two"; echo oops >&2; x=$((x + 1)); echo "x=$x"; echo @@end; exit 3';
    const plain = await engine.ask(host, script(text));
    for (let n = 0; n < 3; n += 1) {
      const kept = await engine.ask(host, script(text), KEPT);
      if (plain.status !== 'ok' || kept.status !== 'ok') throw new Error(textOf(kept));
      const { text: said, stderr, exitCode } = plain.transcript;
      expect(kept.transcript).toMatchObject({ text: said, stderr, exitCode, warm: true });
    }
    const pids = [await engine.ask(host, PID, KEPT), await engine.ask(host, PID, KEPT), await engine.ask(host, PID)];
    expect(pidOf(pids[0] as Answer)).toBe(pidOf(pids[1] as Answer));
    expect(pidOf(pids[0] as Answer)).not.toBe(pidOf(pids[2] as Answer));
  });

  test.each([
    ['dash', 'dash -s'],
    ['busybox ash', 'busybox sh -s'],
    ['bash', 'bash -s'],
    ['mksh', 'mksh -s'],
  ])('%s: answers in subshell and in itself; ends with the connection, cut or closed', async (_name, shell) => {
    const host = await serverWith(shell);
    const engine = engineFor(host);
    const builtins = script(
      'answer=\nwhile read -r l; do answer="$answer/proc/net/sockstat:$l\n"; done </proc/net/sockstat\nanswer="${answer}pid $$\n@@end"',
      { builtinsOnly: true },
    );
    const first = await engine.ask(host, builtins, KEPT);
    expect(textOf(first)).toMatch(/^\/proc\/net\/sockstat:TCP: inuse \d+/m);
    expect(pidOf(await engine.ask(host, builtins, KEPT))).toBe(pidOf(first));
    // Another script takes the place of the first, whose shell ends.
    const second = await engine.ask(host, PID, KEPT);
    expect(pidOf(second)).not.toBe(pidOf(first));
    expect(await ended(pidOf(first))).toBe(true);
    await engine.close(0);
    expect(await ended(pidOf(second))).toBe(true);

    const other = engineFor(host);
    const parent = script('echo "pid $$"; echo "parent $PPID"; echo @@end');
    const third = await other.ask(host, parent, KEPT);
    signalOne(Number(/parent (\d+)/.exec(textOf(third))?.[1]), 'SIGKILL');
    expect(await ended(pidOf(third))).toBe(true);
    // The next question finds a new connection.
    expect(pidOf(await other.ask(host, parent, KEPT))).toBeGreaterThan(1);
  });

  test('a shell that ended is replaced; two at once do not wait for one another', async () => {
    const host = await serverWith(undefined);
    const engine = engineFor(host);
    const first = pidOf(await engine.ask(host, PID, KEPT));
    signalOne(first, 'SIGKILL');
    expect(await ended(first)).toBe(true);
    expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
    const slow = script('sleep 0.3; echo "pid $$"; echo @@end');
    const both = await Promise.all([engine.ask(host, slow, KEPT), engine.ask(host, slow, KEPT)]);
    expect(new Set(both.map(pidOf)).size).toBe(2);
  });

  test('too much, cut off, too late: told, and the next answer is not mixed with the last', async () => {
    const host = {
      ...(await serverWith(undefined)),
      limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 2_500, outputBytesMax: 5_000 },
    };
    const engine = engineFor(host);
    expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
    expect(textOf(await engine.ask(host, script('while :; do echo 0123456789; done'), KEPT))).toBe('too-much-output');
    expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
    expect(textOf(await engine.ask(host, script('echo half'), KEPT))).toBe('cut-off');
    expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
    const hangs = script('echo "@@asked 1 0"; sleep 20; echo @@end');
    expect(['no-answer', 'wall-clock', 'cut-off']).toContain(textOf(await engine.ask(host, hangs, KEPT)));
    expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
  });

  test('frozen under a kept session: dropped, and asked once more over a new connection', async () => {
    const host = await serverWith(undefined);
    const engine = engineFor(host);
    const first = await engine.ask(host, script('echo "pid $$"; echo @@end'), KEPT);
    signalOne(pidOf(first), 'SIGSTOP');
    const again = await engine.ask(host, script('echo "pid $$"; echo @@end'), KEPT);
    expect(pidOf(again)).not.toBe(pidOf(first));
    expect(pidOf(again)).toBeGreaterThan(1);
    signalOne(pidOf(first), 'SIGCONT');
    expect(await ended(pidOf(first))).toBe(true);
  });

  test('a login shell that never reads a loop is asked the ordinary way', async () => {
    // It runs what it is given once its input is at an end, or says exit: a loop that waits for questions never begins.
    const shell = scratch.file(
      'whole-first',
      '#!/bin/sh\nbuffer=$(while IFS= read -r l; do printf "%s\\n" "$l"; [ "$l" = exit ] && break; done)\nexec sh -c "$buffer"\n',
      0o755,
    );
    const host = {
      ...(await serverWith(shell)),
      limits: { connectTimeoutMs: 1_000, totalTimeoutMs: 4_000, outputBytesMax: 5_000 },
    };
    const engine = engineFor(host);
    for (let round = 0; round < 2; round += 1) expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
  });

  test('closed: the shell ends, the connection stays', async () => {
    const host = await serverWith(undefined);
    const engine = engineFor(host);
    const first = pidOf(await engine.ask(host, PID, KEPT));
    engine.closeKept(host);
    expect(await ended(first)).toBe(true);
    expect(engine.connections).toBe(1);
    engine.closeKept(host);
    const plain = await engine.ask(host, PID);
    expect(plain.status === 'ok' && plain.transcript.warm).toBe(true);
  });

  test('where only one session is allowed it gives way', async () => {
    const host = await serverWith(undefined, ['MaxSessions 1']);
    const engine = engineFor(host);
    const first = pidOf(await engine.ask(host, PID, KEPT));
    expect(pidOf(await engine.ask(host, script('echo "pid $$"; echo other; echo @@end')))).not.toBe(first);
    expect(pidOf(await engine.ask(host, PID, KEPT))).toBeGreaterThan(1);
  });
});
