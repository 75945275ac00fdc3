/** What a tool is to the bench, and what those that are started from a shell share. */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanedUp } from './cleanup.js';
import type { Fleet } from './fleet.js';
import type { Phase, Report } from './node-client.js';

export interface Tool {
  name: string;
  /** the cheap hosts know no other algorithms than those that are cheap */
  only?: Fleet['kind'];
  /** with more hosts it only takes long */
  hostsMax?: number;
  /** why it can't be measured here; undefined when it can */
  missing(): string | undefined;
  /** Asks every host of the fleet. @throws when not every host answered */
  run(fleet: Fleet, warm: boolean): Promise<Report>;
}

/** Processes at once for tools that fork: more only queue up for the processors. */
export const FORKS = 32;

export const found = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** One word for a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Runs a command line in a shell that then tells what its children used (times(1) of POSIX). @throws when fewer hosts answered than `hosts` */
export const inShell = (line: string, hosts: number, env: Readonly<Record<string, string>> = {}): Promise<Phase> =>
  new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn('sh', ['-c', `${line}\ntimes >&3`], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      detached: true,
    });
    // In a group of its own, so that nothing of it outlives this program.
    const ended = cleanedUp(() => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGTERM');
      } catch {
        // it is over
      }
    });
    let answers = 0;
    let rest = '';
    let errors = '';
    let times = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const text = rest + chunk.toString('latin1');
      answers += text.split('@@end').length - 1;
      rest = text.slice(Math.max(0, text.length - 4));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (errors.length < 2_000) errors += chunk.toString('latin1');
    });
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      times += chunk.toString('latin1');
    });
    child.on('error', reject);
    child.on('close', () => {
      ended();
      const wallMs = performance.now() - startMs;
      if (answers < hosts) return reject(new Error(`${answers} of ${hosts} hosts answered: ${errors.slice(0, 500)}`));
      const [, children = ''] = times.split('\n');
      const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
        (sum, [, minutes, part]) => sum + Number(minutes) * 60 + Number(part),
        0,
      );
      resolve({ wallMs, cpuMs: seconds * 1_000, hostMs: hosts === 1 ? [wallMs] : [], loopDelayMaxMs: 0 });
    });
  });

/** The addresses, one to a line, as these tools read them. @returns the file's path */
export const listOf = (fleet: Fleet): string => {
  const path = join(fleet.folder, 'addresses');
  writeFileSync(path, `${fleet.addresses.join('\n')}\n`);
  return path;
};
