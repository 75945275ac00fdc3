/** What may be proposed at all, held against the catalogue of sysctls. */
import { describe, expect, test } from '@jest/globals';
import { isSane, pow2Ceil, pow2Floor, REMEDY_KEYS } from '../../src/core/remedies.js';
import { loadSysctls } from '../../src/sysctls.js';

const catalogue = await loadSysctls();

describe('a value that may be proposed', () => {
  test.each([
    ['net.netfilter.nf_conntrack_max', '65536', '32768'],
    ['net.ipv4.tcp_max_tw_buckets', '500000', '262144'],
    ['net.ipv4.tcp_max_orphans', '8192', '4096'],
    ['net.ipv4.tcp_mem', '100 200 300', '150 300 299'],
    ['net.ipv4.tcp_fin_timeout', '60', '0'],
    ['net.ipv4.tcp_syncookies', '1', '0'],
    ['net.ipv4.tcp_syncookies', '1', '7'],
    ['net.ipv4.tcp_tw_reuse', '0', '2'],
    ['net.ipv4.tcp_tw_recycle', '0', '1'],
    ['net.core.somaxconn', '4096', '0'],
    ['net.ipv4.ip_local_port_range', '32768 60999', '80 65535'],
    ['net.ipv4.tcp_timestamps', '1', '0'],
    ['net.ipv4.tcp_abort_on_overflow', '0', '1'],
  ])('%s %s -> %s is none', (key, from, to) => {
    expect(isSane(key, from, to)).toBe(false);
  });
});

test.each(REMEDY_KEYS)('%s is in the catalogue and may be set', (key) => {
  expect(catalogue.get(key)?.allowed).toBeDefined();
});

test('powers of two', () => {
  expect([0, 1, 3, 4, 5].map(pow2Ceil)).toEqual([1, 1, 4, 4, 8]);
  expect([0, 1, 3, 4, 5].map(pow2Floor)).toEqual([1, 1, 2, 4, 4]);
});
