/**
 * The gate dies by SIGKILL at every point between its durable steps, on a real kernel: nothing is lost, nothing happens twice,
 * and no value that nobody confirmed outlives the window by more than two seconds.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Box } from '../host/support/box.js';
import { crashPoints, type Outcome, shells, testGate } from '../host/support/test-gate.js';
import { describeNeeding } from '../support/needs.js';
import { signalOne } from '../support/signal-one.js';

const keys = ['net.ipv4.ip_local_reserved_ports', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_fin_timeout'];
const before = ['', '32768 60999', '60'];
const after = ['8080', '10240 65535', '30'];
const entries = `${keys[0]}:none:8080 ${keys[1]}:32768_60999:10240_65535 ${keys[2]}:60:30`;

/** `name` or `name@visit` */
const during = {
  set: [
    'set-before-marker',
    'set-before-audit',
    'set-before-record',
    'save-before-rename',
    'set-before-arm',
    'set-before-apply',
    'set-after-write',
    'set-after-write@2',
    'set-after-write@3',
    'set-before-applied',
    'save-before-rename@2',
    'set-before-reply',
  ],
  confirm: [
    'confirm-before-commit',
    'save-before-rename',
    'confirm-after-commit',
    'persist-before-rename',
    'confirm-after-persist',
    'save-before-rename@2',
    'confirm-before-reply',
  ],
  revert: [
    'undo-before-write',
    'undo-after-write',
    'undo-before-write@2',
    'undo-after-write@2',
    'undo-before-write@3',
    'undo-after-write@3',
    'save-before-rename',
    'revert-before-reply',
  ],
} as const;
type Verb = keyof typeof during;

jest.setTimeout(900_000);

const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const figures = { points: 0, kills: 0, histories: 0, violations: 0 };

/** A gate of its own in a network of its own. */
class Machine {
  readonly root = mkdtempSync(join(base, 'gate-crash-'));
  readonly kills = join(this.root, 'kills');
  readonly gate = join(this.root, 'usr/local/libexec/tcpstates/gate');
  #next = 0;
  id = '';

  constructor(
    readonly box: Box,
    shell: string,
  ) {
    for (const folder of ['kills', 'usr/local/libexec/tcpstates', 'etc/sysctl.d', 'run', 'var/lib'])
      mkdirSync(join(this.root, folder), { recursive: true });
    writeFileSync(this.gate, testGate(shell, { ROOT: this.root, TTL_MIN: '1' }, this.kills));
    chmodSync(this.gate, 0o755);
  }
  /** Values as before, no record, no timer. */
  async fresh(): Promise<void> {
    this.box.endProcesses();
    for (const path of ['kills', 'var/lib/tcpstates-gate', 'etc/sysctl.d/90-tcpstates.conf'])
      rmSync(join(this.root, path), { recursive: true, force: true });
    mkdirSync(this.kills);
    await this.box.must(
      keys.map((key, index) => `printf '%s\\n' '${before[index]}' >/proc/sys/${key.replaceAll('.', '/')}`).join('\n'),
    );
    this.#next += 1;
    this.id = `crash${String(this.#next).padStart(5, '0')}`;
    figures.histories += 1;
  }
  /** The next call dies at this point. */
  arm(point: string): void {
    const [name = '', visit = '1'] = point.split('@');
    writeFileSync(join(this.kills, name), visit);
  }
  /** How often it really died; a point that wasn't reached is disarmed. */
  died(): number {
    const done = join(this.kills, '.done');
    const count = existsSync(done) ? readFileSync(done, 'utf8').trim().split('\n').length : 0;
    return count;
  }
  disarm(): void {
    for (const point of crashPoints()) rmSync(join(this.kills, point), { force: true });
  }
  async set(ttl: number, mode = 'persistent'): Promise<Outcome> {
    return this.box.run(this.gate, [], `set ${this.id} ${ttl} ${soon()} ${mode} ${entries}\n`);
  }
  ask(verb: 'confirm' | 'revert' | 'status'): Promise<Outcome> {
    return this.box.run(this.gate, [], `${verb} ${this.id}\n`);
  }
  reap(): Promise<Outcome> {
    return this.box.run(this.gate, ['reap']);
  }
  async call(verb: Verb, ttl: number): Promise<Outcome> {
    return verb === 'set' ? this.set(ttl) : this.ask(verb);
  }
  async values(): Promise<string[]> {
    const text = await this.box.must(keys.map((key) => `cat /proc/sys/${key.replaceAll('.', '/')}`).join('; '));
    return text
      .split('\n')
      .slice(0, 3)
      .map((line) => line.replace(/\s+/g, ' '));
  }
  /** When the window of the record ends, in the host's uptime; undefined without a record. */
  get deadline(): number | undefined {
    const path = join(this.root, 'var/lib/tcpstates-gate/c', this.id);
    const found = existsSync(path) ? /^deadline=(\d+)$/m.exec(readFileSync(path, 'utf8')) : null;
    return found === null ? undefined : Number(found[1]);
  }
  get file(): string {
    const path = join(this.root, 'etc/sysctl.d/90-tcpstates.conf');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const uptime = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
/** a not-after that is well in time */
const soon = (): string =>
  `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)}.${Math.floor(uptime()) + 200}`;

describeNeeding(['linux', 'root', 'netns'], 'the gate, killed', () => {
  const machines: Machine[] = [];
  const failures: string[] = [];

  beforeAll(async () => {
    const kinds = Object.values(shells);
    for (let index = 0; index < 6; index += 1)
      machines.push(new Machine(await Box.start(false), kinds[index % kinds.length] ?? '/bin/sh'));
  });
  afterAll(async () => {
    for (const machine of machines) {
      await machine.box.end();
      machine.remove();
    }
    process.stderr.write(`gate, killed: ${JSON.stringify(figures)}\n`);
  });

  const violation = (what: string): void => {
    figures.violations += 1;
    failures.push(what);
  };
  /** Shares the histories out to the machines. */
  const each = async <T>(
    histories: readonly T[],
    play: (machine: Machine, history: T) => Promise<void>,
  ): Promise<void> => {
    const left = [...histories];
    failures.length = 0;
    await Promise.all(
      machines.map(async (machine) => {
        for (let history = left.shift(); history !== undefined; history = left.shift()) {
          await machine.fresh();
          await play(machine, history);
          figures.kills += machine.died();
        }
      }),
    );
    expect(failures).toEqual([]);
  };
  const same = (one: readonly string[], other: readonly string[]): boolean => one.join('|') === other.join('|');
  /** What must hold when a history has come to rest. */
  const settled = async (machine: Machine, name: string, wanted: 'confirmed' | 'reverted'): Promise<void> => {
    const status = await machine.ask('status');
    const values = await machine.values();
    const state = status.fields['state'];
    if (state !== wanted) violation(`${name}: state ${state} (${status.end}), wanted ${wanted}`);
    if (!same(values, wanted === 'confirmed' ? after : before))
      violation(`${name}: values ${values.join('|')} though ${wanted}`);
    const inFile = keys.filter((key) => machine.file.includes(`\n${key} = `)).length;
    if (inFile !== (wanted === 'confirmed' ? 3 : 0)) violation(`${name}: ${inFile} keys in the file though ${wanted}`);
    await machine.set(30); // the same request once more must have no second effect
    if (!same(await machine.values(), values)) violation(`${name}: a replay had a second effect`);
  };
  const finish = async (machine: Machine, name: string, goal: 'confirm' | 'revert'): Promise<void> => {
    const set = await machine.set(30);
    if (set.end !== 'ok' && set.end !== 'closed') violation(`${name}: set ended ${set.end}`);
    const done = await machine.ask(goal);
    if (done.end !== 'ok') violation(`${name}: ${goal} ended ${done.end}`);
    await settled(machine, name, goal === 'confirm' ? 'confirmed' : 'reverted');
  };

  test('every crash point is in the matrix', () => {
    const played = new Set(
      Object.values(during)
        .flat()
        .map((point) => point.split('@')[0]),
    );
    expect(crashPoints().filter((point) => !played.has(point))).toEqual([]);
  });

  test('once, at every point', async () => {
    const histories = (['set', 'confirm', 'revert'] as const).flatMap((verb) =>
      during[verb].map((point) => ({ verb, point })),
    );
    figures.points = histories.length;
    await each(histories, async (machine, { verb, point }) => {
      const name = `once ${verb} ${point}`;
      if (verb !== 'set') await machine.set(30);
      machine.arm(point);
      const killed = await machine.call(verb, 30);
      if (killed.end !== undefined || machine.died() !== 1) violation(`${name}: was not killed (${killed.end})`);
      await finish(machine, name, verb === 'revert' ? 'revert' : 'confirm');
    });
  });

  test('twice, at every pair of points of the way forward and of the way back', async () => {
    const forward = [
      ...during.set.map((point) => ['set', point] as const),
      ...during.confirm.map((point) => ['confirm', point] as const),
    ];
    const back = during.revert.map((point) => ['revert', point] as const);
    const inOrder = <T>(points: readonly T[]) =>
      points.flatMap((first, at) => points.slice(at).map((second) => ({ first, second })));
    const pairs = [
      ...inOrder(forward).map((pair) => ({ goal: 'confirm' as const, ...pair })),
      ...inOrder(back).map((pair) => ({ goal: 'revert' as const, ...pair })),
      ...during.set.map((point, at) => ({
        goal: 'revert' as const,
        first: ['set', point] as const,
        second: ['revert', during.revert[at % during.revert.length] ?? 'undo-after-write'] as const,
      })),
    ];
    await each(pairs, async (machine, { goal, first, second }) => {
      const name = `twice ${first.join(' ')}, ${second.join(' ')}`;
      for (const [verb, point] of [first, second]) {
        if (verb !== 'set') await machine.set(30);
        machine.arm(point);
        const deaths = machine.died();
        const { end } = await machine.call(verb, 30);
        if (machine.died() > deaths === (end !== undefined)) violation(`${name}: ${end} though it died or not`);
        machine.disarm();
      }
      if (machine.died() < 1) violation(`${name}: was not killed`);
      await finish(machine, name, goal);
    });
  });

  test('and nobody comes back before the window is over', async () => {
    const histories = (['set', 'confirm', 'revert'] as const).flatMap((verb) =>
      during[verb].map((point) => ({ verb, point })),
    );
    await each(histories, async (machine, { verb, point }) => {
      const name = `down ${verb} ${point}`;
      // On a busy machine a short window can be over before the second request came: then it is played again.
      for (let window = verb === 'set' ? 2 : 3; machine.died() === 0 && window < 30; window *= 2) {
        await machine.fresh();
        if (verb !== 'set') await machine.set(window);
        machine.arm(point);
        await machine.call(verb, window);
        machine.disarm();
      }
      if (machine.died() === 0) violation(`${name}: was never killed`);
      const committed = verb === 'confirm' && point !== 'confirm-before-commit' && point !== 'save-before-rename';
      const deadline = machine.deadline;
      if (!committed && deadline !== undefined) {
        await sleep(Math.max(0, (deadline + 2 - uptime()) * 1000));
        const values = await machine.values();
        if (!same(values, before))
          violation(`${name}: ${values.join('|')} at ${uptime() - deadline} s after the window`);
      }
      await machine.reap();
      const status = await machine.ask('status');
      if (status.end === 'unknown-id') {
        // killed before anything was recorded
        if (!same(await machine.values(), before)) violation(`${name}: no record, but values`);
      } else await settled(machine, name, committed ? 'confirmed' : 'reverted');
    });
  });

  test('the timer itself dies: the minute reap takes back', async () => {
    await each(during.revert.slice(0, 7), async (machine, point) => {
      await machine.set(1, 'runtime');
      machine.arm(point);
      for (let waited = 0; waited < 50 && machine.died() === 0; waited += 1) await sleep(100);
      if (machine.died() !== 1) violation(`timer ${point}: was not killed`);
      await machine.reap();
      if (!same(await machine.values(), before)) violation(`timer ${point}: ${(await machine.values()).join('|')}`);
    });
  });

  test('killed at any moment, up to 120 times', async () => {
    // a fixed sequence: the moments differ, the run does not
    const moments = Array.from({ length: 60 }, (_, index) => ({
      set: (index * 37) % 120,
      confirm: (index * 53) % 120,
      index,
    }));
    await each(moments, async (machine, { set, confirm, index }) => {
      const name = `random ${index}`;
      await killedAfter(machine, set, `set ${machine.id} 30 ${soon()} persistent ${entries}\n`);
      await machine.set(30);
      await killedAfter(machine, confirm, `confirm ${machine.id}\n`);
      await finish(machine, name, 'confirm');
    });
  });

  const killedAfter = async (machine: Machine, ms: number, request: string): Promise<void> => {
    const pidFile = join(machine.root, 'pid');
    const asked = machine.box.run('sh', ['-c', `echo $$ >'${pidFile}'; exec '${machine.gate}'`], request);
    await sleep(ms);
    try {
      signalOne(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      figures.kills += 1;
    } catch {
      // it hadn't begun (its file is empty as yet, or not there), or was done already
    }
    await asked;
    rmSync(pidFile, { force: true });
  };
});
