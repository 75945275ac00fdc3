import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSysctls, sysctlScript } from '../../src/core/sysctl-script.js';
import { parseSysctlTranscript } from '../../src/core/sysctl-transcript.js';
import { describeNeeding } from '../support/needs.js';

const answer = (values: readonly string[], boot: readonly string[] = []): string =>
  ['@@sysctl_meta', 'probe=2', '@@values', ...values, '@@unreadable', '@@boot', ...boot, '@@end'].join('\n');
const valuesOf = (...lines: string[]) => parseSysctls(answer(lines)).values;
const bootOf = (...lines: string[]) => parseSysctls(answer(['/proc/sys/net/core/somaxconn:4096'], lines)).boot ?? {};

const bootLines = (lines: readonly string[]) =>
  Object.keys(parseSysctls(answer([], ['@file /etc/sysctl.d/a.conf /etc/sysctl.d/a.conf', ...lines])).boot ?? {});

describe('values as answered', () => {
  test('are named with dots and blanks are folded; a VLAN interface keeps its dot as a slash, as sysctl(8) prints it', () => {
    expect(
      valuesOf(
        '/proc/sys/net/ipv4/tcp_rmem:4096\t131072\t6291456',
        '/proc/sys/net/ipv4/ip_local_reserved_ports:',
        '/proc/sys/net/ipv4/conf/eth0.100/rp_filter:2',
        'not a line of ours',
        '/proc/sys/../../etc/passwd:x',
      ),
    ).toEqual({
      'net.ipv4.tcp_rmem': '4096 131072 6291456',
      'net.ipv4.ip_local_reserved_ports': '',
      'net.ipv4.conf.eth0/100.rp_filter': '2',
    });
  });

  test('old names are keyed as they are called today, and the printed name is kept', () => {
    const { values, printedNames } = parseSysctlTranscript(
      answer([
        '/proc/sys/net/ipv4/netfilter/ip_conntrack_tcp_timeout_time_wait:120',
        '/proc/sys/net/ipv4/ip_conntrack_max:65536',
      ]),
    );
    expect(values).toEqual({
      status: 'ok',
      value: { 'net.netfilter.nf_conntrack_tcp_timeout_time_wait': '120', 'net.netfilter.nf_conntrack_max': '65536' },
    });
    expect(printedNames).toEqual({
      'net.netfilter.nf_conntrack_tcp_timeout_time_wait': 'net.ipv4.netfilter.ip_conntrack_tcp_timeout_time_wait',
      'net.netfilter.nf_conntrack_max': 'net.ipv4.ip_conntrack_max',
    });
  });

  test.each([
    ['first', ['/proc/sys/net/nf_conntrack_max:1', '/proc/sys/net/netfilter/nf_conntrack_max:2']],
    ['last', ['/proc/sys/net/netfilter/nf_conntrack_max:2', '/proc/sys/net/nf_conntrack_max:1']],
  ])('today’s name wins where the other name came %s', (_, lines) => {
    expect(valuesOf(...lines)).toEqual({ 'net.netfilter.nf_conntrack_max': '2' });
  });

  test('nothing read is a failed reading with its reason, and a cut answer says that it was cut', () => {
    expect(parseSysctlTranscript(answer([])).values.status).toBe('failed');
    const cut = parseSysctlTranscript('@@sysctl_meta\nprobe=2\n@@values\n/proc/sys/net/core/somaxconn:40');
    expect(cut.values).toEqual({ status: 'failed', reason: expect.stringContaining('cut off') });
    expect(cut.boot).toEqual({ status: 'failed', reason: expect.stringContaining('cut off') });
  });
});

describe('which files set a key at boot', () => {
  const key = 'net.core.somaxconn';
  const file = (path: string, target = path) => `@file ${path} ${target}`;

  test('by name over all folders; of one name only the first folder’s', () => {
    const boot = bootOf(
      file('/etc/sysctl.d/10-first.conf'),
      '-net.core.somaxconn=256',
      file('/etc/sysctl.d/90-x.conf'),
      ' net.core.somaxconn =  512 ',
      file('/usr/lib/sysctl.d/50-default.conf'),
      'net.core.somaxconn = 128',
      file('/usr/lib/sysctl.d/90-x.conf'),
      'net/core/somaxconn=1',
      '@systemd',
    );
    expect(boot[key]).toEqual([
      { file: '/etc/sysctl.d/10-first.conf', value: '256' },
      { file: '/usr/lib/sysctl.d/50-default.conf', value: '128' },
      { file: '/etc/sysctl.d/90-x.conf', value: '512' },
    ]);
  });

  test('a link to /dev/null masks the distribution’s file', () => {
    expect(
      bootOf(file('/etc/sysctl.d/50-a.conf', '/dev/null'), file('/usr/lib/sysctl.d/50-a.conf'), `${key}=1`)[key],
    ).toBeUndefined();
  });

  test('/etc/sysctl.conf: last with procps; with systemd only where a link names it', () => {
    const lines = [file('/etc/sysctl.d/99-z.conf'), `${key}=1`, file('/etc/sysctl.conf'), `${key}=2`];
    expect(bootOf(...lines)[key]?.map(({ value }) => value)).toEqual(['1', '2']);
    expect(bootOf(...lines, '@systemd')[key]?.map(({ value }) => value)).toEqual(['1']);
    const linked = [file('/etc/sysctl.d/99-sysctl.conf', '/etc/sysctl.conf'), `${key}=2`, ...lines];
    expect(bootOf(...linked, '@systemd')[key]).toEqual([
      { file: '/etc/sysctl.conf', value: '2' },
      { file: '/etc/sysctl.d/99-z.conf', value: '1' },
    ]);
  });

  test('a pattern sets what it matches and nobody named', () => {
    const boot = parseSysctls(
      answer(
        ['/proc/sys/net/ipv4/conf/eth0/rp_filter:0', '/proc/sys/net/ipv4/conf/eth1/rp_filter:2'],
        [file('/etc/sysctl.d/a.conf'), 'net.ipv4.conf.*.rp_filter = 2', 'net.ipv4.conf.eth0.rp_filter = 0'],
      ),
    ).boot;
    expect(boot).toEqual({
      'net.ipv4.conf.eth0.rp_filter': [{ file: '/etc/sysctl.d/a.conf', value: '0' }],
      'net.ipv4.conf.eth1.rp_filter': [{ file: '/etc/sysctl.d/a.conf', value: '2' }],
    });
  });
});

describe('an answer that a host made up to hold up the bot', () => {
  const hostile = 99_000;
  const key = 'net.core.somaxconn';
  const path = '/proc/sys/net/core/somaxconn';

  test('a setting that has lines without end is no value; the others are read', () => {
    const lines = Array.from({ length: hostile }, () => `${path}:1`);
    expect(valuesOf('/proc/sys/net/a/b:1', ...lines, '/proc/sys/net/a/c:2')).toEqual({
      'net.a.b': '1',
      'net.a.c': '2',
    });
    expect(valuesOf(...lines.slice(0, 64))[key]?.split(' ')).toHaveLength(64);
    expect(valuesOf(...lines.slice(0, 65))).toEqual({});
  });

  test('of a key that is set without end at boot the last lines are kept: one of them wins', () => {
    const lines = Array.from({ length: hostile }, (_, at) => `${key}=${at}`);
    const found = bootOf('@file /etc/sysctl.d/a.conf', ...lines)[key] ?? [];
    expect(found).toHaveLength(64);
    expect(found.at(-1)?.value).toBe(`${hostile - 1}`);
  });

  test('patterns without end: the last are held against the keys, and none tries every way to share out its stars', () => {
    const segment = 'a'.repeat(60);
    const values = Array.from({ length: 2_000 }, (_, at) => `/proc/sys/net/${segment}/k${at}:1`);
    const lines = Array.from({ length: 40_000 }, (_, at) => `net.${'*a'.repeat(20)}b.k${at}*=1`);
    const boot = parseSysctls(
      answer(values, ['@file /etc/sysctl.d/a.conf', 'net.*.k7=early', ...lines, `net.${'?'.repeat(60)}.k77=2`]),
    ).boot;
    expect(boot).toEqual({ [`net.${segment}.k77`]: [{ file: '/etc/sysctl.d/a.conf', value: '2' }] });
  });
});

test.each([
  ['net.ipv4.conf.eth[0-1].rp_filter', ['eth0', 'eth1']],
  ['net.ipv4.conf.[ew]*[02].rp_filter', ['eth0', 'wlan2']],
  ['net.ipv4.conf.[z-a]*.rp_filter', []],
  ['net.ipv4.conf.eth[.rp_filter', []],
  ['net.*.rp_filter', []],
])('%s sets %j', (pattern, interfaces) => {
  const key = (name: string): string => `net.ipv4.conf.${name}.rp_filter`;
  const values = ['eth0', 'eth1', 'wlan2'].map((name) => `/proc/sys/net/ipv4/conf/${name}/rp_filter:1`);
  const boot = parseSysctls(answer(values, ['@file /etc/sysctl.d/a.conf', `${pattern}=2`])).boot ?? {};
  expect(Object.keys(boot)).toEqual(interfaces.map(key));
});

test('a line of blanks without end costs no more than another', () => {
  const blank = ' '.repeat(60_000);
  expect(bootLines([blank, `-${blank}`, `net.x${blank}`, `net.core.somaxconn = 5${blank}`])).toEqual([
    'net.core.somaxconn',
  ]);
});

test('whatever a host prints, nothing is thrown and nothing is inherited', () => {
  fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => void parseSysctls(answer([text], [text]))));
  fc.assert(
    fc.property(
      fc.string({ maxLength: 400 }),
      (text) => void parseSysctls(`@@boot\n@file /etc/sysctl.d/x.conf\n${text}`),
    ),
  );
  const { values, boot } = parseSysctls(
    answer(
      ['/proc/sys/net/__proto__:x', '/proc/sys/__proto__/y:z'],
      ['@file /etc/sysctl.d/a.conf', '__proto__=1', 'net.__proto__=1'],
    ),
  );
  expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
  expect(Object.getPrototypeOf(boot)).toBe(Object.prototype);
});

describeNeeding(['linux', 'dash', 'busybox'], 'the sysctl script, run', () => {
  test.each([[['dash']], [['busybox', 'ash']], [['bash']]])(
    'by %j gives every value of net.*',
    ([program = 'sh', ...args]) => {
      const { stdout } = spawnSync(program, [...args, '-s'], {
        input: sysctlScript().text,
        encoding: 'utf8',
        timeout: 20_000,
      });
      const { values, kernelRelease } = parseSysctls(stdout);
      expect(stdout.trimEnd().endsWith('\n@@end')).toBe(true);
      expect(kernelRelease).toBe(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
      for (const key of ['ipv4/tcp_fin_timeout', 'ipv4/tcp_rmem', 'core/somaxconn', 'ipv4/ip_local_port_range'])
        expect(values[`net.${key.replace('/', '.')}`]).toBe(
          readFileSync(`/proc/sys/net/${key}`, 'utf8').trim().replace(/\s+/g, ' '),
        );
      expect(Object.keys(values).length).toBeGreaterThan(200);
      // Secrets of the host are not asked for.
      expect(stdout).not.toMatch(/tcp_fastopen_key|stable_secret/);
    },
  );
});
