/** Which sysctls a person means: the pasted pipe, keys, patterns, old names. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { querySysctls, readWords, type SysctlFacts } from '../../src/core/sysctl-query.js';
import { loadSysctls } from '../../src/sysctls.js';

const catalogue = await loadSysctls();
const facts: SysctlFacts = {
  kernelRelease: '6.18.44',
  values: {
    'net.ipv4.tcp_fin_timeout': '30',
    'net.ipv4.tcp_tw_reuse': '2',
    'net.ipv4.tcp_syncookies': '1',
    'net.ipv4.tcp_syn_retries': '6',
    'net.ipv4.tcp_congestion_control': 'bbr',
    'net.ipv4.tcp_made_up_yesterday': '42',
    'net.netfilter.nf_conntrack_max': '65536',
    'net.netfilter.nf_conntrack_tcp_timeout_time_wait': '120',
    'net.netfilter.nf_conntrack_tcp_timeout_close_wait': '60',
    'net.netfilter.nf_conntrack_tcp_timeout_fin_wait': '120',
    'net.netfilter.nf_conntrack_tcp_timeout_established': '432000',
  },
  boot: {
    'net.ipv4.tcp_fin_timeout': [
      { file: '/etc/sysctl.d/10-old.conf', value: '15' },
      { file: '/etc/sysctl.conf', value: '45' },
    ],
  },
};
const ask = (words: string) =>
  querySysctls(
    words.split(' ').filter((word) => word !== ''),
    facts,
    catalogue,
  );
const keysOf = (words: string): string[] => ask(words).rows.map((row) => row.key);

const THREE = [
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  'net.netfilter.nf_conntrack_tcp_timeout_fin_wait',
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait',
];

describe('what was meant', () => {
  test.each([
    ['time wait', THREE],
    ['TIME WAIT', THREE],
    ['sysctl -a | grep time | grep wait', THREE],
    ['sysctl -a|grep time|grep wait', THREE],
    ['sudo sysctl -a | grep -i time | grep -v close | grep wait', THREE.slice(1)],
    ['"time" wait', THREE],
    ['net.ipv4.tcp_tw_reuse', ['net.ipv4.tcp_tw_reuse']],
    ['net/ipv4/tcp_tw_reuse', ['net.ipv4.tcp_tw_reuse']],
    ['/proc/sys/net/ipv4/tcp_tw_reuse', ['net.ipv4.tcp_tw_reuse']],
    [
      'net.ipv4.tcp_tw_reuse net.netfilter.nf_conntrack_max',
      ['net.ipv4.tcp_tw_reuse', 'net.netfilter.nf_conntrack_max'],
    ],
    ['net.ipv4.tcp_syn*', ['net.ipv4.tcp_syn_retries', 'net.ipv4.tcp_syncookies']],
    ['net.ipv4.tcp_?w_reuse', ['net.ipv4.tcp_tw_reuse']],
    [
      'net.netfilter.* time',
      [...THREE.slice(0, 1), 'net.netfilter.nf_conntrack_tcp_timeout_established', ...THREE.slice(1)],
    ],
    ['tcp_tw_reuse tcp_fin_timeout', ['net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_tw_reuse']],
    ['bbr', ['net.ipv4.tcp_congestion_control']],
    ['net.ipv4.netfilter.ip_conntrack_max', ['net.netfilter.nf_conntrack_max']],
    ['ip_conntrack time wait', THREE],
    ['nothingofthekind', []],
  ])('%s', (words, keys) => {
    expect(keysOf(words)).toEqual(keys);
  });

  test('an old name is said to be called otherwise today', () => {
    expect(ask('net.ipv4.netfilter.ip_conntrack_max').renamed).toEqual([
      { typed: 'net.ipv4.netfilter.ip_conntrack_max', today: 'net.netfilter.nf_conntrack_max' },
    ]);
  });

  test('a known key that this host lacks is said to lack, with the reason', () => {
    expect(ask('net.ipv4.tcp_tw_recycle').notThere).toMatchObject([
      { key: 'net.ipv4.tcp_tw_recycle', why: 'gone since Linux 4.12' },
    ]);
    expect(ask('tcp_tw_recycle').notThere).toMatchObject([
      { key: 'net.ipv4.tcp_tw_recycle', why: 'gone since Linux 4.12' },
    ]);
    expect(ask('net.ipv4.tcp_mem').notThere[0]?.why).toMatch(/initial network namespace/);
  });

  test('a key that nobody knows is said to be unknown', () => {
    expect(ask('net.ipv4.tcp_max_fun').unknown).toEqual(['net.ipv4.tcp_max_fun']);
  });

  test('without words: the keys that matter, those that are there, in their groups', () => {
    const answer = ask('');
    expect(answer.by).toBe('health');
    expect(answer.rows.every((row) => row.entry?.health === true && row.value !== undefined)).toBe(true);
    expect(answer.rows.map((row) => row.key)).toContain('net.netfilter.nf_conntrack_max');
  });
});

describe('what is said of a key', () => {
  const row = (key: string) => ask(key).rows[0];

  test('whether it differs from the default of this kernel', () => {
    expect(row('net.ipv4.tcp_fin_timeout')).toMatchObject({
      value: '30',
      kernelDefault: { value: '60' },
      differs: 'yes',
    });
    expect(row('net.ipv4.tcp_tw_reuse')).toMatchObject({ kernelDefault: { value: '2' }, differs: 'no' });
    expect(row('net.netfilter.nf_conntrack_max')).toMatchObject({ differs: 'unknown' });
  });

  test('the last file wins at boot, and what is in force may be something else', () => {
    expect(row('net.ipv4.tcp_fin_timeout')?.boot).toEqual({
      file: '/etc/sysctl.conf',
      value: '45',
      differs: true,
      overridden: ['/etc/sysctl.d/10-old.conf'],
    });
  });

  test('a key that is not catalogued is shown all the same', () => {
    expect(row('net.ipv4.tcp_made_up_yesterday')).toEqual({
      key: 'net.ipv4.tcp_made_up_yesterday',
      value: '42',
      differs: 'unknown',
    });
  });

  test('a value under its old name counts as the one of today', () => {
    const old: SysctlFacts = { values: { 'net.ipv4.netfilter.ip_conntrack_max': '65536' } };
    expect(querySysctls(['conntrack', 'max'], old, catalogue).rows).toMatchObject([
      { key: 'net.netfilter.nf_conntrack_max', value: '65536' },
    ]);
  });
});

describe('whatever is typed', () => {
  test('no words make it throw, and every row really matches', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }), (words) => {
        const answer = querySysctls(words, facts, catalogue);
        const asked = readWords(words);
        const plain = asked.words.every((word) => /^[a-z0-9_]+$/.test(word) && !word.includes('ip_conntrack'));
        if (plain && answer.by === 'words')
          for (const row of answer.rows)
            for (const word of asked.words) expect(`${row.key} = ${row.value ?? ''}`.toLowerCase()).toContain(word);
      }),
      { numRuns: 300 },
    );
  });

  test('a pattern of many stars is answered at once', () => {
    const values = { [`net.${'a'.repeat(400)}`]: '1' };
    expect(querySysctls([`${'*a'.repeat(90)}b`], { values }, catalogue).rows).toEqual([]);
    expect(querySysctls([`${'*a'.repeat(90)}`], { values }, catalogue).rows).toHaveLength(1);
  });
});
