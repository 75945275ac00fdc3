/** What people use today, each as its manual says, against the same fleet with the same question. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanedUp } from './cleanup.js';
import { COUNTS_QUESTION, type Fleet, QUESTION } from './fleet.js';
import type { Order, Phase, Report } from './node-client.js';

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

const AT_ONCE = 64;
/** Processes at once for tools that fork: more only queue up for the processors. */
const FORKS = 32;

/** Files beside this one: in the sources, also when this runs from dist/. */
const beside = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url)).replace(/([\\/])dist([\\/]bench[\\/])/, '$2');

const found = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Runs a command line in a shell that then tells what its children used (times(1) of POSIX). */
const inShell = (line: string, hosts: number, env: Readonly<Record<string, string>> = {}): Promise<Phase> =>
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

const onlyCold = async (phase: Promise<Phase>): Promise<Report> => ({ phases: { cold: await phase }, idleMb: 0 });

const listOf = (fleet: Fleet): string => {
  const path = join(fleet.folder, 'addresses');
  writeFileSync(path, `${fleet.addresses.join('\n')}\n`);
  return path;
};

const loop = (name: string, config: (fleet: Fleet) => string): Tool => ({
  name,
  missing: () => (found('ssh') && found('xargs') ? undefined : 'no ssh or xargs'),
  run: (fleet) =>
    onlyCold(
      inShell(
        `xargs -P ${FORKS} -I % ssh -n -F ${config(fleet)} % ${quoted(QUESTION)} <${listOf(fleet)}`,
        fleet.addresses.length,
      ),
    ),
});

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

const controlMaster: Tool = {
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

const pdsh: Tool = {
  name: 'pdsh',
  missing: () => (found('pdsh') ? undefined : 'pdsh is not installed'),
  run: (fleet) =>
    onlyCold(
      inShell(`pdsh -R ssh -f ${FORKS} -w ^${listOf(fleet)} ${quoted(QUESTION)}`, fleet.addresses.length, {
        PDSH_SSH_ARGS: `-F ${fleet.sshConfig} -l%u %h`,
      }),
    ),
};

const clush: Tool = {
  name: 'clush',
  missing: () => (found('clush') ? undefined : 'clustershell is not installed'),
  run: (fleet) =>
    onlyCold(
      inShell(
        `clush -f ${FORKS} -o ${quoted(`-F ${fleet.sshConfig}`)} --hostfile ${listOf(fleet)} ${quoted(QUESTION)}`,
        fleet.addresses.length,
      ),
    ),
};

const pssh: Tool = {
  name: 'pssh',
  missing: () => (found('parallel-ssh') || found('pssh') ? undefined : 'pssh is not installed'),
  run: (fleet) =>
    onlyCold(
      inShell(
        `${found('parallel-ssh') ? 'parallel-ssh' : 'pssh'} -h ${listOf(fleet)} -p ${FORKS} -t 120 -i -x ${quoted(`-F ${fleet.sshConfig}`)} ${quoted(QUESTION)}`,
        fleet.addresses.length,
      ),
    ),
};

const ansible: Tool = {
  name: 'Ansible raw',
  missing: () => (found('ansible') ? undefined : 'ansible is not installed'),
  run: (fleet) =>
    onlyCold(
      inShell(`ansible all -i ${listOf(fleet)} -f ${FORKS} -m raw -a ${quoted(QUESTION)}`, fleet.addresses.length, {
        ANSIBLE_SSH_ARGS: `-F ${fleet.sshConfig} -o ControlMaster=no`,
        ANSIBLE_HOST_KEY_CHECKING: 'True',
        ANSIBLE_LOCAL_TEMP: join(fleet.folder, 'ansible'),
      }),
    ),
};

const PYTHONS = ['python3', '/usr/bin/python3'];
const pythonWithAsyncssh = (): string | undefined =>
  PYTHONS.find((python) => spawnSync(python, ['-W', 'ignore', '-c', 'import asyncssh']).status === 0);

const asyncssh: Tool = {
  name: 'asyncssh',
  missing: () => (pythonWithAsyncssh() === undefined ? 'asyncssh is not installed' : undefined),
  run: (fleet) =>
    new Promise((resolve, reject) => {
      const child = spawn(pythonWithAsyncssh() ?? 'python3', [beside('asyncssh-client.py')], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const ended = cleanedUp(() => child.kill('SIGTERM'));
      child.once('exit', ended);
      let out = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        errors = (errors + chunk.toString()).slice(-500);
      });
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0 ? resolve(JSON.parse(out) as Report) : reject(new Error(`asyncssh ended with ${code}: ${errors}`)),
      );
      child.stdin.end(
        JSON.stringify({
          addresses: fleet.addresses,
          port: fleet.port,
          user: fleet.user,
          key: fleet.key,
          knownHosts: join(fleet.folder, 'known_hosts'),
          question: QUESTION,
          atOnce: AT_ONCE,
        }),
      );
    }),
};

/** What `npm start` gives to Node: without a bound the main thread keeps 44 MB for what is young after a fleet's answer, not 7. */
const startedWith = (): string[] => {
  const manifest = new URL('../../package.json', import.meta.url);
  const { scripts } = JSON.parse(readFileSync(manifest, 'utf8')) as { scripts: { start: string } };
  return [...scripts.start.matchAll(/ (--[a-z-]+=\d+)/g)].map(([, flag = '']) => flag);
};

const onNode = (name: string, client: Order['client']): Tool => ({
  name,
  missing: () => undefined,
  run: (fleet, warm) =>
    new Promise((resolve, reject) => {
      const execArgv = client === 'tcpstates' ? startedWith() : [];
      const child = fork(fileURLToPath(new URL('./node-client.js', import.meta.url)), [], { execArgv });
      const ended = cleanedUp(() => child.kill('SIGTERM'));
      child.once('exit', ended);
      child.once('message', (report: Report | { error: string }) =>
        'error' in report ? reject(new Error(report.error)) : resolve(report),
      );
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
      child.send({ client, hosts: fleet.hosts, atOnce: AT_ONCE, rounds: warm ? 1 : 0 } satisfies Order);
    }),
});

export const OURS = 'tcpstates';
export const LOOP = 'xargs ssh';

export const TOOLS: readonly Tool[] = [
  onNode(OURS, 'tcpstates'),
  onNode('ssh2 as in its README', 'ssh2'),
  asyncssh,
  loop(LOOP, ({ sshConfig }) => sshConfig),
  {
    ...loop('xargs ssh, its default algorithms', ({ sshConfigDefault }) => sshConfigDefault),
    only: 'sshd',
    hostsMax: 200,
  },
  pdsh,
  clush,
  pssh,
  ansible,
  controlMaster,
];
