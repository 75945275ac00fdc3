/** One OpenSSH master for each host, and a client for each question: what people use to ask again and again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cleanedUp } from './cleanup.js';
import { COUNTS_QUESTION, QUESTION } from './fleet.js';
import type { Phase, Report } from './node-client.js';
import { FORKS, found, inShell, listOf, quoted, type Tool } from './tool.js';

/** CPU seconds of a process so far: fields 14 and 15 of proc_pid_stat(5), in hundredths. */
const cpuMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
};

/** Proportional set size: memory shared between the masters is counted once. */
const megabytesOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0) / 1_000;

const waitFor = async (holds: () => boolean, withinMs: number): Promise<void> => {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('it did not come up');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export const controlMaster: Tool = {
  name: 'OpenSSH ControlMaster',
  missing: () => (found('ssh') && existsSync('/proc/self/smaps_rollup') ? undefined : 'no ssh'),
  run: async (fleet, warm): Promise<Report> => {
    if (!warm) return { phases: {}, idleMb: 0 };
    const folder = join(fleet.folder, 'cm');
    mkdirSync(folder, { recursive: true });
    const masters: ChildProcess[] = [];
    const ended = cleanedUp(() => {
      for (const master of masters) master.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    });
    try {
      for (const address of fleet.addresses) {
        const socket = join(folder, address);
        masters.push(spawn('ssh', ['-F', fleet.sshConfig, '-N', '-M', '-S', socket, address], { stdio: 'ignore' }));
        if (masters.length % FORKS === 0) await waitFor(() => existsSync(socket), 30_000);
      }
      await waitFor(() => fleet.addresses.every((address) => existsSync(join(folder, address))), 60_000);
      const pids = masters.map(({ pid = 0 }) => pid);
      const cpu = (): number => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
      const asked = async (question: string): Promise<Phase> => {
        const before = cpu();
        const phase = await inShell(
          `xargs -P ${FORKS} -I % ssh -n -F ${fleet.sshConfig} -S ${folder}/% % ${quoted(question)} <${listOf(fleet)}`,
          fleet.addresses.length,
        );
        return { ...phase, cpuMs: phase.cpuMs + cpu() - before };
      };
      return {
        phases: {
          'warm, a session each': await asked(QUESTION),
          'warm, counts alone': await asked(COUNTS_QUESTION),
        },
        idleMb: pids.reduce((sum, pid) => sum + megabytesOf(pid), 0),
      };
    } finally {
      ended();
    }
  },
};
