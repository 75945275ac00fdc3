/** What the kernels of all hosts really had in force, and when: independent of the gate, of SSH and of the bot. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { KEYS, pathOf, type WiredHost } from './wired-host.js';

export interface Seen {
  key: string;
  value: string;
  /** seconds of the host's uptime */
  bootS: number;
  wallMs: number;
}

type Line = { at: number; path: string; value: string; boot: number; wall: number } | { stall: number; boot: number };

const SAMPLER = fileURLToPath(new URL('./sampler.py', import.meta.url));

export class Values {
  readonly #seen: Seen[][];
  readonly #stalls: { fromS: number; toS: number }[] = [];
  readonly #sampler: ChildProcessByStdio<null, Readable, null>;

  constructor(hosts: readonly WiredHost[]) {
    this.#seen = hosts.map(() => []);
    const pids = hosts.map(({ box }) => `${box.pid}`);
    this.#sampler = spawn('python3', ['-E', '-s', SAMPLER, ...pids, '--', ...KEYS.map(pathOf)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface(this.#sampler.stdout).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      if ('stall' in line) this.#stalls.push({ fromS: line.boot - line.stall, toS: line.boot });
      else {
        const { at, path, value, boot, wall } = line;
        this.#seen[at]?.push({ key: path.replaceAll('/', '.'), value, bootS: boot, wallMs: wall });
      }
    });
  }

  /** Changes of one host since a time of the wall clock, oldest first. @param at the host's place in the list */
  since(at: number, wallMs: number): readonly Seen[] {
    return (this.#seen[at] ?? []).filter((seen) => seen.wallMs >= wallMs);
  }
  /** Whether the machine stood still for a moment between two times of the boot clock: then lateness says nothing of the host. */
  stalled(fromS: number, toS: number): boolean {
    return this.#stalls.some((stall) => stall.fromS <= toS && stall.toS >= fromS);
  }
  get stalls(): number {
    return this.#stalls.length;
  }
  get alive(): boolean {
    return this.#sampler.exitCode === null;
  }
  end(): void {
    this.#sampler.kill('SIGKILL');
  }
}
