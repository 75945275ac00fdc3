/** The catalogue of sysctls: complete, consistent in itself, and true on a real kernel. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import type { AllowedValues, SysctlEntry } from '../../src/core/sysctl.js';
import { defaultOn, querySysctls } from '../../src/core/sysctl-query.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
import { parseSysctlTranscript } from '../../src/core/sysctl-transcript.js';
import { valueProblem } from '../../src/core/values.js';
import { loadSysctls } from '../../src/sysctls.js';
import { describeNeeding } from '../support/needs.js';

const catalogue = await loadSysctls();
const entries = [...catalogue.values()];

/** What the state probe reads and what rules propose: nothing of it may lack a description. */
const WANTED = `
net.ipv4.tcp_syncookies net.ipv4.tcp_tw_reuse net.ipv4.tcp_tw_reuse_delay net.ipv4.tcp_tw_recycle net.ipv4.tcp_fin_timeout
net.ipv4.tcp_timestamps net.ipv4.tcp_max_tw_buckets net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_max_orphans
net.ipv4.tcp_orphan_retries net.ipv4.tcp_synack_retries net.ipv4.tcp_syn_retries net.ipv4.tcp_syn_linear_timeouts
net.ipv4.tcp_retries1 net.ipv4.tcp_retries2 net.ipv4.tcp_keepalive_time net.ipv4.tcp_keepalive_intvl
net.ipv4.tcp_keepalive_probes net.ipv4.tcp_abort_on_overflow net.ipv4.tcp_mem net.ipv4.tcp_rmem net.ipv4.tcp_wmem
net.ipv4.tcp_rfc1337 net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports net.ipv4.ip_unprivileged_port_start
net.core.somaxconn net.core.netdev_max_backlog net.ipv4.neigh.default.gc_thresh1 net.ipv4.neigh.default.gc_thresh2
net.ipv4.neigh.default.gc_thresh3 net.ipv6.neigh.default.gc_thresh1 net.ipv6.neigh.default.gc_thresh2
net.ipv6.neigh.default.gc_thresh3 net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_buckets
net.netfilter.nf_conntrack_tcp_timeout_time_wait net.netfilter.nf_conntrack_tcp_timeout_close_wait
net.netfilter.nf_conntrack_tcp_timeout_fin_wait net.netfilter.nf_conntrack_tcp_timeout_established fs.file-max fs.nr_open`
  .trim()
  .split(/\s+/);

describe('the catalogue of sysctls', () => {
  test('describes every key that is measured or proposed', () => {
    expect(WANTED.filter((key) => !catalogue.has(key))).toEqual([]);
  });

  test.each(entries.map((entry) => [entry.key, entry] as const))('%s is described in full', (key, entry) => {
    expect(key).toMatch(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/);
    expect(entry.meaning.length).toBeGreaterThan(20);
    expect(entry.meaning.length).toBeLessThanOrEqual(260);
    expect((entry.notThis ?? '').length).toBeLessThanOrEqual(220);
    expect(entry.reaches).not.toBe('');
    expect(entry.sources.length).toBeGreaterThan(0);
    // an old name must not be some other key's name of today
    for (const name of entry.formerly) expect(catalogue.has(name)).toBe(false);
  });

  test('an old name belongs to one key', () => {
    const old = entries.flatMap((entry) => entry.formerly);
    expect(new Set(old).size).toBe(old.length);
  });

  const settable = entries.filter(
    (entry): entry is SysctlEntry & { allowed: AllowedValues } => entry.allowed !== undefined,
  );
  test.each(settable.map((entry) => [entry.key, entry] as const))('%s: bounds make sense', (_, entry) => {
    const { allowed } = entry;
    if (allowed.shape !== 'ports') {
      expect(allowed.min).toBeLessThanOrEqual(allowed.max);
      // the gate's arithmetic takes nine digits
      expect(String(allowed.max).length).toBeLessThanOrEqual(9);
    }
    if (allowed.inUse !== undefined) expect(catalogue.has(allowed.inUse.key)).toBe(true);
  });

  test.each([
    ['net.ipv4.tcp_tw_recycle', '1'],
    ['net.ipv4.tcp_timestamps', '0'],
    ['net.ipv4.tcp_syncookies', '0'],
    ['net.ipv4.tcp_syncookies', '7'],
    ['net.ipv4.tcp_abort_on_overflow', '1'],
    ['net.ipv4.tcp_fin_timeout', '0'],
    ['net.core.somaxconn', '0'],
    ['net.ipv4.ip_local_port_range', '50000 50001'],
    ['net.ipv4.ip_local_port_range', '1 65535'],
    ['net.ipv4.tcp_keepalive_time', '-1'],
    ['net.ipv4.tcp_retries2', '3'],
    ['net.netfilter.nf_conntrack_tcp_timeout_established', '600'],
    ['net.ipv4.tcp_mem', '500000 400000 300000'],
  ])('%s may never be set to %s', (key, value) => {
    const allowed = catalogue.get(key)?.allowed;
    expect(allowed).toBeDefined();
    expect(allowed && valueProblem(value, allowed)).toEqual(expect.any(String));
  });

  test.each([
    'net.ipv4.tcp_max_tw_buckets',
    'net.ipv4.tcp_max_orphans',
    'net.netfilter.nf_conntrack_max',
    'net.netfilter.nf_conntrack_buckets',
    'net.ipv4.tcp_mem',
    'net.ipv4.neigh.default.gc_thresh3',
  ])('%s is never lowered', (key) => {
    expect(catalogue.get(key)?.allowed?.neverLower).toBe(true);
  });

  test('nobody who reads of tcp_fin_timeout takes it for the length of TIME_WAIT', () => {
    expect(catalogue.get('net.ipv4.tcp_fin_timeout')?.notThis).toMatch(/not shorten TIME_WAIT/);
    expect(catalogue.get('net.netfilter.nf_conntrack_tcp_timeout_close_wait')?.notThis).toMatch(/no timeout at all/);
  });

  test.each([
    ['4.18.0-240.el8.x86_64', 'net.core.somaxconn', { value: '128' }],
    ['5.4.286', 'net.core.somaxconn', { value: '4096' }],
    ['3.10.0-1160.el7', 'net.ipv4.tcp_tw_reuse', { value: '0' }],
    ['4.19.0', 'net.ipv4.tcp_tw_reuse', { value: '2' }],
    ['6.18.44', 'net.ipv4.tcp_tw_reuse', { value: '2' }],
    ['2.6.32-642.el6', 'net.ipv4.tcp_syn_retries', { value: '5' }],
    [undefined, 'net.core.somaxconn', { words: '128 since 2.4, 4096 since 5.4' }],
  ] as const)('on Linux %s the default of %s is %j', (release, key, expected) => {
    const entry = catalogue.get(key);
    expect(entry && defaultOn(entry, release)).toEqual(expected);
  });
});

describeNeeding(['netns'], 'a new network namespace of this kernel', () => {
  const run = (program: string): string =>
    execFileSync('unshare', ['-n', 'sh', '-c', program], { encoding: 'utf8', timeout: 20_000 });
  const release = run('uname -r').trim();
  const files = entries.map((entry) => `/proc/sys/${entry.key.replaceAll('.', '/')}`).join(' ');
  const readable = new Map(
    run(
      `for f in ${files}; do [ -e $f ] && echo "$f=$(stat -c %A $f)=$(cat $f 2>/dev/null | tr -s '\\t ' '  ')"; done; true`,
    )
      .trim()
      .split('\n')
      .map((line): [string, { mode: string; value: string }] => {
        const [file = '', mode = '', ...value] = line.split('=');
        return [file.slice('/proc/sys/'.length).replaceAll('/', '.'), { mode, value: value.join('=').trim() }];
      }),
  );

  test('starts with the defaults of the catalogue', () => {
    const wrong = entries.flatMap((entry) => {
      const value = readable.get(entry.key)?.value;
      const expected = defaultOn(entry, release);
      // a machine-wide value may have been set; what a namespace is born with may not
      const settled = entry.scope === 'ns' && value !== undefined && expected !== undefined && 'value' in expected;
      return settled && expected.value !== value ? [`${entry.key}: ${value}, described as ${expected.value}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  test('has its own value exactly where the catalogue says so', () => {
    const modern = release.startsWith('6.');
    const wrong = entries.flatMap((entry) => {
      const here = readable.get(entry.key);
      const writable = here?.mode.includes('w') === true;
      const counts = /read-only/.test(entry.reaches);
      if (!modern || counts || entry.key.startsWith('fs.')) return [];
      if (entry.scope === 'host' && writable) return [`${entry.key} can be set in a namespace`];
      if (entry.scope === 'ns' && here !== undefined && !writable) return [`${entry.key} can't be set in a namespace`];
      return [];
    });
    expect(wrong).toEqual([]);
  });
});

describeNeeding(['linux'], 'the famous pipe on this machine', () => {
  const shell = (program: string): string =>
    execFileSync('sh', ['-c', program], { encoding: 'utf8', timeout: 30_000, maxBuffer: 64 * 2 ** 20 });
  const { values, kernelRelease } = parseSysctlTranscript(shell(sysctlScript().text));
  const facts = {
    values: values.status === 'ok' ? values.value : {},
    ...(kernelRelease.status === 'ok' ? { kernelRelease: kernelRelease.value } : {}),
  };

  test.each([['time wait'], ['tcp_tw'], ['keepalive'], ['nf_conntrack max']])(
    'sysctl -a | grep %s finds the same keys and values',
    (words) => {
      const greps = words.split(' ').map((word) => `grep '${word}'`);
      const expected = shell(
        `PATH=$PATH:/usr/sbin:/sbin; sysctl -a 2>/dev/null | grep '^net\\.' | ${greps.join(' | ')} | tr -s '\t' ' '; true`,
      )
        .trim()
        .split('\n')
        // the same thing under an older name is shown once, by its name of today
        .filter((line) => line !== '' && !line.startsWith('net.nf_conntrack_max'))
        .map((line) => line.replace(/ = /, '=').trim())
        .sort();
      const { rows } = querySysctls(words.split(' '), facts, catalogue);
      expect(expected.length).toBeGreaterThan(0);
      expect(rows.map((row) => `${row.key}=${row.value ?? ''}`).sort()).toEqual(expected);
    },
  );
});
