/**
 * Hosts to measure against, on loopback addresses of their own: real OpenSSH servers, or one cheap server that only waits, which
 * shows what a client costs when the hosts have processors of their own.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../src/core/inventory.js';
import type { Script } from '../src/core/script.js';
import { cleanedUp } from './cleanup.js';

/** What a host takes to answer, in the fleet that has processors of its own. */
const CHEAP_ANSWER_MS = 30;
/** OpenSSH listens on at most 16 sockets (MAX_LISTEN_SOCKS in sshd.c). */
const ADDRESSES_PER_SSHD = 16;

/** The same question for everybody: socket counts and four settings, by one program. */
export const QUESTION =
  'grep -s . /proc/net/sockstat /proc/sys/net/ipv4/tcp_fin_timeout /proc/sys/net/ipv4/tcp_tw_reuse /proc/sys/net/ipv4/tcp_max_tw_buckets /proc/sys/net/ipv4/ip_local_port_range; echo @@end';
export const SCRIPT: Script = { id: 'state', text: QUESTION, closingLine: '@@end', expectedMs: 50 };
/**
 * The counts alone. A shell that is kept open reads them itself, without starting a program; settings it can't: dash gets one
 * character out of a file of /proc/sys.
 */
export const COUNTS_QUESTION = 'cat /proc/net/sockstat; echo @@end';
export const COUNTS: Script = {
  id: 'state',
  text: 'answer=\nwhile read -r line; do answer="$answer$line\n"; done </proc/net/sockstat\nanswer="$answer@@end"',
  closingLine: '@@end',
  expectedMs: 50,
  builtinsOnly: true,
};

export interface Fleet {
  kind: 'sshd' | 'cheap';
  folder: string;
  /** configuration for OpenSSH's client: keys, port, and algorithms that cost what ours cost */
  sshConfig: string;
  /** the same with the algorithms that OpenSSH chooses by itself */
  sshConfigDefault: string;
  addresses: readonly string[];
  hosts: readonly Host[];
  user: string;
  port: number;
  key: string;
  stop(): void;
}

const addressOf = (index: number): string => `127.83.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;

const listens = async (address: string, port: number): Promise<void> => {
  for (let tries = 0; tries < 500; tries += 1) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: address, port }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing listens on ${address}:${port}`);
};

const startSshd = (folder: string, port: number, addresses: readonly string[]): ChildProcess[] => {
  const path = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((each) => existsSync(each));
  if (path === undefined) throw new Error('no sshd here: install openssh-server');
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const children: ChildProcess[] = [];
  for (let from = 0; from < addresses.length; from += ADDRESSES_PER_SSHD) {
    const config = join(folder, `sshd-${from}`);
    writeFileSync(
      config,
      [
        `Port ${port}`,
        ...addresses.slice(from, from + ADDRESSES_PER_SSHD).map((address) => `ListenAddress ${address}`),
        `HostKey ${join(folder, 'host-key')}`,
        `AuthorizedKeysFile ${join(folder, 'user-key.pub')}`,
        'PidFile none',
        'UsePAM no',
        'StrictModes no',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PermitRootLogin yes',
        'PrintMotd no',
        // One process stands for sixteen hosts here.
        'MaxStartups 1000',
        // The tester's own .bashrc is not what is measured.
        'SetEnv SHLVL=9',
        'LogLevel ERROR',
        '',
      ].join('\n'),
    );
    children.push(spawn(path, ['-D', '-e', '-f', config], { stdio: 'ignore' }));
  }
  return children;
};

/** Starts `count` hosts. The caller stops them. */
export const startFleet = async (kind: Fleet['kind'], count: number): Promise<Fleet> => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-fleet-'));
  const user = userInfo().username;
  const port = 20_000 + (process.pid % 10_000) + (kind === 'sshd' ? 0 : 10_000);
  for (const name of ['host-key', 'user-key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', join(folder, name)]);
  const addresses = Array.from({ length: count }, (_, index) => addressOf(index));
  const hostKey = readFileSync(join(folder, 'host-key.pub'), 'utf8').trim();
  writeFileSync(join(folder, 'known_hosts'), addresses.map((address) => `[${address}]:${port} ${hostKey}\n`).join(''));
  const common = [
    `Port ${port}`,
    `User ${user}`,
    `IdentityFile ${join(folder, 'user-key')}`,
    'IdentitiesOnly yes',
    'BatchMode yes',
    'ConnectTimeout 30',
    'LogLevel ERROR',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
  ];
  const sshConfig = join(folder, 'ssh_config');
  const sshConfigDefault = join(folder, 'ssh_config_default');
  writeFileSync(sshConfigDefault, ['Host *', ...common, ''].join('\n'));
  writeFileSync(
    sshConfig,
    ['Host *', ...common, 'KexAlgorithms curve25519-sha256', 'Ciphers aes128-gcm@openssh.com', ''].join('\n'),
  );
  const children =
    kind === 'sshd'
      ? startSshd(folder, port, addresses)
      : [
          fork(fileURLToPath(new URL('./cheap-server.js', import.meta.url)), [
            join(folder, 'host-key'),
            String(port),
            String(CHEAP_ANSWER_MS),
            ...addresses,
          ]),
        ];
  const stop = cleanedUp(() => {
    for (const child of children) child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    for (const address of addresses.filter((_, index) => index % ADDRESSES_PER_SSHD === 0 || index === count - 1))
      await listens(address, port);
  } catch (error) {
    stop();
    throw error;
  }
  const hosts = addresses.map(
    (address, index): Host => ({
      name: `host-${index + 1}`,
      address,
      port,
      user,
      identity: [{ kind: 'file', path: join(folder, 'user-key') }],
      hostKeys: { kind: 'pinned', keys: [hostKey] },
      jump: [],
      labels: {},
      groups: [],
      limits: { connectTimeoutMs: 30_000, totalTimeoutMs: 120_000, outputBytesMax: 1_048_576 },
      access: 'shell',
    }),
  );
  return {
    kind,
    folder,
    sshConfig,
    sshConfigDefault,
    addresses,
    hosts,
    user,
    port,
    key: join(folder, 'user-key'),
    stop,
  };
};
