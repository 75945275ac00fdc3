/** What people use today, each as its manual says, against the same fleet with the same question. */
import { fork, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanedUp } from './cleanup.js';
import { controlMaster } from './control-master.js';
import { type Fleet, QUESTION } from './fleet.js';
import type { Order, Phase, Report } from './node-client.js';
import { FORKS, found, inShell, listOf, quoted, type Tool } from './tool.js';

const AT_ONCE = 64;
/** Files beside this one: in the sources, also when this runs from dist/. */
const beside = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url)).replace(/([\\/])dist([\\/]bench[\\/])/, '$2');

const onlyCold = async (phase: Promise<Phase>): Promise<Report> => ({ phases: { cold: await phase }, idleMb: 0 });

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
