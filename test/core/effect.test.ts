/** The words of before and after, by the finding's own measure. */
import { describe, expect, test } from '@jest/globals';
import { judgeEffect } from '../../src/core/effect.js';
import type { Diagnosis, Evidence, Finding } from '../../src/core/finding.js';

const diagnosis = (status: Finding['status'], evidence: readonly Evidence[]): Diagnosis =>
  ({ findings: [{ id: 'f', status, severity: 'crit', evidence }] }) as unknown as Diagnosis;
const number = (more: Partial<Evidence>): Evidence[] => [
  { name: 'conntrack entries', value: 65_536, unit: 'entries', source: '/proc', ...more },
];

describe('before and after', () => {
  test.each([
    ['a count against its limit', number({ limit: 65_536 }), 'CRITICAL: conntrack entries 65,536 of 65,536'],
    [
      'a count of what its name does not say',
      number({ name: 'TIME_WAIT', unit: 'sockets' }),
      'CRITICAL: TIME_WAIT 65,536 sockets',
    ],
    ['a rate', number({ name: 'ListenDrops', value: 1500.25, unit: '/s' }), 'CRITICAL: ListenDrops 1,500 /s'],
    [
      'a share',
      number({ name: 'port use to 10.0.3.7:5432', value: 0.857, unit: 'ratio', limit: 1 }),
      'CRITICAL: port use to 10.0.3.7:5432 86 %',
    ],
    ['nothing counted', [], 'CRITICAL'],
  ])('%s', (_, evidence, words) => {
    expect(judgeEffect('f', diagnosis('present', evidence), diagnosis('absent', evidence))).toMatchObject({
      outcome: 'better',
      before: words,
      now: words.replace('CRITICAL', 'gone'),
    });
  });

  test('of several numbers the one that showed it, before and after', () => {
    const drops = (full: number, others: number): Evidence[] => [
      ...number({ name: 'TCPReqQFullDrop', value: full, unit: '/s' }),
      ...number({ name: 'ListenDrops', value: others, unit: '/s' }),
    ];
    const before = diagnosis('present', drops(0, 143));
    expect(judgeEffect('f', before, diagnosis('absent', drops(0, 0)))).toMatchObject({
      outcome: 'better',
      before: 'CRITICAL: ListenDrops 143 /s',
      now: 'gone: ListenDrops 0 /s',
    });
    expect(judgeEffect('f', before, diagnosis('present', drops(0, 12)))).toMatchObject({ outcome: 'better' });
    expect(judgeEffect('f', before, diagnosis('present', drops(0, 300)))).toMatchObject({ outcome: 'worse' });
  });

  test('the count stays and its limit is raised: better', () => {
    const before = diagnosis('present', number({ limit: 65_536 }));
    expect(judgeEffect('f', before, diagnosis('present', number({ limit: 262_144 })))).toMatchObject({
      outcome: 'better',
      now: 'CRITICAL: conntrack entries 65,536 of 262,144',
    });
    expect(judgeEffect('f', before, before)).toMatchObject({ outcome: 'same' });
  });
});
