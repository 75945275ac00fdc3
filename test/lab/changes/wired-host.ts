/** A whole enrolled host in a box, with a cable to this machine that can be cut: the real gate behind a real sshd and sudo. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostAuditLine, readLog } from '../../../src/core/gate/answer.js';
import type { Host } from '../../../src/core/inventory.js';
import { gateScript } from '../../../src/host/gate.js';
import { installerScript } from '../../../src/host/installer.js';
import { newKeyPair } from '../../../src/lab/keys.js';
import { loadSysctls } from '../../../src/sysctls.js';
import { Box } from '../../host/support/box.js';
import { run, testGate } from '../../host/support/test-gate.js';
import { signalOne } from '../../support/signal-one.js';

/** Subnets 198.18.101.0/30, 198.18.102.0/30, …: RFC 2544, for tests. The lab's own cases count from 1. */
const FIRST = 100;
const KILLS = '/mnt/kills';

export const KEYS = ['net.ipv4.tcp_tw_reuse', 'net.ipv4.tcp_fin_timeout'] as const;
export const FROM: Readonly<Record<string, string>> = { [KEYS[0]]: '2', [KEYS[1]]: '60' };
export const TO: Readonly<Record<string, string>> = { [KEYS[0]]: '1', [KEYS[1]]: '30' };
export const pathOf = (key: string): string => key.replaceAll('.', '/');

/** Keys that all hosts of a run share. */
export class Wiring {
  readonly folder = mkdtempSync(join(tmpdir(), 'changes-'));
  readonly keys = Object.fromEntries(
    ['host', 'read', 'change'].map((name) => {
      const { private: secret, public: open } = newKeyPair();
      writeFileSync(join(this.folder, name), secret, { mode: 0o600 });
      return [name, { secret, open: open.trim() }];
    }),
  ) as Readonly<Record<'host' | 'read' | 'change', { secret: string; open: string }>>;

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export type Cut = 'link down' | 'requests lost' | 'answers lost';

export interface HostRecord {
  state: string;
  /** the host's uptime, seconds */
  deadline: number;
}

export class WiredHost {
  private constructor(
    readonly index: number,
    readonly box: Box,
    readonly host: Host,
  ) {}

  /** @param marked its gate has points where it can be killed; else it is the gate as it is enrolled anywhere */
  static async start(index: number, wiring: Wiring, marked: boolean): Promise<WiredHost> {
    const box = await Box.start(true);
    const { keys } = wiring;
    const gate = marked ? testGate('/bin/sh', {}, KILLS) : gateScript((await loadSysctls()).values());
    const enrolled = await box.run(
      'sh',
      ['-s'],
      installerScript(
        {
          gate,
          stateScript: 'echo @@end\n',
          readUser: 'tcpstates',
          changeUser: 'tcpstates-change',
          readKey: keys.read.open,
          changeKey: keys.change.open,
        },
        'install',
      ),
    );
    if (enrolled.code !== 0) throw new Error(`not enrolled: ${enrolled.text}${enrolled.stderr}`);
    const net = `198.18.${FIRST + index}`;
    // A run that was killed may have left its own; it goes with its host.
    await must(`ip link del tcpcut${index} 2>/dev/null || :
      ip link add tcpcut${index} type veth peer name up0 netns ${box.pid}
      ip addr add ${net}.1/30 dev tcpcut${index} && ip link set tcpcut${index} up`);
    await box.must(`ip addr add ${net}.2/30 dev up0 && ip link set up0 up
      mkdir -p ${KILLS}
      cat >/mnt/host <<'KEY'
${keys.host.secret.trim()}
KEY
      chmod 600 /mnt/host
      printf 'Port 22\\nListenAddress ${net}.2\\nHostKey /mnt/host\\nPidFile none\\nUsePAM no\\nPasswordAuthentication no\\nKbdInteractiveAuthentication no\\nMaxStartups 100\\nMaxSessions 20\\nLogLevel ERROR\\n' >/mnt/sshd_config
      /usr/sbin/sshd -f /mnt/sshd_config -E /mnt/sshd.log
      (while sleep 60; do /usr/local/libexec/tcpstates/gate reap; done) >/dev/null 2>&1 </dev/null &`);
    const host: Host = {
      name: `web-${index}`,
      address: `${net}.2`,
      port: 22,
      user: 'tcpstates',
      identity: [{ kind: 'file', path: join(wiring.folder, 'read') }],
      hostKeys: { kind: 'pinned', keys: [keys.host.open] },
      jump: [],
      labels: { env: 'lab' },
      groups: [],
      limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 15_000, outputBytesMax: 1_048_576 },
      access: 'gate',
      change: { user: 'tcpstates-change', identity: [{ kind: 'file', path: join(wiring.folder, 'change') }] },
    };
    return new WiredHost(index, box, host);
  }

  private path(path: string): string {
    return `/proc/${this.box.pid}/root${path}`;
  }
  private read(path: string): string {
    try {
      return readFileSync(this.path(path), 'utf8');
    } catch {
      return '';
    }
  }

  /** Every cable is whole, nothing is armed and the values are as before; records stay, as on any host. */
  async fresh(): Promise<void> {
    await this.mend();
    this.disarm();
    await this.box.must(KEYS.map((key) => `printf '%s\\n' '${FROM[key]}' >/proc/sys/${pathOf(key)}`).join('\n'));
  }
  async values(): Promise<Record<string, string>> {
    const text = await this.box.must(KEYS.map((key) => `cat /proc/sys/${pathOf(key)}`).join('; '));
    const lines = text.trim().split('\n');
    return Object.fromEntries(KEYS.map((key, at) => [key, lines[at] ?? '']));
  }
  /** What the gate has on record. */
  record(id: string): HostRecord | undefined {
    const text = this.read(`/var/lib/tcpstates-gate/c/${id}`);
    const [, state] = /^state=(\w+)$/m.exec(text) ?? [];
    const [, deadline] = /^deadline=(\d+)$/m.exec(text) ?? [];
    return state === undefined || deadline === undefined ? undefined : { state, deadline: Number(deadline) };
  }
  isPersisted(id: string): boolean {
    return this.read('/etc/sysctl.d/90-tcpstates.conf').includes(`# change ${id} `);
  }
  /** The gate's own log of one change, oldest first. */
  log(id: string): readonly HostAuditLine[] {
    const lines = this.read('/var/lib/tcpstates-gate/audit.log').trim().split('\n');
    const fields = Object.fromEntries(
      lines.filter((line) => line.includes(` id=${id} `)).map((line, at) => [`log${at + 1}`, line]),
    );
    return readLog({ fields: { ...fields, lines: `${Object.keys(fields).length}` }, end: 'ok' })?.lines ?? [];
  }

  // ---- what goes wrong
  /** `name` or `name@visit`: the gate ends there by SIGKILL. */
  arm(point: string): void {
    const [name = '', visit = '1'] = point.split('@');
    writeFileSync(this.path(`${KILLS}/${name}`), visit);
  }
  disarm(): void {
    for (const name of readdirSync(this.path(KILLS))) rmSync(this.path(`${KILLS}/${name}`));
  }
  /** How often the gate died since the last `fresh`. */
  get gateDeaths(): number {
    return this.read(`${KILLS}/.done`).split('\n').filter(Boolean).length;
  }
  async cut(how: Cut): Promise<void> {
    if (how === 'link down') await must(`ip link set tcpcut${this.index} down`);
    else if (how === 'requests lost') await this.box.must('iptables -w -I INPUT -i up0 -j DROP');
    else await this.box.must('iptables -w -I OUTPUT -o up0 -j DROP');
  }
  async mend(): Promise<void> {
    await must(`ip link set tcpcut${this.index} up`);
    await this.box.must('iptables -w -F INPUT; iptables -w -F OUTPUT');
  }
  /** Another request holds the gate's lock for longer than one waits for it; resolves once it is held. */
  async holdLock(seconds: number): Promise<void> {
    await this.box.must('mkdir -p /run/tcpstates-gate; rm -f /mnt/held');
    void this.box.sh(`exec 9>/run/tcpstates-gate/lock; flock 9; : >/mnt/held; exec sleep ${seconds}`);
    await this.box.must('for _ in $(seq 100); do [ ! -e /mnt/held ] || exit 0; sleep 0.05; done; exit 1');
  }
  /** SIGKILL of every sshd process that serves a session; the listener stays. @returns how many */
  severSessions(): number {
    let killed = 0;
    for (const pid of this.box.processes())
      try {
        if (!readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sshd')) continue;
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('listener')) continue;
        signalOne(pid, 'SIGKILL');
        killed++;
      } catch {
        // gone by itself
      }
    return killed;
  }
  end(): Promise<void> {
    return this.box.end();
  }
}

const must = async (script: string): Promise<void> => {
  const { code, stderr } = await run('sh', ['-ec', script]);
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
};
