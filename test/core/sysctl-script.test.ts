import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSysctls, sysctlScript } from '../../src/core/sysctl-script.js';
import { describeNeeding } from '../support/needs.js';

const run = (shell: readonly string[]) => {
  const [program = 'sh', ...args] = shell;
  const { stdout, stderr, status } = spawnSync(program, [...args, '-s'], {
    input: sysctlScript().text,
    encoding: 'utf8',
    maxBuffer: 20_000_000,
    timeout: 20_000,
  });
  return { text: stdout, stderr, status };
};

const told = (...rows: string[]) => ['@@sysctls', ...rows, '@@end'].join('\n');

describe('sysctls as answered', () => {
  test('are named with dots, blanks folded, old names made today’s', () => {
    const { values, kernelRelease } = parseSysctls(
      told(
        'net/ipv4/tcp_rmem:4096\t131072\t6291456',
        'net/ipv4/ip_local_reserved_ports:',
        'net/ipv4/conf/eth0.100/rp_filter:2',
        'net/nf_conntrack_max:262144',
        'net/netfilter/nf_conntrack_max:262144',
        'net/ipv4/netfilter/ip_conntrack_tcp_timeout_time_wait:120',
        'kernel/osrelease:6.1.0-18-amd64',
        'not a line of ours',
        '../../etc/passwd:x',
      ),
    );
    expect(values).toEqual({
      'net.ipv4.tcp_rmem': '4096 131072 6291456',
      'net.ipv4.ip_local_reserved_ports': '',
      'net.ipv4.conf.eth0/100.rp_filter': '2',
      'net.netfilter.nf_conntrack_max': '262144',
      'net.netfilter.nf_conntrack_tcp_timeout_time_wait': '120',
      'kernel.osrelease': '6.1.0-18-amd64',
    });
    expect(kernelRelease).toBe('6.1.0-18-amd64');
  });

  test('files at boot: by name over the folders, /etc before /usr/lib, sysctl.conf last', () => {
    const { boot } = parseSysctls(
      [
        '@@sysctls',
        '@@boot',
        '@@file /usr/lib/sysctl.d/50-default.conf',
        'net.core.somaxconn = 128',
        '@@file /usr/lib/sysctl.d/90-x.conf',
        'net/core/somaxconn=1',
        '@@file /etc/sysctl.d/10-first.conf',
        '-net.core.somaxconn=256',
        '@@file /etc/sysctl.d/90-x.conf',
        ' net.core.somaxconn =  512 ',
        '@@file /etc/sysctl.conf',
        'net.core.somaxconn=4096',
        '@@end',
      ].join('\n'),
    );
    expect(boot?.['net.core.somaxconn']).toEqual([
      { file: '/etc/sysctl.d/10-first.conf', value: '256' },
      { file: '/usr/lib/sysctl.d/50-default.conf', value: '128' },
      { file: '/etc/sysctl.d/90-x.conf', value: '512' },
      { file: '/etc/sysctl.conf', value: '4096' },
    ]);
  });

  test('whatever a host prints, nothing is thrown and nothing is inherited', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => void parseSysctls(told(text))));
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => void parseSysctls(`@@boot\n@@file /x\n${text}`)));
    const { values } = parseSysctls(told('net/__proto__:x', '__proto__/y:z'));
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
  });
});

describeNeeding(['linux', 'dash', 'busybox'], 'the sysctl script', () => {
  test.each([[['dash']], [['busybox', 'sh']], [['bash']]])('%j answers what the kernel says', (shell) => {
    const { text, status, stderr } = run(shell);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(text.endsWith('@@end\n')).toBe(true);
    const { values, kernelRelease } = parseSysctls(text);
    const said = spawnSync('cat', ['/proc/sys/net/ipv4/tcp_fin_timeout', '/proc/sys/kernel/osrelease'], {
      encoding: 'utf8',
    });
    expect([values['net.ipv4.tcp_fin_timeout'], kernelRelease]).toEqual(said.stdout.trim().split('\n'));
  });

  test('finds every key that sysctl -a prints, with its value', () => {
    const { values } = parseSysctls(run(['sh']).text);
    const all = spawnSync('/usr/sbin/sysctl', ['-a'], { encoding: 'utf8', maxBuffer: 20_000_000 }).stdout;
    const wrong: string[] = [];
    for (const line of all.split('\n')) {
      const [, key = '', value = ''] = /^(\S+) =(.*)$/.exec(line) ?? [];
      // Keys whose value moves by itself, or that are left out on purpose.
      if (
        key === '' ||
        /random|file-nr|inode|dentry|count$|ns_last_pid|pty|binfmt|sched_domain|conntrack_max|^debug|^abi|^sunrpc|^crypto/.test(
          key,
        )
      )
        continue;
      // sysctl(8) repeats the key for each line of a value.
      const here = values[key] ?? '(absent)';
      const there = value.trim().replace(/\s+/g, ' ');
      if (key === 'kernel.core_modes' ? !here.includes(there) : here !== there) wrong.push(`${line} | ${values[key]}`);
    }
    expect(wrong).toEqual([]);
  });
});
