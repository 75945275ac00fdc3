/** Enrolling a whole host, looking after it and leaving it again, on a real system. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readChange, readVersion } from '../../src/core/gate/answer.js';
import { digestOf } from '../../src/host/gate.js';
import { installerScript } from '../../src/host/installer.js';
import { runOn } from '../../src/host/login.js';
import { EnrolledHost } from '../host/support/enrolled.js';
import { describeNeeding } from '../support/needs.js';

jest.setTimeout(120_000);

describeNeeding(['linux', 'root', 'netns', 'sshd', 'sudo'], 'enrolling a host', () => {
  let host: EnrolledHost;
  beforeAll(async () => {
    host = await EnrolledHost.start();
  });
  afterAll(() => host.end());

  test('puts what is needed, and a second time nothing', async () => {
    const first = await host.program('install');
    expect([first.stderr, first.code]).toEqual(['', 0]);
    expect(first.text.split('\n')).toEqual([
      'account: tcpstates',
      'account: tcpstates-change',
      'written: /usr/local/libexec/tcpstates/state.sh',
      'written: /usr/local/libexec/tcpstates/sysctl.sh',
      'written: /usr/local/libexec/tcpstates/gate',
      'written: /etc/sudoers.d/tcpstates',
      'written: /var/lib/tcpstates/.ssh/authorized_keys',
      'written: /var/lib/tcpstates-change/.ssh/authorized_keys',
      'written: /etc/cron.d/tcpstates',
      'enrolled',
      '',
    ]);
    const second = await host.program('install');
    expect([second.stderr, second.code, second.text]).toEqual(['', 0, 'enrolled\n']);
    const check = await host.program('check');
    expect([check.stderr, check.code, check.text]).toEqual(['', 0, 'as enrolled\n']);
  });

  test('both keys answer over a real sshd, each with its role', async () => {
    await host.listen();
    await host.connect('read');
    await host.connect('change');
    const digest = digestOf(host.enrolment.gate);
    expect(readVersion(await host.ask('read', 'version'))).toMatchObject({ role: 'read', digest });
    expect(readVersion(await host.ask('change', 'version'))).toMatchObject({ role: 'change', digest });
    expect((await host.ask('read', 'probe')).text).toBe('state\ntcpstates\n@@end\n');
    expect((await host.ask('read', 'sysctls')).text).toBe('sysctls\n@@end\n');
    expect((await host.ask('read', 'status change001')).text).toBe('end=denied\n');
    const set = await host.ask(
      'change',
      `set change001 60 ${host.notAfter()} persistent net.ipv4.tcp_fin_timeout:60:30`,
    );
    expect([set.end, readChange(set)?.state]).toEqual(['ok', 'applied']);
    expect(await host.box.value('net.ipv4.tcp_fin_timeout')).toBe('30');
    expect((await host.ask('change', 'confirm change001')).end).toBe('ok');
    expect(
      await host.box.must('cat /etc/sysctl.d/90-tcpstates.conf; stat -c %a /etc/sysctl.d/90-tcpstates.conf'),
    ).toMatch(/\nnet\.ipv4\.tcp_fin_timeout = 30\n644\n$/);
    expect((await host.ask('change', 'list')).fields).toEqual({
      change1: 'change001 confirmed persistent',
      keys1: 'net.ipv4.tcp_fin_timeout',
      changes: '1',
      open: 'none',
    });
  });

  test('the host itself takes back what nobody confirmed, with the asker long gone', async () => {
    const set = await host.ask('change', `set change002 30 ${host.notAfter()} runtime net.ipv4.tcp_syn_retries:6:3`);
    expect(readChange(set)?.leftSeconds).toBe(30);
    await new Promise((resolve) => setTimeout(resolve, 29_000));
    expect(await host.box.value('net.ipv4.tcp_syn_retries')).toBe('3');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await host.box.value('net.ipv4.tcp_syn_retries')).toBe('6');
    expect((await host.ask('change', 'status change002')).fields['state']).toBe('reverted');
  });

  test.each([
    ['chmod 666 /usr/local/libexec/tcpstates/gate', /gate has mode and owner 666 0:0/],
    ['echo "# x" >>/usr/local/libexec/tcpstates/gate', /gate has another content/],
    ['echo "ssh-ed25519 AAAA mine" >>/var/lib/tcpstates/.ssh/authorized_keys', /authorized_keys has another content/],
    ['chown tcpstates /var/lib/tcpstates/.ssh', /not root's alone to write/],
    ['rm /etc/cron.d/tcpstates', /cron\.d\/tcpstates is missing/],
    ['rm /etc/sudoers.d/tcpstates', /sudo allows tcpstates-change something else than the gate, or not that/],
    ['echo "tcpstates ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/more', /sudo allows tcpstates something/],
    ['usermod -aG sudo tcpstates-change', /in a group with rights/],
    ['chmod 755 /var/lib/tcpstates-gate', /tcpstates-gate is not 700/],
    ['rm /usr/local/libexec/tcpstates/state.sh', /state\.sh is missing/],
  ])('a deviation is found, and mended by enrolling again: %s', async (damage, message) => {
    await host.box.must(damage);
    const found = await host.program('check');
    expect(found.code).toBe(1);
    expect(found.text).toMatch(message);
    await host.box.must('rm -f /etc/sudoers.d/more; gpasswd -d tcpstates-change sudo >/dev/null 2>&1 || :');
    expect((await host.program('install')).code).toBe(0);
    expect((await host.program('check')).text).toBe('as enrolled\n');
  });

  test('an administrator enrolls over an SSH login of their own, through sudo', async () => {
    await host.box.must(
      `useradd -m -d /var/lib/ops -s /bin/sh -p '*' ops
       printf 'ops ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/ops
       mkdir -p /var/lib/ops/.ssh && ssh-keygen -q -t ed25519 -N '' -f /mnt/ops && cp /mnt/ops.pub /var/lib/ops/.ssh/authorized_keys
       chown -R ops /var/lib/ops/.ssh && chmod 700 /var/lib/ops/.ssh
       printf 'Host web-1\\nHostName 127.0.0.1\\nPort 2222\\nUser ops\\nIdentityFile /mnt/ops\\nUserKnownHostsFile /mnt/known\\n' >/mnt/ssh_config
       rm /etc/cron.d/tcpstates`,
    );
    const folder = mkdtempSync(join(tmpdir(), 'gate-enroll-'));
    const ssh = join(folder, 'ssh');
    writeFileSync(
      ssh,
      `#!/bin/sh\nexec nsenter --target ${host.box.pid} --net --mount --pid -- ssh -F /mnt/ssh_config "$@"\n`,
    );
    chmodSync(ssh, 0o755);
    const statuses: number[] = [];
    for (const what of ['check', 'install', 'check'] as const)
      statuses.push(await runOn('web-1', installerScript(host.enrolment, what), ssh));
    await host.box.must('rm /etc/sudoers.d/ops');
    statuses.push(await runOn('web-1', installerScript(host.enrolment, 'check'), ssh));
    rmSync(folder, { recursive: true });
    expect(statuses).toEqual([1, 0, 0, 1]);
  });

  test('a gate that was changed is not started by sudo, and says so', async () => {
    await host.box.must('sed -i "s/^TTL_MAX=.*/TTL_MAX=999999/" /usr/local/libexec/tcpstates/gate');
    expect(
      (await host.ask('change', `set change003 60 ${host.notAfter()} runtime net.ipv4.tcp_syn_retries:6:3`)).end,
    ).toBe('not-enrolled');
    await host.program('install');
    expect((await host.ask('change', 'status change001')).end).toBe('ok');
  });

  test('is refused where nothing would ever finish after a crash', async () => {
    await host.box.must('mv /etc/cron.d /etc/cron.away');
    const refused = await host.program('install');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'tcpstates: neither systemd nor cron: nothing would take back what a crash left behind\n',
    ]);
    await host.box.must('mv /etc/cron.away /etc/cron.d');
  });

  test('leaving waits for an open change, then leaves nothing but what was confirmed', async () => {
    await host.ask('change', `set change004 60 ${host.notAfter()} runtime net.ipv4.tcp_syn_retries:6:3`);
    const refused = await host.program('remove');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'tcpstates: change change004 is still open: confirm or revert it first, or wait until the host has\n',
    ]);
    expect((await host.ask('change', 'revert change004')).end).toBe('ok');
    const removed = await host.program('remove');
    expect([removed.code, removed.text.endsWith('unenrolled\n')]).toEqual([0, true]);
    expect(
      await host.box.must(
        'ls -d /usr/local/libexec/tcpstates /etc/sudoers.d/tcpstates /etc/cron.d/tcpstates /var/lib/tcpstates* 2>/dev/null; grep -c "^tcpstates" /etc/passwd || :; ls /etc/sysctl.d/90-tcpstates.conf',
      ),
    ).toBe('/var/lib/tcpstates-gate\n0\n/etc/sysctl.d/90-tcpstates.conf\n');
    expect((await host.program('remove')).code).toBe(0);
    await host.program('purge');
    expect(await host.box.must('ls -d /var/lib/tcpstates-gate /etc/sysctl.d/90-tcpstates.conf 2>/dev/null || :')).toBe(
      '',
    );
  });
});
