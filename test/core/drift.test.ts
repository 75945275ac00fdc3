/** Drift: who has which value, who is odd. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { driftOf } from '../../src/core/drift.js';
import type { SysctlFacts } from '../../src/core/sysctl-query.js';
import { loadSysctls } from '../../src/sysctls.js';

const catalogue = await loadSysctls();
const KEYS = ['net.ipv4.tcp_tw_reuse', 'net.core.somaxconn', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_rmem'];
const fleet = (values: Record<string, Record<string, string>>): Map<string, SysctlFacts> =>
  new Map(Object.entries(values).map(([host, own]) => [host, { values: own }]));

describe('drift', () => {
  test('the odd one is named, with the value of most; keys with one odd host come first', () => {
    const drift = driftOf(
      [],
      fleet({
        'web-1': { 'net.ipv4.tcp_tw_reuse': '2', 'net.core.somaxconn': '4096' },
        'web-2': { 'net.ipv4.tcp_tw_reuse': '2', 'net.core.somaxconn': '4096' },
        'web-3': { 'net.ipv4.tcp_tw_reuse': '1', 'net.core.somaxconn': '128' },
        'web-4': { 'net.ipv4.tcp_tw_reuse': '2', 'net.core.somaxconn': '128' },
        'web-5': { 'net.ipv4.tcp_tw_reuse': '2', 'net.core.somaxconn': '4096' },
      }),
      catalogue,
    );
    expect(drift.differing).toEqual([
      {
        key: 'net.ipv4.tcp_tw_reuse',
        majority: true,
        values: [
          { value: '2', hosts: ['web-1', 'web-2', 'web-4', 'web-5'] },
          { value: '1', hosts: ['web-3'] },
        ],
      },
      {
        key: 'net.core.somaxconn',
        majority: true,
        values: [
          { value: '4096', hosts: ['web-1', 'web-2', 'web-5'] },
          { value: '128', hosts: ['web-3', 'web-4'] },
        ],
      },
    ]);
    expect(drift.odd[0]).toEqual({ host: 'web-3', keys: ['net.core.somaxconn', 'net.ipv4.tcp_tw_reuse'] });
  });

  test('blanks are no difference; a key that a host lacks is one; two against two have no odd one', () => {
    const drift = driftOf(
      ['tcp_rmem', 'tcp_tw_reuse'],
      fleet({
        a: { 'net.ipv4.tcp_rmem': '4096\t131072\t6291456', 'net.ipv4.tcp_tw_reuse': '2' },
        b: { 'net.ipv4.tcp_rmem': '4096 131072 6291456' },
      }),
      catalogue,
    );
    expect(drift.sameKeys).toEqual(['net.ipv4.tcp_rmem']);
    expect(drift.differing).toMatchObject([{ key: 'net.ipv4.tcp_tw_reuse', majority: false }]);
    expect(drift.odd).toEqual([]);
  });

  test('every host stands in exactly one value of every key', () => {
    const value = fc.option(fc.constantFrom('0', '1', '2'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value, value), { minLength: 1, maxLength: 12 }), (rows) => {
        const facts = new Map(
          rows.map((row, at): [string, SysctlFacts] => [
            `h${at}`,
            {
              values: Object.fromEntries(
                row.flatMap((own, index) => (own === undefined ? [] : [[KEYS[index] ?? '', own]])),
              ),
            },
          ]),
        );
        const drift = driftOf(['net.*'], facts, catalogue);
        for (const key of drift.differing) {
          expect(key.values.flatMap(({ hosts }) => hosts).sort()).toEqual([...facts.keys()].sort());
          for (const { value: own, hosts } of key.values)
            for (const host of hosts) expect(facts.get(host)?.values[key.key]).toBe(own);
          const most = key.values[0]?.hosts.length ?? 0;
          expect(key.majority).toBe(most * 2 > facts.size);
        }
      }),
    );
  });
});
