/** What holds for every diagnosis: order, honesty about what is missing, and that no rule brings it down. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { diagnose, outcomeOf } from '../../src/core/diagnose.js';
import type { Diagnosis } from '../../src/core/finding.js';
import { REMEDY_KEYS } from '../../src/core/remedies.js';
import type { Judgement, Rule } from '../../src/core/rule.js';
import type { ReadingName, Snapshot } from '../../src/core/snapshot.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { loadRules, thresholdsOf } from '../../src/rules.js';
import { snapshot } from '../support/snapshot-builder.js';

const rules = await loadRules();
const NAMES =
  'p01 p02 p03-tw p04 p05-somaxconn p06-msb p07-vanish p08-orphan p10 p11 p12 p13 p14 c01 c02 c05 c07'.split(' ');
const texts = NAMES.map((name) => readFileSync(new URL(`../transcripts/${name}.txt`, import.meta.url), 'utf8'));
const about = { host: 'web-1', measuredAt: '2026-11-22T12:00:00.000Z', tookMs: 2000 };

/** The published contract of `diagnose --json`. */
const contract = z.object({
  host: z.string(),
  measuredAt: z.string(),
  intervalSeconds: z.number().nonnegative(),
  findings: z.array(
    z.object({
      id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
      status: z.enum(['present', 'absent', 'inconclusive']),
      severity: z.enum(['crit', 'warn', 'info']),
      confidence: z.enum(['high', 'medium', 'low']),
      evidence: z.array(
        z.object({
          name: z.string().min(1),
          value: z.union([z.number(), z.string(), z.boolean()]),
          unit: z.string(),
          source: z.string().min(1),
        }),
      ),
      missing: z.array(z.string()),
      causedBy: z.array(z.string()),
      remedies: z.array(
        z.object({
          key: z.enum(REMEDY_KEYS as [string, ...string[]]),
          from: z.string(),
          to: z.string().min(1),
          scope: z.enum(['ns', 'host']),
          reaches: z.string().min(1),
          risk: z.enum(['low', 'medium', 'high']),
          signal: z.string().min(1),
          judgeAfterSeconds: z.number().positive(),
        }),
      ),
      advice: z.array(z.object({ what: z.string().min(1), about: z.string().optional() })),
      avoid: z.array(z.object({ what: z.string().min(1), why: z.string().min(1) })),
    }),
  ),
  checked: z.array(z.string()),
  notChecked: z.array(z.string()),
});

/** What is never proposed, whatever the numbers. */
const forbidden = (diagnosis: Diagnosis): readonly string[] =>
  diagnosis.findings
    .flatMap(({ remedies }) => remedies)
    .filter(
      ({ key, from, to }) =>
        key === 'net.ipv4.tcp_timestamps' ||
        key === 'net.ipv4.tcp_abort_on_overflow' ||
        key === 'net.ipv4.tcp_rfc1337' ||
        (key === 'net.ipv4.tcp_tw_recycle' && to !== '0') ||
        (key === 'net.ipv4.tcp_syncookies' && to !== '1') ||
        (key === 'net.ipv4.tcp_fin_timeout' && Number(to) < 5) ||
        (/tw_buckets|max_orphans|conntrack_max|somaxconn/.test(key) && Number(to) <= Number(from)),
    )
    .map(({ key, from, to }) => `${key} ${from} -> ${to}`);

const judge = (given: Snapshot): Diagnosis => diagnose({ snapshot: given, rules });

const holdsAlways = (given: Snapshot): Diagnosis => {
  const diagnosis = judge(given);
  contract.parse(JSON.parse(JSON.stringify(diagnosis)));
  expect(diagnosis.findings.map(({ id }) => id).sort()).toEqual([...rules.keys()].sort());
  expect([...diagnosis.checked, ...diagnosis.notChecked].sort()).toEqual([...rules.keys()].sort());
  expect(forbidden(diagnosis)).toEqual([]);
  const order = diagnosis.findings.map(({ id }) => id);
  for (const finding of diagnosis.findings) {
    for (const cause of finding.causedBy) expect(order.indexOf(cause)).toBeLessThan(order.indexOf(finding.id));
    if (finding.status !== 'absent') continue;
    const failed = (rules.get(finding.id)?.needs ?? []).filter((name) => given.readings[name].status === 'failed');
    expect({ id: finding.id, failed }).toEqual({ id: finding.id, failed: [] });
  }
  expect(judge(given)).toEqual(diagnosis);
  return diagnosis;
};

describe('on any transcript', () => {
  test('however its lines are mangled', () => {
    const mangled = fc
      .record({
        text: fc.constantFrom(...texts),
        cuts: fc.array(
          fc.record({
            at: fc.double({ min: 0, max: 1, noNaN: true }),
            what: fc.constantFrom('drop', 'swap', 'garble', 'end', 'section', 'negative', 'huge'),
          }),
          { maxLength: 12 },
        ),
      })
      .map(({ text, cuts }) => {
        let lines = text.split('\n');
        for (const { at, what } of cuts) {
          const index = Math.floor(at * lines.length);
          const line = lines[index] ?? '';
          if (what === 'drop') lines = lines.filter((_, it) => it !== index);
          else if (what === 'end') lines = lines.slice(0, index);
          else if (what === 'section') lines = lines.filter((it) => it !== line && !it.startsWith(line.slice(0, 12)));
          else if (what === 'swap') lines[index] = [...line].reverse().join('');
          else if (what === 'garble') lines[index] = `${line.slice(0, 9)}\u0000\u202e<!channel>${line.slice(9)}`;
          else lines[index] = line.replace(/\d+/g, what === 'negative' ? '-7' : '99999999999999999999');
        }
        return lines.join('\n');
      });
    fc.assert(
      fc.property(mangled, (text) => void holdsAlways(parseTranscript(text, about))),
      { numRuns: 80 },
    );
  });

  test('of noise', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        expect(outcomeOf(holdsAlways(parseTranscript(text, about)))).toBe('could not judge');
      }),
      { numRuns: 50 },
    );
  });

  test('that was cut off anywhere: never healthy', () => {
    const text = texts[NAMES.indexOf('c05')] ?? '';
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.lastIndexOf('@@snap 2') }), (length) => {
        expect(outcomeOf(holdsAlways(parseTranscript(text.slice(0, length), about)))).toBe('could not judge');
      }),
      { numRuns: 40 },
    );
  });
});

describe('on any lack of readings', () => {
  const healthy = snapshot().build();
  const names = Object.keys(healthy.readings) as ReadingName[];

  test('nothing is called absent for want of evidence', () => {
    const lacking = fc.subarray(names, { minLength: 1 });
    const sick = texts.map((text) => parseTranscript(text, about));
    fc.assert(
      fc.property(lacking, fc.constantFrom(healthy, ...sick), (failed, given) => {
        const readings = { ...given.readings };
        for (const name of failed) Object.assign(readings, { [name]: { status: 'failed', reason: 'taken away' } });
        holdsAlways({ ...given, readings });
      }),
      { numRuns: 120 },
    );
  });

  test.each(['counters', 'sockstat', 'sysctls', 'sockets'] as const)(
    'without %s a host is not judged healthy',
    (name) => {
      expect(outcomeOf(holdsAlways(snapshot().failed(name).build()))).toBe('could not judge');
    },
  );

  test.each([
    ['no root', snapshot().failed('processes', 'needs root').failed('closeWaitOwners').failed('kernelLog')],
    ['inside a container', snapshot().inside()],
    [
      'an old kernel',
      snapshot()
        .kernel('2.6.32-642.el6.x86_64')
        .with({ sysctls: { 'net.ipv4.tcp_tw_recycle': '0' } }),
    ],
    [
      'RHEL 7',
      snapshot()
        .kernel('3.10.0-1160.el7.x86_64')
        .with({ sysctls: { 'net.ipv4.tcp_tw_recycle': '0' } }),
    ],
    [
      'no conntrack',
      snapshot()
        .failed('conntrack', 'no conntrack')
        .with({
          withoutCounters: ['conntrack.drop', 'conntrack.early_drop'],
          sysctls: { 'net.netfilter.nf_conntrack_max': undefined, 'net.netfilter.nf_conntrack_buckets': undefined },
        }),
    ],
  ])('%s alone leaves a host judged', (_, given) => {
    expect(outcomeOf(holdsAlways(given.build()))).toBe('nothing wrong');
  });

  test('a healthy host read as root: every check is made', () => {
    const diagnosis = holdsAlways(healthy);
    expect(diagnosis.notChecked).toEqual([]);
    expect(diagnosis.findings.filter(({ status }) => status === 'present')).toEqual([]);
  });
});

describe('rules that misbehave', () => {
  const fake = (id: string, check: () => Judgement, more: Partial<Rule> = {}): Rule => ({
    id,
    title: id,
    why: 'why',
    symptoms: 'none',
    needs: [],
    rank: 50,
    severity: 'warn',
    thresholds: {},
    check,
    avoid: [],
    exceptions: [],
    kernels: 'All.',
    sources: ['here'],
    ...more,
  });
  const run = (...given: Rule[]): Diagnosis =>
    diagnose({ snapshot: snapshot().failed('sockets').build(), rules: new Map(given.map((it) => [it.id, it])) });

  test('one that throws is inconclusive with its reason, the others go on', () => {
    const { findings } = run(
      fake('broken', () => {
        throw new Error('no such thing');
      }),
      fake('fine', () => ({ status: 'absent' })),
    );
    expect(findings[0]).toMatchObject({ id: 'broken', status: 'inconclusive', gap: true });
    expect(findings[0]?.missing[0]).toContain('no such thing');
    expect(findings[1]).toMatchObject({ id: 'fine', status: 'absent' });
  });

  test('one that says absent without what it needs is not believed', () => {
    const { findings } = run(fake('hasty', () => ({ status: 'absent' }), { needs: ['sockets'] }));
    expect(findings[0]).toMatchObject({ status: 'inconclusive', missing: ['sockets: not answered'] });
  });

  test('a cause that is not present explains nothing', () => {
    const { findings } = run(
      fake('effect', () => ({ status: 'present', causedBy: ['cause', 'cause', 'nobody'] }), { after: ['cause'] }),
      fake('cause', () => ({ status: 'absent' })),
    );
    expect(findings[0]).toMatchObject({ id: 'effect', causedBy: [] });
  });

  test('a cause stands before a worse effect, and before what is not so bad', () => {
    const { findings } = run(
      fake('middling', () => ({ status: 'present', severity: 'warn' }), { rank: 1 }),
      fake('effect', () => ({ status: 'present', severity: 'crit', causedBy: ['cause'] }), {
        after: ['cause'],
        rank: 2,
      }),
      fake('cause', () => ({ status: 'present', severity: 'info' }), { rank: 99 }),
    );
    expect(findings.map(({ id }) => id)).toEqual(['cause', 'effect', 'middling']);
  });

  test('a circle of causes ends', () => {
    const { findings } = run(
      fake('a', () => ({ status: 'present', causedBy: ['b'] }), { after: ['b'] }),
      fake('b', () => ({ status: 'present', causedBy: ['a'] }), { after: ['a'] }),
    );
    expect(findings).toHaveLength(2);
  });

  test('an override that is no number is not used', () => {
    const given = snapshot()
      .with({ counts: { CLOSE_WAIT: 49 } })
      .build();
    const present = diagnose({ snapshot: given, thresholds: { CLOSE_WAIT_MIN: Number.NaN, toString: 1 }, rules });
    expect(present.findings.find(({ id }) => id === 'close-wait-leak')?.status).toBe('absent');
  });

  test('every threshold is known by one name with one value', () => {
    const known = thresholdsOf(rules);
    expect(known.get('EPHEMERAL_CRIT_RATIO')?.rules).toContain('ephemeral-exhaustion-tw');
    expect(known.size).toBeGreaterThan(20);
  });
});
