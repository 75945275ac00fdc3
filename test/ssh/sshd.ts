/** A real OpenSSH sshd for tests, without privileges: own keys, high port on 127.0.0.1, logs in as whoever runs the tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../src/core/inventory.js';
import { aHost } from '../support/hosts.js';

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject()));
    });
  });

export type KeyType = 'ed25519' | 'rsa' | 'ecdsa';

/** A folder for keys and configurations that is gone after the tests. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'tcpstates-ssh-'));
  #count = 0;

  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.path, name);
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  }

  /** A new key pair; the public half is in `<path>.pub`. */
  key(type: KeyType = 'ed25519', passphrase = '', format?: 'PEM' | 'PKCS8'): { path: string; publicLine: string } {
    this.#count += 1;
    const path = join(this.path, `key-${this.#count}`);
    const bits = type === 'rsa' ? ['-b', '2048'] : [];
    execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', passphrase, '-C', 'test', '-f', path]);
    // OpenSSH converts an existing key only when its passphrase is set anew.
    if (format !== undefined)
      execFileSync('ssh-keygen', ['-q', '-p', '-m', format, '-P', passphrase, '-N', passphrase, '-f', path], {
        stdio: 'ignore',
      });
    return { path, publicLine: readFileSync(`${path}.pub`, 'utf8').trim() };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface RunningSshd {
  port: number;
  pid: number;
  hostKeys: readonly string[];
  log: () => string;
  stop(): void;
}

const sshdPath = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path)) ?? 'sshd';

const listening = async (port: number): Promise<void> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`sshd does not listen on ${port}`);
};

/** @param options lines for sshd_config; host keys as private key paths */
export const startSshd = async (
  scratch: Scratch,
  authorizedKeys: readonly string[],
  {
    options = [],
    hostKeys,
  }: { options?: readonly string[]; hostKeys?: readonly { path: string; publicLine: string }[] } = {},
): Promise<RunningSshd> => {
  const port = await freePort();
  const keys = hostKeys ?? [scratch.key()];
  const authorized = scratch.file(`authorized-${port}`, `${authorizedKeys.join('\n')}\n`);
  const config = scratch.file(
    `sshd-${port}`,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      ...keys.map(({ path }) => `HostKey ${path}`),
      `AuthorizedKeysFile ${authorized}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'PrintMotd no',
      // bash reads ~/.bashrc for commands over SSH, unless it believes to be an inner shell: the tester's own may be slow.
      'SetEnv SHLVL=9',
      'LogLevel VERBOSE',
      ...options,
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child: ChildProcess = spawn(sshdPath, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  try {
    await listening(port);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}: ${log}`);
  }
  return {
    port,
    pid: child.pid ?? -1,
    hostKeys: keys.map(({ publicLine }) => publicLine),
    log: () => log,
    stop: () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    },
  };
};

/** A host of the inventory, with the least that a test must say. */
export const hostAt = (port: number, over: Partial<Host> & Pick<Host, 'hostKeys'>): Host =>
  aHost('web-1', { port, user: userInfo().username, identity: [], ...over });
