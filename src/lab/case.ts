/**
 * One case of the lab as a host: brought up, reached over its own OpenSSH sshd, taken down again. Linux as root. What runs is
 * `cases/run.sh`; a guard beside it takes the case down when its time is up or its owner is gone.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Host } from '../core/inventory.js';
import { LAB_CASES, type LabCase, labCase } from './cases.js';
import { newKeyPair } from './keys.js';

const RUN = fileURLToPath(new URL('./cases/run.sh', import.meta.url));
/** keys, logs and the record of what was changed, of every case that is up */
export const LAB_ROOT = '/run/tcpstates-lab';
const STEP_MS_MAX = 180_000;
const OUTPUT_CHARACTERS_MAX = 200_000;
const SECONDS_DEFAULT = 3_600;
/** how long a case waits for another that holds the limits of the machine */
const LOCK_WAIT_MS_MAX = 600_000;

export interface BringUp {
  /** everything is taken down after so many seconds */
  secondsMax?: number;
  /** the process without which nobody needs the case any more */
  owner?: number;
  /** the program that enrolls the host, made for these two public keys: then it is reached through its gate */
  enroll?: (keys: { read: string; change: string }) => string;
}

export interface Step {
  code: number;
  text: string;
}

export class RunningCase {
  private constructor(
    readonly about: LabCase,
    readonly host: Host,
    readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Its host is there and calm; `start` begins the trouble. @throws Error with what the step printed */
  static async up(about: LabCase, { secondsMax = SECONDS_DEFAULT, owner, enroll }: BringUp = {}): Promise<RunningCase> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      throw new Error(
        'network namespaces need Linux and root: run this as root (the replayed hosts of npm start do not)',
      );
    await clearAbandoned();
    const folder = join(LAB_ROOT, about.id);
    if (existsSync(folder)) throw new Error(`${about.id} is up already: npm run lab -- down ${about.id}`);
    const index = LAB_CASES.indexOf(about) + 1;
    const environment: NodeJS.ProcessEnv = {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      CASE: about.id,
      INDEX: `${index}`,
      SECONDS_MAX: `${secondsMax}`,
      LOCK_WAIT: `${LOCK_WAIT_MS_MAX / 1_000}`,
      ...(owner === undefined ? {} : { OWNER: `${owner}` }),
      ...about.variables,
    };
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, 'case.json'), JSON.stringify({ id: about.id, environment }));
    const keys = newKeys(folder, enroll === undefined ? ['lab'] : ['lab', 'read', 'change']);
    writeFileSync(join(folder, 'authorized_keys'), enroll === undefined ? `${keys['lab']}\n` : '');
    if (enroll !== undefined)
      writeFileSync(join(folder, 'enroll.sh'), enroll({ read: keys['read'] ?? '', change: keys['change'] ?? '' }));
    try {
      await startGuard(about, folder, environment);
      await must(about, environment, 'up');
      const hostKey = readFileSync(join(folder, 'host_key.pub'), 'utf8').trim();
      return new RunningCase(about, hostOf(about, folder, index, hostKey, enroll !== undefined), folder, environment);
    } catch (error) {
      await run(about, environment, 'down');
      throw error;
    }
  }

  /** A case that is up already. */
  static find(id: string): RunningCase | undefined {
    const about = labCase(id);
    const folder = join(LAB_ROOT, id);
    if (about === undefined || !existsSync(join(folder, 'host_key.pub'))) return undefined;
    const { environment } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
      environment: NodeJS.ProcessEnv;
    };
    const hostKey = readFileSync(join(folder, 'host_key.pub'), 'utf8').trim();
    const gated = existsSync(join(folder, 'enroll.sh'));
    return new RunningCase(
      about,
      hostOf(about, folder, LAB_CASES.indexOf(about) + 1, hostKey, gated),
      folder,
      environment,
    );
  }

  get started(): boolean {
    return existsSync(join(this.folder, 'started'));
  }
  /** Begins the trouble and waits until it is there. */
  async start(): Promise<void> {
    await must(this.about, this.environment, 'start');
  }
  /** What people and applications see, measured by trying. */
  async symptom<T>(): Promise<T> {
    return JSON.parse(await must(this.about, this.environment, 'symptom')) as T;
  }
  /** Sets one sysctl where it lives: in the namespace or, until the case is down, for the machine. */
  async set(key: string, value: string): Promise<string> {
    return must(this.about, this.environment, 'set', key, value);
  }
  /** The four lines of the old advice, without those named; what the kernel said to each. */
  async article(without: readonly string[] = []): Promise<string> {
    return (await run(this.about, this.environment, 'article', without.join(' '))).text;
  }
  /** What no setting does: the application or the path is mended. */
  async cure(): Promise<void> {
    await must(this.about, this.environment, 'cure');
  }
  states(): Promise<string> {
    return must(this.about, this.environment, 'states');
  }
  async down(): Promise<void> {
    await run(this.about, this.environment, 'down');
  }
}

/** Cases that are up, by name. */
export const runningCases = (): string[] => {
  try {
    return readdirSync(LAB_ROOT).filter((id) => existsSync(join(LAB_ROOT, id, 'case.json')));
  } catch {
    return [];
  }
};

const alive = (folder: string): boolean => {
  try {
    const pid = readFileSync(join(folder, 'guard.pid'), 'utf8').trim();
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0guard');
  } catch {
    return false;
  }
};

/** Whatever a killed guard left behind is taken down, limits of the machine included. */
export const clearAbandoned = async (): Promise<void> => {
  for (const id of runningCases()) {
    const folder = join(LAB_ROOT, id);
    if (alive(folder)) continue;
    const about = labCase(id);
    if (about === undefined) rmSync(folder, { recursive: true, force: true });
    else {
      const { environment } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
        environment: NodeJS.ProcessEnv;
      };
      await run(about, environment, 'down');
    }
  }
};

const run = async (about: LabCase, env: NodeJS.ProcessEnv, ...words: string[]): Promise<Step & { stderr: string }> => {
  // Not on the pipe of a background process: it would hold the step open.
  const step = spawn('bash', [RUN, about.script, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_MS_MAX,
    killSignal: 'SIGKILL',
  });
  let text = '';
  let stderr = '';
  step.stdout.on('data', (data: Buffer) => {
    if (text.length < OUTPUT_CHARACTERS_MAX) text += data.toString();
  });
  step.stderr.on('data', (data: Buffer) => {
    if (stderr.length < OUTPUT_CHARACTERS_MAX) stderr += data.toString();
  });
  const code = await new Promise<number>((resolve, reject) => {
    step.once('error', reject);
    step.once('close', (status) => resolve(status ?? 255));
  });
  return { code, text, stderr };
};

const must = async (about: LabCase, env: NodeJS.ProcessEnv, ...words: string[]): Promise<string> => {
  const { code, text, stderr } = await run(about, env, ...words);
  if (code !== 0) throw new Error(`lab ${about.id}: ${words.join(' ')} failed (${code})\n${stderr}${text}`);
  return text;
};

const startGuard = async (about: LabCase, folder: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const guard = spawn('bash', [RUN, about.script, 'guard'], { env, stdio: 'ignore', detached: true });
  guard.unref();
  writeFileSync(join(folder, 'guard.pid'), `${guard.pid ?? ''}`);
  for (let waited = 0; waited < LOCK_WAIT_MS_MAX; waited += 100) {
    if (existsSync(join(folder, 'guard.ready'))) return;
    if (existsSync(join(folder, 'guard.busy')) || !alive(folder)) break;
    await sleep(100);
  }
  throw new Error(`lab ${about.id}: another case holds the limits of the machine; take it down first`);
};

/** New keys, which are gone with the case. @returns the public halves by name */
const newKeys = (folder: string, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.map((name) => {
      const key = newKeyPair();
      writeFileSync(join(folder, `id_${name}`), key.private, { mode: 0o600 });
      return [name, key.public.trim()];
    }),
  );

const hostOf = (about: LabCase, folder: string, index: number, hostKey: string, gated: boolean): Host => ({
  name: about.id,
  ...(about.place === 'host'
    ? { address: '127.0.0.1', port: 20_000 + index }
    : { address: `198.18.${index}.2`, port: 22 }),
  user: gated ? 'tcpstates' : 'root',
  identity: [{ kind: 'file', path: join(folder, gated ? 'id_read' : 'id_lab') }],
  hostKeys: { kind: 'pinned', keys: [hostKey.split(' ').slice(0, 2).join(' ')] },
  jump: [],
  labels: { env: 'lab' },
  groups: ['lab'],
  note: 'a network namespace of this machine',
  limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 15_000, outputBytesMax: 1_048_576 },
  access: gated ? 'gate' : 'shell',
  ...(gated
    ? { change: { user: 'tcpstates-change', identity: [{ kind: 'file', path: join(folder, 'id_change') }] } }
    : {}),
  lab: 'namespace',
});
