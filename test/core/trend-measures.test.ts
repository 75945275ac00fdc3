/** By which numbers findings are measured, under names that samples keep. */
import { describe, expect, test } from '@jest/globals';
import { diagnose } from '../../src/core/diagnose.js';
import { measuresIn } from '../../src/core/trend-measures.js';
import { recordings, rules, snapshotOf } from '../blocks/support/hosts.js';

const measured = (recording: string, also: readonly string[] = []) => {
  const snapshot = snapshotOf(recording);
  return measuresIn({ snapshot, diagnosis: diagnose({ snapshot, rules }) }, also);
};

describe('the measures of present findings', () => {
  test.each([
    ['p03-tw', ['conntrack use %', 'conntrack drops /s']],
    ['p04', ['CLOSE_WAIT']],
    ['p01', ['ports in use %']],
    ['p02', ['TIME_WAIT and orphaned FIN_WAIT2 %', 'TCPTimeWaitOverflow /s']],
    ['p05-app', ['accept queue of port 8080 on 10.77.0.1 %', 'accept queue overflows /s']],
    ['p06', ['SYN_RECV', 'TCPReqQFullDrop /s']],
    ['p10', ['TCP memory pages']],
    ['p12', ['SYN_SENT', 'TCPSynRetrans /s']],
    // of two kinds of neighbours the one that is full
    ['p14', ['IPv6 neighbours %', 'ndisc_cache.table_fulls /s']],
    // causes before what they explain
    [
      'p13',
      ['open files of python3 (pid 19037) %', 'accept queue of port 80 on 10.77.0.1 %', 'accept queue overflows /s'],
    ],
    // nothing wrong: what only reassures is not followed
    ['c01', []],
  ])('of %s: %j', (recording, by) => expect(measured(recording).by).toEqual(by));

  test.each(recordings)('of %s: all are among its numbers, and none is 0', (recording) => {
    const { numbers, by } = measured(recording);
    for (const name of by) expect(numbers[name]).toBeGreaterThan(0);
    expect(by.length).toBeLessThanOrEqual(6);
  });

  test('a count that has a limit is its share: raising the limit is what helps', () => {
    expect(measured('p01').numbers['ports in use %']).toBe(100);
    expect(measured('p13').numbers['open files of python3 (pid 19037) %']).toBe(101.6);
  });

  test('one that is gone is told as long as its rule has the number', () => {
    const gone = measured('c01', ['TCPTimeWaitOverflow /s', 'ports in use %', 'open files of x %']);
    expect(gone.by).toEqual([]);
    expect(gone.numbers).toMatchObject({ 'TCPTimeWaitOverflow /s': 0 });
    expect(gone.numbers).not.toHaveProperty(['open files of x %']);
  });
});
