/** Both keys, a real sshd, a real sudo, and requests that must all be refused; then the same ways in with requests that must not. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readChange } from '../../src/core/gate/answer.js';
import { type Account, EnrolledHost } from '../host/support/enrolled.js';
import { hostileRequests } from '../host/support/hostile.js';
import { describeNeeding } from '../support/needs.js';

jest.setTimeout(240_000);

const SYN = 'net.ipv4.tcp_syn_retries';
/** every value that sysctl knows, without those that move by themselves */
const EVERYTHING =
  "sysctl -a 2>/dev/null | grep -Ev '(nr_open|file-nr|inode-|dentry-state|random|sched_domain|pty.nr|tcp_mem|conntrack_count|ns_last_pid|nf_conntrack_buckets|overflow|kernel.pid|numa|cdrom|lost_events|drop_caches|tcp_fastopen_key)' | sort | sha256sum";

describeNeeding(['linux', 'root', 'netns', 'sshd', 'sudo'], 'a stolen key', () => {
  let host: EnrolledHost;
  beforeAll(async () => {
    host = await EnrolledHost.start();
    expect((await host.program('install')).code).toBe(0);
    await host.listen();
    await host.connect('read');
    await host.connect('change');
  });
  afterAll(() => host.end());

  const control = async (id: string): Promise<void> => {
    const set = await host.ask('change', `set ${id} 60 ${host.notAfter()} runtime ${SYN}:6:4`);
    expect([set.end, readChange(set)?.state, await host.box.value(SYN)]).toEqual(['ok', 'applied', '4']);
    expect((await host.ask('change', `status ${id}`)).fields['state']).toBe('applied');
    expect((await host.ask('change', `revert ${id}`)).end).toBe('ok');
    expect(await host.box.value(SYN)).toBe('6');
    for (const account of ['read', 'change'] as const)
      expect((await host.ask(account, `get ${SYN}`)).fields['value']).toBe('6');
  };

  test('is accepted with a right request: the tests below could fail', () => control('control01'));

  test.each(['read', 'change'] as const)(
    'the %s key: every hostile request is refused, nothing moves',
    async (account: Account) => {
      const at = host.notAfter();
      // what is right for the other key is wrong for this one
      const others = [
        `set right001 60 ${at} runtime ${SYN}:6:4`,
        'status control01',
        'confirm control01',
        'revert control01',
        'list',
        'log 5',
      ];
      const requests = [...hostileRequests(at), ...(account === 'read' ? others : [])];
      expect(requests.length).toBeGreaterThanOrEqual(500);
      const before = await host.box.must(EVERYTHING);
      const records = await host.box.must('ls /var/lib/tcpstates-gate/c /var/lib/tcpstates-gate/o');
      const accepted: [string, string][] = [];
      const codes = new Map<string, number>();
      const left = [...requests];
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          for (let request = left.shift(); request !== undefined; request = left.shift()) {
            const { text, end } = await host.ask(account, request);
            codes.set(end ?? 'none', (codes.get(end ?? 'none') ?? 0) + 1);
            // a refusal is nothing but its code, or what about the request was refused
            if (end === undefined || end === 'ok' || !/^(key=\S+\n)?(current=\S+\n)?end=\S+\n$/.test(text))
              accepted.push([request, text]);
          }
        }),
      );
      process.stderr.write(
        `hostile, ${account} key: ${requests.length} requests, ${accepted.length} accepted, ${JSON.stringify(Object.fromEntries(codes))}\n`,
      );
      expect(accepted).toEqual([]);
      expect(await host.box.must('ls /mnt/pwned* /tmp/pwned* 2>/dev/null || :')).toBe('');
      expect(await host.box.must('ls /var/lib/tcpstates-gate/c /var/lib/tcpstates-gate/o')).toBe(records);
      expect(await host.box.must(EVERYTHING)).toBe(before);
    },
  );

  test.each([
    ['a terminal', '-tt', '', /PTY allocation request failed|end=denied/],
    ['a forwarded port', '-W 127.0.0.1:2222', '', /administratively prohibited|open failed|forwarding/i],
    ['a subsystem', '-s', 'sftp', /end=denied/],
    ['its agent', '-A', "'ls $SSH_AUTH_SOCK'", /end=denied/],
    [
      'an environment',
      "-o 'SetEnv ENV=/mnt/rc BASH_ENV=/mnt/rc LD_PRELOAD=/mnt/x.so PATH=/mnt PS4=x'",
      'id',
      /end=denied/,
    ],
  ])('%s is not to be had', async (_, options, rest, refusal) => {
    await host.box.must("printf 'touch /mnt/pwned-env\\n' >/mnt/rc; chmod 755 /mnt; chmod 644 /mnt/rc");
    for (const account of ['read', 'change'] as const) {
      const { text, stderr } = await host.ssh(account, options, rest);
      expect(`${text}${stderr}`).toMatch(refusal);
    }
    expect(await host.box.must('ls /mnt/pwned* 2>/dev/null || :')).toBe('');
  });

  test.each([
    ['an argument', 'sudo -n /usr/local/libexec/tcpstates/gate reap'],
    ['two arguments', 'sudo -n /usr/local/libexec/tcpstates/gate timer change001 0'],
    ['an empty argument', "sudo -n /usr/local/libexec/tcpstates/gate ''"],
    ['another program', 'sudo -n /bin/sh -c id'],
    ['another path of it', 'ln -s /usr/local/libexec/tcpstates/gate /tmp/gate-link; sudo -n /tmp/gate-link'],
    ['an environment of its own', 'sudo -n -E ENV=/mnt/rc /usr/local/libexec/tcpstates/gate'],
    ['an editor', 'sudo -n -e /etc/passwd'],
    ['a shell', 'sudo -n -s id'],
    ['another user', 'sudo -n -u daemon /usr/local/libexec/tcpstates/gate'],
  ])('even a shell of the change account gets no %s past sudo', async (_, command) => {
    const { text, code } = await host.box.run('su', [
      '-s',
      '/bin/sh',
      '-c',
      `${command} </dev/null`,
      'tcpstates-change',
    ]);
    await host.box.must('rm -f /tmp/gate-link');
    expect([text, code === 0]).toEqual(['', false]);
  });

  test('the account can not change its own key, the gate or its records', async () => {
    for (const command of [
      'echo x >>/var/lib/tcpstates-change/.ssh/authorized_keys',
      'mv /var/lib/tcpstates-change/.ssh /var/lib/tcpstates-change/x',
      'echo x >>/usr/local/libexec/tcpstates/gate',
      'ls /var/lib/tcpstates-gate',
      'touch /run/tcpstates-gate/lock',
      'touch /etc/sysctl.d/x.conf',
    ])
      expect([
        command,
        (await host.box.run('su', ['-s', '/bin/sh', '-c', command, 'tcpstates-change'])).code === 0,
      ]).toEqual([command, false]);
  });

  test('bytes that SSH can not carry are refused by root as well', async () => {
    for (const request of [
      `status control01\0\n`,
      `status\0control01\n`,
      '\n',
      '',
      `${'a'.repeat(3000)}\n`,
      `status control01\nstatus control01\n`,
      '\u00ff\u00fe\n',
    ]) {
      const { text } = await host.box.run('/usr/local/libexec/tcpstates/gate', [], request);
      expect([request.slice(0, 20), text]).toEqual([request.slice(0, 20), 'end=denied\n']);
    }
  });

  test('and right requests are still taken', () => control('control02'));
});
