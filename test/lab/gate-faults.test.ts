/** A request that arrives late, a disk that is full, a folder that can't be written: on a whole enrolled host. */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import ssh2 from 'ssh2';
import { readLog } from '../../src/core/gate/answer.js';
import { EnrolledHost } from '../host/support/enrolled.js';
import { describeNeeding } from '../support/needs.js';

jest.setTimeout(60_000);

const SYN = 'net.ipv4.tcp_syn_retries';
const FIN = 'net.ipv4.tcp_fin_timeout';

/** A connection into the box that holds back what the client sends once told so, as a partition does, and delivers it later. */
class HeldLine extends Duplex {
  readonly #line;
  readonly #kept: Buffer[] = [];
  /** `next answer`: what the client says once the host has spoken again is kept */
  keep: 'nothing' | 'next answer' | 'everything' = 'nothing';

  constructor(pid: number) {
    super();
    this.#line = spawn('nsenter', ['--target', `${pid}`, '--net', '--', 'busybox', 'nc', '127.0.0.1', '2222'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#line.stdout.on('data', (data: Buffer) => {
      if (this.keep === 'next answer') this.keep = 'everything';
      this.push(data);
    });
    this.#line.stdout.on('end', () => this.push(null));
    this.#line.stdin.on('error', () => {});
  }
  override _read(): void {}
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    if (this.keep === 'everything') this.#kept.push(chunk);
    else this.#line.stdin.write(chunk);
    done();
  }
  get kept(): number {
    return this.#kept.length;
  }
  deliver(): void {
    for (const chunk of this.#kept.splice(0)) this.#line.stdin.write(chunk);
  }
  end_(): void {
    this.#line.kill('SIGKILL');
  }
}

describeNeeding(['linux', 'root', 'netns', 'sshd', 'sudo', 'busybox'], 'the gate in trouble', () => {
  let host: EnrolledHost;
  beforeAll(async () => {
    host = await EnrolledHost.start();
    expect((await host.program('install')).code).toBe(0);
    await host.listen();
    await host.connect('change');
  });
  afterAll(() => host.end());

  const events = async (id: string): Promise<string[]> =>
    (readLog(await host.ask('change', 'log 200'))?.lines ?? [])
      .filter(({ changeId }) => changeId === id)
      .map(({ event }) => event);

  /** Sends a request whose last part arrives only after the asker is gone and `seconds` have passed. */
  const late = async (request: string, seconds: number): Promise<void> => {
    const line = new HeldLine(host.box.pid);
    const client = new ssh2.Client();
    const privateKey = await host.box.must('cat /mnt/change');
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve).once('error', reject);
      client.connect({ sock: line, username: 'tcpstates-change', privateKey, hostVerifier: () => true });
    });
    client.on('error', () => {});
    await sleep(300); // the host's own words after the login
    line.keep = 'next answer'; // it opens the channel; the request itself is held
    client.exec(request, () => {});
    for (let waited = 0; waited < 50 && line.kept === 0; waited += 1) await sleep(50);
    expect(line.kept).toBeGreaterThan(0);
    await sleep(seconds * 1000);
    line.deliver();
    await sleep(1500);
    client.destroy();
    line.end_();
  };

  test('a request that a partition held up for longer than its time has no effect', async () => {
    await late(`set late0001 60 ${host.notAfter(2)} runtime ${SYN}:6:4`, 4);
    expect(await events('late0001')).toEqual(['too-late']);
    expect(await host.box.value(SYN)).toBe('6');
    expect((await host.ask('change', 'status late0001')).end).toBe('unknown-id');
  });

  test('and it is the time that decides: the same in time is done', async () => {
    await late(`set late0002 60 ${host.notAfter(30)} runtime ${SYN}:6:4`, 4);
    expect(await events('late0002')).toEqual(['prepared', 'applied']);
    expect(await host.box.value(SYN)).toBe('4');
    expect((await host.ask('change', 'revert late0002')).end).toBe('ok');
  });

  test('time that was lost waiting for another request counts too', async () => {
    const held = host.box.sh('exec 9>/run/tcpstates-gate/lock; flock 9; sleep 4');
    await sleep(200);
    const answer = await host.ask('change', `set late0003 60 ${host.notAfter(2)} runtime ${SYN}:6:4`);
    expect(answer.end).toBe('too-late');
    await held;
    expect(await host.box.value(SYN)).toBe('6');
  });

  test('a lock that nobody lets go of is said, and nothing is done', async () => {
    const held = host.box.sh('exec 9>/run/tcpstates-gate/lock; flock 9; sleep 11');
    await sleep(200);
    expect((await host.ask('change', 'status late0002')).end).toBe('busy');
    await held;
  });

  test('a full disk: nothing is begun, but what is in force can be taken back', async () => {
    const records = '/var/lib/tcpstates-gate';
    await host.box.must(`mount -t tmpfs -o size=256k,mode=700 none ${records}`);
    const full = `cat /dev/zero >${records}/fill 2>/dev/null || :`;
    await host.ask('change', 'list');
    await host.box.must(full);
    expect((await host.ask('change', `set full0001 60 ${host.notAfter()} runtime ${SYN}:6:4 ${FIN}:60:30`)).end).toBe(
      'storage',
    );
    expect(await host.box.value(SYN)).toBe('6');
    await host.box.must(`rm ${records}/fill`);
    expect((await host.ask('change', `set full0002 60 ${host.notAfter()} runtime ${SYN}:6:4 ${FIN}:60:30`)).end).toBe(
      'ok',
    );
    await host.box.must(full);
    const reverted = await host.ask('change', 'revert full0002');
    expect([reverted.end, reverted.fields['state']]).toEqual(['storage-after-revert', 'applied']);
    expect([await host.box.value(SYN), await host.box.value(FIN)]).toEqual(['6', '60']);
    await host.box.must(`rm ${records}/fill; /usr/local/libexec/tcpstates/gate reap`);
    expect((await host.ask('change', 'revert full0002')).fields['state']).toBe('reverted');
    await host.box.must(`mount -o remount,ro ${records}`);
    expect((await host.ask('change', `set full0003 60 ${host.notAfter()} runtime ${SYN}:6:4`)).end).toBe('storage');
    expect(await host.box.value(SYN)).toBe('6');
    await host.box.must(`umount ${records}`);
  });

  test('sysctl.d can not be written: confirmed, said, and completed as soon as it can', async () => {
    await host.box.must('mkdir -p /etc/sysctl.d; mount -t tmpfs -o ro none /etc/sysctl.d');
    await host.ask('change', `set disk0001 60 ${host.notAfter()} persistent ${SYN}:6:4`);
    const confirmed = await host.ask('change', 'confirm disk0001');
    expect([confirmed.end, confirmed.fields['state']]).toEqual(['persist-failed', 'committed']);
    expect((await host.ask('change', 'revert disk0001')).end).toBe('not-pending');
    expect((await host.ask('change', `set disk0002 60 ${host.notAfter()} runtime ${FIN}:60:30`)).end).toBe(
      'busy-pending',
    );
    await host.box.must('mount -o remount,rw /etc/sysctl.d; /usr/local/libexec/tcpstates/gate reap');
    expect((await host.ask('change', 'status disk0001')).fields['state']).toBe('confirmed');
    expect(await host.box.must('cat /etc/sysctl.d/90-tcpstates.conf')).toContain(`\n${SYN} = 4\n`);
    expect(await events('disk0001')).toEqual(['prepared', 'applied', 'PERSIST-FAILED', 'confirmed']);
  });
});
