/**
 * A machine within this one, for tests as root: a network namespace of its own (so net.* sysctls are its own too) and, for a
 * whole host, processes of its own and /etc, /run, /var/lib and /usr/local in memory. It is gone with its first process; nothing of it is seen
 * outside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalOne } from '../../support/signal-one.js';
import { type Outcome, run } from './test-gate.js';

const HOST = `set -e
ip link set lo up
mount -t tmpfs none /mnt
mkdir -p /mnt/etc /mnt/run/sshd /mnt/lib
cp -a /etc/. /mnt/etc
mount --bind /mnt/etc /etc
mount --bind /mnt/run /run
mount --bind /mnt/lib /var/lib
mount -t tmpfs none /usr/local
mkdir -p /etc/cron.d
`;

export class Box {
  readonly #first: ChildProcess;
  readonly pid: number;

  readonly #enter: readonly string[];

  private constructor(first: ChildProcess, pid: number, enter: readonly string[]) {
    this.#first = first;
    this.pid = pid;
    this.#enter = enter;
  }

  /** @param whole with files of its own, or only with a network of its own */
  static async start(whole: boolean): Promise<Box> {
    const setup = `${whole ? HOST : 'ip link set lo up\n'}echo ready\nexec sleep 3600\n`;
    const own = whole ? ['--pid', '--fork', '--kill-child', '--mount-proc'] : [];
    const first = spawn('unshare', ['--net', '--mount', '--propagation', 'private', ...own, 'sh', '-c', setup], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ready = await new Promise<boolean>((resolve) => {
      first.stdout.once('data', () => resolve(true));
      first.once('exit', () => resolve(false));
    });
    if (!ready || first.pid === undefined) throw new Error('the box did not start');
    if (!whole) return new Box(first, first.pid, ['--net', '--mount']);
    const child = Number(readFileSync(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8').trim());
    return new Box(first, child, ['--net', '--mount', '--pid']);
  }

  run(command: string, args: readonly string[] = [], input = '', env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return run('nsenter', ['--target', `${this.pid}`, ...this.#enter, '--', command, ...args], input, env);
  }
  sh(script: string): Promise<Outcome> {
    return this.run('sh', ['-c', script]);
  }
  /** @throws Error with what it printed when it fails */
  async must(script: string): Promise<string> {
    const { code, text, stderr } = await this.sh(script);
    if (code !== 0) throw new Error(`status ${code} of: ${script}\n${text}${stderr}`);
    return text;
  }
  async value(key: string): Promise<string> {
    return (await this.must(`cat /proc/sys/${key.replaceAll('.', '/')}`)).trim().replace(/\s+/g, ' ');
  }

  /** Every process in its network, timers too. @throws Error when that network is the machine's own: what is here may be killed */
  processes(): number[] {
    const own = readlinkSync(`/proc/${this.pid}/ns/net`);
    if (own === readlinkSync('/proc/self/ns/net')) throw new Error(`${this.pid} is no longer the box's first process`);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readlinkSync(`/proc/${pid}/ns/net`) === own;
        } catch {
          return false;
        }
      });
  }
  /** Ends what runs in it, but not the box. */
  endProcesses(): void {
    for (const pid of this.processes())
      if (pid !== this.pid)
        try {
          signalOne(pid, 'SIGKILL');
        } catch {
          // gone by itself
        }
  }
  async end(): Promise<void> {
    this.endProcesses();
    this.#first.kill('SIGKILL');
    await sleep(50);
  }
}
