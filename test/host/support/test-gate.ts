/**
 * The gate with other constants, for tests alone: they are exchanged in its text, so that no caller of the real one could do it.
 * Its marks #@kp become points where a real SIGKILL ends the shell: `<kills>/<name>` holds at which of its visits.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AnswerFields, parseAnswer } from '../../../src/core/gate/answer.js';
import { gateScript, gateSource } from '../../../src/host/gate.js';
import { catalogue } from './catalogue.js';

export const shells: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    dash: '/usr/bin/dash',
    'busybox ash': '/usr/bin/busybox ash',
    bash: '/usr/bin/bash',
    mksh: '/usr/bin/mksh',
  }).filter(([, path]) => existsSync(path.split(' ')[0] ?? '')),
);

/** The names of all crash points, from the source. */
export const crashPoints = (): readonly string[] =>
  [...gateSource().matchAll(/#@kp ([a-z-]+)/g)].map(([, name]) => name ?? '');

export interface Constants {
  /** replaces `NAME=…` at the start of a line */
  [name: string]: string;
}

const withConstants = (source: string, constants: Constants): string =>
  Object.entries(constants).reduce((text, [name, value]) => {
    const line = new RegExp(`^${name}=[^\\s#]*`, 'm');
    if (!line.test(text)) throw new Error(`gate.sh has no constant ${name}`);
    return text.replace(line, `${name}=${value}`);
  }, source);

/** @param kills folder that names the next crash, see above */
export const testGate = (shell: string, constants: Constants, kills?: string): string => {
  const crash = `kp() {
  [ -e "${kills}/$1" ] || return 0
  kp_n=$(cat "${kills}/$1")
  if [ "$kp_n" -gt 1 ]; then echo $((kp_n - 1)) >"${kills}/$1"; else
    rm -f "${kills}/$1"
    echo "$1" >>"${kills}/.done"
    kill -9 $$
  fi
}
PROTO=`;
  const source = withConstants(gateSource(), constants).replace(/^#!.*/, `#!${shell}`);
  const marked =
    kills === undefined ? source : source.replace(/^PROTO=/m, () => crash).replace(/#@kp ([a-z-]+)/g, 'kp $1');
  return gateScript(catalogue, marked);
};

export interface Outcome extends AnswerFields {
  text: string;
  stderr: string;
  code: number | null;
  signal: string | null;
}

/** Runs a program with one line on its standard input; never throws for what it does. */
export const run = (
  command: string,
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      { env: { PATH: process.env['PATH'], ...env }, encoding: 'latin1', timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({
          ...parseAnswer(stdout),
          text: stdout,
          stderr,
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : null,
          signal: error?.signal ?? null,
        });
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(Buffer.from(input, 'latin1'));
  });

const bootId = '01234567-89ab-cdef-0123-456789abcdef';
const otherBoot = 'fedcba98-89ab-cdef-0123-456789abcdef';

/** Real memory is fast to sync; a disk would make hundreds of durable renames slow. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A host of plain files: /proc with its own clock, no timer. What the kernel itself does is for test/lab. */
export class FileHost {
  readonly root = mkdtempSync(join(base, 'gate-'));
  readonly gate = join(this.root, 'gate');
  readonly library = join(this.root, 'var/lib/tcpstates-gate');
  readonly persisted = join(this.root, 'etc/sysctl.d/90-tcpstates.conf');

  constructor(shell: string, constants: Constants = {}) {
    for (const folder of ['etc/sysctl.d', 'run', 'var/lib', 'proc/sys/kernel/random'])
      mkdirSync(join(this.root, folder), { recursive: true });
    const all = {
      ROOT: this.root,
      PROC: `${this.root}/proc`,
      ROOT_UID: `${process.getuid?.() ?? 0}`,
      SELF: '/bin/true',
      ...constants,
    };
    writeFileSync(this.gate, testGate(shell, all));
    chmodSync(this.gate, 0o755);
    this.boot(bootId);
    this.uptime = 1000;
    this.write('proc/meminfo', 'MemTotal:        8000000 kB\n');
    for (const [key, value] of Object.entries({
      'net.ipv4.tcp_fin_timeout': '60',
      'net.ipv4.tcp_tw_reuse': '2',
      'net.core.somaxconn': '4096',
      'net.ipv4.ip_local_port_range': '32768\t60999',
      'net.ipv4.ip_local_reserved_ports': '',
      'net.ipv4.tcp_max_tw_buckets': '131072',
      'net.ipv4.tcp_mem': '94\t95000\t190000',
      'net.netfilter.nf_conntrack_max': '65536',
      'net.netfilter.nf_conntrack_buckets': '65536',
      'net.netfilter.nf_conntrack_count': '100',
    }))
      this.sysctl(key, value);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }
  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }
  sysctl(key: string, value: string): void {
    this.write(`proc/sys/${key.replaceAll('.', '/')}`, `${value}\n`);
  }
  value(key: string): string {
    return this.read(`proc/sys/${key.replaceAll('.', '/')}`)
      .trim()
      .replace(/\s+/g, ' ');
  }
  set uptime(seconds: number) {
    this.write('proc/uptime', `${seconds}.50 1.00\n`);
  }
  boot(id: string = otherBoot): void {
    this.write('proc/sys/kernel/random/boot_id', `${id}\n`);
  }
  /** as root, over standard input */
  ask(request: string): Promise<Outcome> {
    return run(this.gate, [], `${request}\n`);
  }
  reap(): Promise<Outcome> {
    return run(this.gate, ['reap']);
  }
  front(role: 'ro' | 'rw', request: string): Promise<Outcome> {
    return run(this.gate, [`front-${role}`], '', { SSH_ORIGINAL_COMMAND: request });
  }
  set(id: string, entries: string, { mode = 'runtime', ttl = 60, notAfter = '01234567.1100' } = {}): Promise<Outcome> {
    return this.ask(`set ${id} ${ttl} ${notAfter} ${mode} ${entries}`);
  }
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
