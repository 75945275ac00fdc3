/** The engine against a real OpenSSH sshd: what only it can show. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import type { Answer } from '../../src/ports/transport.js';
import { Engine, type EngineOptions } from '../../src/ssh/engine.js';
import { HostKeys } from '../../src/ssh/host-keys.js';
import { Identities } from '../../src/ssh/identities.js';
import { Opener } from '../../src/ssh/opener.js';
import { targetOf } from '../../src/ssh/target.js';
import { describeNeeding } from '../support/needs.js';
import { signalOne } from '../support/signal-one.js';
import { hostAt, type RunningSshd, Scratch, startSshd } from './sshd.js';

const script = (text: string): Script => ({ id: 'ping', text, closingLine: '@@end', expectedMs: 50 });
const PING = script('echo hello\necho @@end');

const problemOf = (answer: Answer): string => (answer.status === 'ok' ? 'ok' : answer.failure.problem);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeNeeding(['sshd'], 'the engine and OpenSSH', () => {
  let scratch: Scratch;
  let sshd: RunningSshd;
  let key: { path: string; publicLine: string };
  let encrypted: { path: string; publicLine: string };
  let stranger: { path: string; publicLine: string };
  let rsa: { path: string; publicLine: string };
  let ecdsa: { path: string; publicLine: string };
  let pkcs8: { path: string; publicLine: string };
  const engines: Engine[] = [];
  const servers: RunningSshd[] = [];

  const start = async (...args: Parameters<typeof startSshd>): Promise<RunningSshd> => {
    const server = await startSshd(...args);
    servers.push(server);
    return server;
  };
  const engineWith = (hosts: readonly Host[], options: Partial<EngineOptions> = {}): Engine => {
    const engine = new Engine({ hosts, environment: {}, random: () => 0.5, ...options });
    engines.push(engine);
    return engine;
  };
  const hostOn = (server: RunningSshd, over: Partial<Host> = {}): Host =>
    hostAt(server.port, {
      hostKeys: { kind: 'pinned', keys: server.hostKeys },
      identity: [{ kind: 'file', path: key.path }],
      ...over,
    });

  beforeAll(async () => {
    scratch = new Scratch();
    key = scratch.key();
    encrypted = scratch.key('ed25519', 'open sesame');
    stranger = scratch.key();
    rsa = scratch.key('rsa');
    ecdsa = scratch.key('ecdsa');
    pkcs8 = scratch.key('rsa', 'open sesame', 'PKCS8');
    const known = [key, encrypted, rsa, ecdsa, pkcs8].map(({ publicLine }) => publicLine);
    sshd = await startSshd(scratch, known);
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.close(0)));
    for (const server of servers.splice(0)) server.stop();
  });
  afterAll(() => {
    sshd.stop();
    scratch.remove();
  });

  test('logs in with a key, runs the script, and keeps the connection for the next', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host]);
    const first = await engine.ask(host, script('echo "one two"; echo oops >&2; echo @@end'));
    expect(first).toMatchObject({
      status: 'ok',
      transcript: { text: 'one two\n@@end', stderr: 'oops\n', exitCode: 0, warm: false },
    });
    const second = await engine.ask(host, PING);
    expect(second).toMatchObject({ status: 'ok', transcript: { text: 'hello\n@@end', warm: true, connectMs: 0 } });
    expect(engine.connections).toBe(1);
  });

  test('the session that comes with the login is the first question`s; who gives up leaves it to the next', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host]);
    const before = sshd.log().length;
    const gone = new AbortController();
    const first = engine.ask(host, PING, { signal: gone.signal });
    const second = engine.ask(host, PING);
    gone.abort();
    expect(problemOf(await first)).toBe('cancelled');
    expect(problemOf(await second)).toBe('ok');
    expect(
      sshd
        .log()
        .slice(before)
        .match(/Starting session: command/g),
    ).toHaveLength(1);
  });

  test('a session that came with the login and that nobody asks for is ended', async () => {
    const host = hostOn(sshd);
    const opener = new Opener({
      hostKeys: new HostKeys(),
      identities: new Identities({}),
      lease: () => Promise.reject(new Error('there is no jump host')),
      random: Math.random,
    });
    const before = sshd.log().length;
    const log = (): string => sshd.log().slice(before);
    const { signal } = new AbortController();
    const target = targetOf(host, 'read', new Map());
    const connection = await opener.open(target, { phase: 'connecting' }, signal, { first: 'sh -s' });
    try {
      for (let tries = 0; tries < 200 && !/Close session/.test(log()); tries += 1) await later(50);
      expect(log()).toMatch(/Starting session: command[\s\S]*Close session/);
      expect(connection.closed).toBe(false);
    } finally {
      connection.destroy();
      opener.stop();
    }
  });

  test('two who ask at once share one handshake', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host]);
    const before = sshd.log().split('Accepted publickey').length;
    const answers = await Promise.all(Array.from({ length: 5 }, () => engine.ask(host, PING)));
    expect(answers.map(problemOf)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(sshd.log().split('Accepted publickey').length - before).toBe(1);
  });

  test.each([
    ['an encrypted key', () => encrypted.path, 'PASS'],
    ['an RSA key, signed with SHA-2', () => rsa.path, undefined],
    ['an ECDSA key', () => ecdsa.path, undefined],
    ['an encrypted PKCS#8 key', () => pkcs8.path, 'PASS'],
  ])('logs in with %s', async (_title, path, passphraseEnv) => {
    const host = hostOn(sshd, {
      identity: [{ kind: 'file', path: path(), ...(passphraseEnv === undefined ? {} : { passphraseEnv }) }],
    });
    const engine = engineWith([host], { environment: { PASS: 'open sesame' } });
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
  });

  test('of several keys the one that is let in is found, in one login and with one signature for each', async () => {
    const host = hostOn(sshd, {
      identity: [stranger, rsa, key].map(({ path }) => ({ kind: 'file' as const, path })),
    });
    const before = sshd.log().length;
    expect(problemOf(await engineWith([host]).ask(host, PING))).toBe('ok');
    const log = sshd.log().slice(before);
    expect(log.match(/Connection from/g)).toHaveLength(1);
    expect(log).toMatch(/Failed publickey.*ED25519/);
    expect(log).toMatch(/Accepted publickey.*RSA/);
  });

  test('logs in with an ssh-agent', async () => {
    const socket = `${scratch.path}/agent.sock`;
    const out = execFileSync('ssh-agent', ['-a', socket, '-s'], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(out)?.[1]);
    try {
      execFileSync('ssh-add', ['-q', rsa.path], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
      const host = hostOn(sshd, { identity: [{ kind: 'agent', socket }] });
      expect(problemOf(await engineWith([host]).ask(host, PING))).toBe('ok');
    } finally {
      signalOne(pid, 'SIGTERM');
    }
  });

  test.each([
    ['a wrong passphrase', 'WRONG', /wrong passphrase/],
    ['no passphrase variable', undefined, /encrypted/],
    ['an unset passphrase variable', 'UNSET', /UNSET/],
  ])('%s is named, without a secret', async (_title, passphraseEnv, message) => {
    const host = hostOn(sshd, {
      identity: [{ kind: 'file', path: encrypted.path, ...(passphraseEnv === undefined ? {} : { passphraseEnv }) }],
    });
    const answer = await engineWith([host], { environment: { WRONG: 'canary-secret' } }).ask(host, PING);
    expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'identity-unreadable' } });
    if (answer.status === 'failed') expect(answer.failure.message).toMatch(message);
    expect(JSON.stringify(answer)).not.toContain('canary-secret');
  });

  test('a key that is not let in: what was offered is named, and it is not tried again', async () => {
    const host = hostOn(sshd, { identity: [{ kind: 'file', path: stranger.path }] });
    const before = sshd.log().split('Connection from').length;
    const answer = await engineWith([host]).ask(host, PING);
    expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'authentication-refused' } });
    if (answer.status === 'failed') expect(answer.failure.offered?.[0]).toMatch(/key-\d+ \(SHA256:/);
    await later(100);
    expect(sshd.log().split('Connection from').length - before).toBe(1);
  });

  test('a changed host key: both fingerprints, no login, one try', async () => {
    const pinned = scratch.key().publicLine;
    const host = hostOn(sshd, { hostKeys: { kind: 'pinned', keys: [pinned] } });
    const answer = await engineWith([host]).ask(host, PING);
    const presented = execFileSync('ssh-keygen', ['-lf', '-'], {
      input: sshd.hostKeys[0] ?? '',
      encoding: 'utf8',
    }).split(' ')[1];
    const expected = execFileSync('ssh-keygen', ['-lf', '-'], { input: pinned, encoding: 'utf8' }).split(' ')[1];
    expect(answer).toMatchObject({
      status: 'failed',
      failure: { problem: 'host-key-changed', fingerprints: { expected: [expected], presented } },
    });
  });

  test('known_hosts: hashed, revoked, certificate authority only, missing', async () => {
    const ask = async (text: string | undefined): Promise<Answer> => {
      const path = text === undefined ? `${scratch.path}/none` : scratch.file('known_hosts', text);
      const host = hostOn(sshd, { hostKeys: { kind: 'known-hosts', path } });
      return engineWith([host]).ask(host, PING);
    };
    const line = sshd.hostKeys[0] ?? '';
    scratch.file('to-hash', `[127.0.0.1]:${sshd.port} ${line}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', `${scratch.path}/to-hash`], { stdio: 'ignore' });
    expect(problemOf(await ask(readFileSync(`${scratch.path}/to-hash`, 'utf8')))).toBe('ok');
    expect(problemOf(await ask(`* ${line}\n@revoked * ${line}\n`))).toBe('host-key-revoked');
    const authority = await ask(`@cert-authority * ${line}\n`);
    expect(problemOf(authority)).toBe('host-key-unknown');
    if (authority.status === 'failed') expect(authority.failure.message).toMatch(/@cert-authority/);
    expect(problemOf(await ask(''))).toBe('host-key-unknown');
    expect(problemOf(await ask(undefined))).toBe('host-key-unknown');
  });

  test('asks for the pinned type of key where the server has several', async () => {
    const keys = [scratch.key('ed25519'), scratch.key('ecdsa'), scratch.key('rsa')];
    const server = await start(scratch, [key.publicLine], { hostKeys: keys });
    for (const { publicLine } of keys) {
      const host = hostOn(server, { hostKeys: { kind: 'pinned', keys: [publicLine] } });
      expect(problemOf(await engineWith([host]).ask(host, PING))).toBe('ok');
    }
    const scanned = await engineWith([]).scan(hostOn(server, { hostKeys: { kind: 'pinned', keys: [] } }));
    const lines = keys.map(({ publicLine }) => publicLine.split(' ').slice(0, 2).join(' '));
    expect('keys' in scanned && scanned.keys.map(({ line }) => line)).toEqual(lines);
    expect(server.log()).not.toMatch(/Invalid user|Failed publickey/);
  });

  test('a key that is unpinned while the connection is warm ends the connection', async () => {
    const line = sshd.hostKeys[0] ?? '';
    const path = scratch.file('moving', `* ${line}\n`);
    const host = hostOn(sshd, { hostKeys: { kind: 'known-hosts', path } });
    const engine = engineWith([host]);
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    scratch.file('moving', `@revoked * ${line}\n`);
    await later(2_100);
    expect(problemOf(await engine.ask(host, PING))).toBe('host-key-revoked');
  });

  test('through two jump hosts, each verified; one connection to a jump host serves many', async () => {
    const outer = await start(scratch, [key.publicLine]);
    const inner = await start(scratch, [key.publicLine]);
    const hops = [hostOn(outer, { name: 'edge' }), hostOn(inner, { name: 'bastion' })];
    const targets = [1, 2, 3].map((n) =>
      hostOn(sshd, { name: `db-${n}`, jump: ['edge', 'bastion'], address: `127.0.0.1` }),
    );
    const different = targets.map((host, n) => ({
      ...host,
      hostKeys: { kind: 'pinned' as const, keys: [...sshd.hostKeys, ...Array(n).fill('')] },
    }));
    const engine = engineWith([...hops, ...different]);
    const answers = await Promise.all(different.map((host) => engine.ask(host, PING)));
    expect(answers.map(problemOf)).toEqual(['ok', 'ok', 'ok']);
    expect(outer.log().split('Accepted publickey').length - 1).toBe(1);
    expect(inner.log().split('Accepted publickey').length - 1).toBe(1);

    const wrongInner = { ...hops[1], hostKeys: { kind: 'pinned', keys: [stranger.publicLine] } } as Host;
    const target = { ...hostOn(sshd), jump: ['edge', 'bastion'] };
    const failed = await engineWith([hops[0] as Host, wrongInner, target]).ask(target, PING);
    expect(failed).toMatchObject({ failure: { problem: 'jump-failed', via: 'bastion', fingerprints: {} } });
    const wrongTarget = { ...target, hostKeys: { kind: 'pinned', keys: [stranger.publicLine] } } as Host;
    expect(problemOf(await engineWith([...hops, wrongTarget]).ask(wrongTarget, PING))).toBe('host-key-changed');
  });

  test('what a jump host says about the host behind it', async () => {
    const closed = await start(scratch, [key.publicLine]);
    const port = closed.port;
    closed.stop();
    await later(100);
    const jump = hostOn(sshd, { name: 'edge' });
    const target = hostOn({ ...sshd, port }, { jump: ['edge'] });
    expect(await engineWith([jump, target]).ask(target, PING)).toMatchObject({
      failure: { problem: 'refused', via: 'edge' },
    });
    const forbidding = await start(scratch, [key.publicLine], { options: ['AllowTcpForwarding no'] });
    const edge = hostOn(forbidding, { name: 'edge' });
    expect(await engineWith([edge, target]).ask(target, PING)).toMatchObject({
      failure: { problem: 'jump-failed', via: 'edge' },
    });
    const unknown = { ...target, jump: ['nowhere'] };
    expect(await engineWith([unknown]).ask(unknown, PING)).toMatchObject({
      failure: { problem: 'jump-failed', via: 'nowhere' },
    });
    const loop = { ...target, jump: ['edge'] };
    const back = { ...jump, jump: ['web-1'] };
    expect(await engineWith([loop, back]).ask(loop, PING)).toMatchObject({ failure: { problem: 'jump-failed' } });
  });

  test('MaxSessions 1: they wait for one another on one connection', async () => {
    const server = await start(scratch, [key.publicLine], { options: ['MaxSessions 1'] });
    const host = hostOn(server);
    const engine = engineWith([host]);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => engine.ask(host, script('sleep 0.1; echo @@end'))),
    );
    expect(answers.map(problemOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(server.log().split('Accepted publickey').length - 1).toBe(1);
  });

  test('MaxSessions 0: a clear word', async () => {
    const server = await start(scratch, [key.publicLine], { options: ['MaxSessions 0'] });
    expect(problemOf(await engineWith([]).ask(hostOn(server), PING))).toBe('channel-refused');
  });

  test('MaxStartups that drops at random: tried again, with jitter, until in', async () => {
    const server = await start(scratch, [key.publicLine], { options: ['MaxStartups 1:60:8'] });
    const hosts = Array.from({ length: 4 }, (_, n) =>
      hostOn(server, {
        name: `h-${n}`,
        hostKeys: { kind: 'pinned', keys: [...server.hostKeys, ...Array(n).fill('')] },
      }),
    );
    const engine = engineWith(hosts, { random: Math.random });
    const answers = await Promise.all(hosts.map((host) => engine.ask(host, PING)));
    const problems = answers.map(problemOf);
    expect(problems.filter((problem) => problem !== 'ok' && problem !== 'dropped-before-login')).toEqual([]);
    expect(problems).toContain('ok');
  });

  test('frozen: ends within its limit, and says where it hung; so does a frozen warm connection', async () => {
    const server = await start(scratch, [key.publicLine]);
    const host = hostOn(server, { limits: { connectTimeoutMs: 500, totalTimeoutMs: 1_000, outputBytesMax: 10_000 } });
    signalOne(server.pid, 'SIGSTOP');
    const startedMs = performance.now();
    expect(problemOf(await engineWith([host]).ask(host, PING))).toBe('login-timed-out');
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    signalOne(server.pid, 'SIGCONT');
  });

  test('a warm connection that is silently dead is left for a fresh one, within the limit', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host]);
    const first = await engine.ask(host, script('echo "pid $PPID"; echo @@end'));
    const pid = first.status === 'ok' ? Number(/^pid (\d+)$/m.exec(first.transcript.text)?.[1]) : 0;
    expect(pid).toBeGreaterThan(1);
    // The sshd of this one connection: its TCP side still acknowledges, and nobody answers.
    signalOne(pid, 'SIGSTOP');
    try {
      expect(await engine.ask(host, PING)).toMatchObject({ status: 'ok', transcript: { warm: false } });
    } finally {
      signalOne(pid, 'SIGCONT');
    }
    expect(await engine.ask(host, PING)).toMatchObject({ status: 'ok', transcript: { warm: true } });
  });

  test('beyond connectionsMax the one that was idle longest goes', async () => {
    const hosts = [0, 1, 2].map((n) =>
      hostOn(sshd, {
        name: `h-${n}`,
        hostKeys: { kind: 'pinned', keys: [...sshd.hostKeys, ...Array(n).fill('')] },
      }),
    );
    const engine = engineWith(hosts, { pool: { connectionsMax: 2 } });
    for (const host of hosts) expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    for (let tries = 0; tries < 100 && engine.connections > 2; tries += 1) await later(20);
    expect(engine.connections).toBe(2);
    const [first, second] = hosts;
    if (first === undefined || second === undefined) throw new Error('no hosts');
    expect(await engine.ask(second, PING)).toMatchObject({ transcript: { warm: true } });
    expect(await engine.ask(first, PING)).toMatchObject({ transcript: { warm: false } });
  });

  test('a warm connection that was cut is replaced by a fresh one', async () => {
    const server = await start(scratch, [key.publicLine]);
    const host = hostOn(server);
    const engine = engineWith([host]);
    expect(problemOf(await engine.ask(host, script('echo $PPID; echo @@end')))).toBe('ok');
    const answer = await engine.ask(host, script('kill -9 $PPID; sleep 5; echo @@end'));
    expect(['dropped', 'ok']).toContain(problemOf(answer));
    expect(await engine.ask(host, PING)).toMatchObject({ status: 'ok' });
  });

  test.each([
    ['huge', 'while :; do echo 0123456789012345678901234567890123456789; done', 'too-much-output'],
    ['endless on standard error', 'while :; do echo 01234567890123456789 >&2; done', 'too-much-output'],
    ['silent', 'sleep 60', 'no-answer'],
    ['slow', 'while :; do echo tick; sleep 0.1; done', 'wall-clock'],
    ['without its closing line', 'echo "@@state"; exit 0', 'cut-off'],
    ['with the closing line in the middle only', 'echo @@end; echo more; exit 0', 'cut-off'],
    ['with a closing line that is part of another', 'printf "x@@end\\n"; exit 0', 'cut-off'],
    ['killed', 'echo begun; kill -9 $$', 'cut-off'],
  ])('an answer that is %s', async (_title, text, problem) => {
    const host = hostOn(sshd, { limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 2_000, outputBytesMax: 100_000 } });
    const engine = engineWith([host]);
    expect(problemOf(await engine.ask(host, script(text)))).toBe(problem);
    // The connection still serves the next question.
    expect(await engine.ask(host, PING)).toMatchObject({ status: 'ok', transcript: { warm: true } });
  });

  test('binary answers become valid text', async () => {
    const host = hostOn(sshd);
    const answer = await engineWith([host]).ask(host, script(String.raw`printf '\377\376\000ok\n'; echo @@end`));
    expect(answer.status === 'ok' && answer.transcript.text).toBe('\uFFFD\uFFFD\0ok\n@@end');
  });

  test('what was abandoned ends with its next word', async () => {
    // A signal is passed on only where sshd has privileges over the account; everywhere a closed session has no reader.
    const host = hostOn(sshd, { limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 1_000, outputBytesMax: 10_000 } });
    const path = scratch.file('alive', '');
    const text = `while :; do echo $$ >${path}; echo tick; sleep 0.05; done`;
    expect(problemOf(await engineWith([host]).ask(host, script(text)))).toBe('wall-clock');
    const pid = Number(readFileSync(path, 'utf8'));
    expect(pid).toBeGreaterThan(1);
    const runs = (): boolean => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    };
    for (let tries = 0; tries < 100 && runs(); tries += 1) await later(25);
    expect(runs()).toBe(false);
  });

  test('cancelling ends the ask at once, and only that one', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host]);
    const cancel = new AbortController();
    const cancelled = engine.ask(host, script('sleep 30; echo @@end'), { signal: cancel.signal });
    const other = engine.ask(host, script('sleep 0.3; echo @@end'));
    await later(200);
    cancel.abort();
    expect(problemOf(await cancelled)).toBe('cancelled');
    expect(problemOf(await other)).toBe('ok');
    expect(problemOf(await engine.ask(host, PING, { signal: AbortSignal.abort() }))).toBe('cancelled');
  });

  test('an account without a shell', async () => {
    const server = await start(scratch, [`command="/usr/sbin/nologin" ${key.publicLine}`]);
    expect(problemOf(await engineWith([]).ask(hostOn(server), PING))).toBe('no-shell');
  });

  test('idle connections expire; a changed inventory closes what is gone', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host], { pool: { idleMs: 100 } });
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    expect(engine.connections).toBe(1);
    await later(400);
    expect(engine.connections).toBe(0);
    const unkept = engineWith([host], { pool: { idleMs: 0 } });
    expect(problemOf(await unkept.ask(host, PING))).toBe('ok');
    await later(100);
    expect(unkept.connections).toBe(0);
    const kept = engineWith([host]);
    await kept.ask(host, PING);
    kept.inventoryChanged([{ ...host, note: 'same way' }]);
    await later(50);
    expect(kept.connections).toBe(1);
    kept.inventoryChanged([]);
    await later(200);
    expect(kept.connections).toBe(0);
  });

  test('closing: what is under way is told, and nothing new is begun', async () => {
    const host = hostOn(sshd);
    const engine = engineWith([host]);
    const asked = engine.ask(host, script('sleep 30; echo @@end'));
    await later(300);
    await engine.close(50);
    expect(problemOf(await asked)).toBe('shutting-down');
    expect(problemOf(await engine.ask(host, PING))).toBe('shutting-down');
  });

  test('check: every step, with times and the fingerprint', async () => {
    const host = hostOn(sshd);
    const report = await engineWith([host]).check(host);
    expect(report.failure).toBeUndefined();
    expect(report.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'name ok',
      'connect ok',
      'host key ok',
      'login ok',
      'shell ok',
      'tools ok',
    ]);
    expect(report.steps[2]?.detail).toMatch(/^SHA256:/);
  });

  test.each([
    ['name', { address: 'no-such-host.invalid' }, 'name-not-resolved'],
    ['connect', { port: 1 }, 'refused'],
    ['host key', { hostKeys: { kind: 'pinned', keys: [] } }, 'host-key-unknown'],
    ['login', { identity: 'stranger' }, 'authentication-refused'],
  ])('check: a failing %s step', async (step, over, problem) => {
    const identity = 'identity' in over ? { identity: [{ kind: 'file', path: stranger.path }] } : {};
    const host = { ...hostOn(sshd), ...over, ...identity } as Host;
    const report = await engineWith([host]).check(host);
    expect(report.failure?.problem).toBe(problem);
    expect(report.steps.find(({ status }) => status === 'failed')?.name).toBe(step);
    expect(report.steps).toHaveLength(6);
  });

  test('the gate: its request is the forced command`s original command; an answer without end is an unknown outcome', async () => {
    const gate = scratch.file(
      'gate.sh',
      `#!/bin/sh\ncase $SSH_ORIGINAL_COMMAND in\n"status abc") echo state=applied; echo "asked=$SSH_ORIGINAL_COMMAND"; echo end=ok ;;\n"set half") echo state=app; exit 1 ;;\n"set hang") sleep 20 ;;\nprobe) echo data; echo @@end ;;\nversion) echo proto=1; echo end=ok ;;\n*) echo end=bad-request ;;\nesac\n`,
      0o755,
    );
    const server = await start(scratch, [`restrict,command="${gate}" ${key.publicLine}`]);
    const change = { user: hostOn(server).user, identity: [{ kind: 'file' as const, path: key.path }] };
    const host = hostOn(server, { change, access: 'gate' });
    const engine = engineWith([host]);
    expect(await engine.gate(host, 'status abc')).toEqual({
      status: 'answered',
      answer: { fields: { state: 'applied', asked: 'status abc' }, end: 'ok' },
    });
    expect(await engine.gate(host, 'nonsense')).toEqual({
      status: 'answered',
      answer: { fields: {}, end: 'bad-request' },
    });
    expect(await engine.gate(host, 'set half')).toEqual({ status: 'answered', answer: { fields: { state: 'app' } } });
    expect(await engine.gate(host, 'set hang', { timeoutMs: 700 })).toEqual({
      status: 'answered',
      answer: { fields: {} },
    });
    expect(problemOf(await engine.ask(host, { ...PING, id: 'state' }))).toBe('ok');
    expect(problemOf(await engine.ask(host, { ...PING, id: 'ping' }))).toBe('ok');
    expect(await engine.gate(hostOn(server), 'status abc')).toMatchObject({ status: 'failed' });
    expect(await engine.gate(host, 'a\nb')).toMatchObject({ status: 'failed' });
    const report = await engine.check(host);
    expect(report.failure).toBeUndefined();
  });

  const until = async (holds: () => boolean): Promise<void> => {
    for (let waited = 0; waited < 200 && !holds(); waited += 1) await later(50);
    expect(holds()).toBe(true);
  };

  test('who measured a host gets to its gate also when it takes no new connection any more', async () => {
    const server = await start(scratch, [key.publicLine, `restrict,command="echo end=ok" ${stranger.publicLine}`]);
    const change = { user: hostOn(server).user, identity: [{ kind: 'file' as const, path: stranger.path }] };
    const host = hostOn(server, { change });
    const engine = engineWith([host]);
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    await until(() => engine.connections === 2);
    signalOne(server.pid, 'SIGKILL');
    expect(problemOf(await engineWith([host]).ask(host, PING))).toBe('refused');
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    expect(await engine.gate(host, 'status abc')).toMatchObject({ status: 'answered', answer: { end: 'ok' } });
  });

  test('a change account that can`t log in is not tried with every measurement; a new inventory is tried again', async () => {
    const server = await start(scratch, [key.publicLine]);
    const change = { user: hostOn(server).user, identity: [{ kind: 'file' as const, path: stranger.path }] };
    const host = hostOn(server, { change });
    const engine = engineWith([host]);
    const refused = (): number => server.log().split('Connection closed by authenticating user').length - 1;
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    await until(() => refused() === 1);
    for (let n = 0; n < 5; n += 1) expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    expect(engine.connections).toBe(1);
    engine.inventoryChanged([host]);
    expect(problemOf(await engine.ask(host, PING))).toBe('ok');
    await until(() => refused() === 2);
  });

  test('a second login costs nobody the first: a full pool keeps none in reserve', async () => {
    const change = { user: hostOn(sshd).user, identity: [{ kind: 'file' as const, path: rsa.path }] };
    const hosts = [0, 1].map((n) =>
      hostOn(sshd, {
        name: `h-${n}`,
        change,
        hostKeys: { kind: 'pinned', keys: [...sshd.hostKeys, ...Array(n).fill('')] },
      }),
    );
    const engine = engineWith(hosts, { pool: { connectionsMax: 2 } });
    const [one, two] = hosts as [Host, Host];
    expect(problemOf(await engine.ask(one, PING))).toBe('ok');
    await until(() => engine.connections === 2);
    expect(problemOf(await engine.ask(two, PING))).toBe('ok');
    for (let n = 0; n < 5; n += 1) {
      await later(20);
      expect(engine.connections).toBeLessThanOrEqual(2);
    }
    expect(await engine.ask(two, PING)).toMatchObject({ transcript: { warm: true } });
  });
});
