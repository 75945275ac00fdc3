/** A whole host in a box, enrolled by the program that administrators run, behind a real sshd. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gateScript } from '../../../src/host/gate.js';
import { type Enrolment, installerScript } from '../../../src/host/installer.js';
import { loadSysctls } from '../../../src/sysctls.js';
import { Box } from './box.js';
import type { Outcome } from './test-gate.js';

export type Account = 'read' | 'change';

const SSH =
  '-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/mnt/known -o IdentitiesOnly=yes -o ConnectTimeout=5 -p 2222';

export class EnrolledHost {
  private constructor(
    readonly box: Box,
    readonly enrolment: Enrolment,
  ) {}

  static async start(): Promise<EnrolledHost> {
    const box = await Box.start(true);
    await box.must(
      `cd /mnt && for key in host read change; do ssh-keygen -q -t ed25519 -N '' -C '' -f $key; done
       printf '[127.0.0.1]:2222 %s\\n[10.77.9.1]:2222 %s\\n' "$(cat host.pub)" "$(cat host.pub)" >known`,
    );
    const enrolment: Enrolment = {
      gate: gateScript((await loadSysctls()).values()),
      stateScript: 'echo state; id -un; echo @@end\n',
      sysctlScript: 'echo sysctls; echo @@end\n',
      readUser: 'tcpstates',
      changeUser: 'tcpstates-change',
      readKey: await box.must('cat /mnt/read.pub'),
      changeKey: await box.must('cat /mnt/change.pub'),
    };
    return new EnrolledHost(box, enrolment);
  }

  /** Runs the installer's program as root, as an administrator would. */
  program(what: Parameters<typeof installerScript>[1], change: Partial<Enrolment> = {}): Promise<Outcome> {
    return this.box.run('sh', ['-s'], installerScript({ ...this.enrolment, ...change }, what));
  }
  async listen(): Promise<void> {
    await this.box.must(
      `printf 'Port 2222\\nHostKey /mnt/host\\nUsePAM yes\\nPasswordAuthentication no\\nKbdInteractiveAuthentication no\\nMaxSessions 20\\nMaxStartups 100\\nSubsystem sftp internal-sftp\\nAcceptEnv *\\n' >/mnt/sshd_config
       /usr/sbin/sshd -f /mnt/sshd_config -E /mnt/sshd.log`,
    );
    await sleep(300);
  }
  /** One master connection; `ask` goes over it. */
  async connect(account: Account): Promise<void> {
    await this.box.must(
      `ssh ${SSH} -i /mnt/${account} -M -S /mnt/${account}.ctl -o ControlPersist=600 -fN ${this.user(account)}@127.0.0.1 </dev/null >/dev/null 2>&1`,
    );
  }
  user(account: Account): string {
    return account === 'read' ? this.enrolment.readUser : this.enrolment.changeUser;
  }
  /** One request, byte for byte as SSH's exec request. */
  ask(account: Account, request: string): Promise<Outcome> {
    const words = request === '' ? [] : [request];
    return this.box.run('ssh', [
      '-F',
      'none',
      '-S',
      `/mnt/${account}.ctl`,
      '-T',
      '--',
      `${this.user(account)}@127.0.0.1`,
      ...words,
    ]);
  }
  /** ssh with options of its own, over a new connection. */
  ssh(account: Account, options: string, rest = ''): Promise<Outcome> {
    return this.box.sh(`ssh ${SSH} -i /mnt/${account} ${options} ${this.user(account)}@127.0.0.1 ${rest} </dev/null`);
  }
  /** `BOOT8.UPTIME` so many seconds ahead */
  notAfter(seconds = 200): string {
    const boot8 = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return `${boot8}.${Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])) + seconds}`;
  }
  end(): Promise<void> {
    return this.box.end();
  }
}
