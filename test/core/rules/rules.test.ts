/** Every rule against its cases; and what holds for all rules. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { diagnose } from '../../../src/core/diagnose.js';
import { isSane } from '../../../src/core/remedies.js';
import { loadRules } from '../../../src/rules.js';
import type { Case } from './cases.js';

const rules = await loadRules();
const files = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.cases.ts'));
const suites = new Map<string, readonly Case[]>();
for (const file of files)
  suites.set(
    file.replace('.cases.ts', ''),
    ((await import(new URL(file, import.meta.url).href)) as { cases: readonly Case[] }).cases,
  );

const PATHOLOGIES =
  'conntrack-full conntrack-near-full ephemeral-exhaustion-tw ephemeral-exhaustion-live ephemeral-exhaustion-bind time-wait-harmless tw-bucket-overflow close-wait-leak accept-queue-overflow syn-queue-overflow syn-flood-absorbed fd-exhaustion fin-wait2-pile fin-wait2-owned fin-wait1-stuck last-ack-stuck orphan-pressure syn-sent-stuck retransmission tcp-mem-pressure neigh-overflow paws-drops port-range-overlap dead-established tw-recycle-on'.split(
    ' ',
  );

describe('the catalogue', () => {
  test('covers every known pathology', () => {
    expect([...rules.keys()]).toEqual(expect.arrayContaining(PATHOLOGIES));
  });

  test('every rule has cases, every case a rule', () => {
    expect([...suites.keys()].sort()).toEqual([...rules.keys()].sort());
  });

  test.each([...rules.values()])('$id says what a rule must say', (rule) => {
    for (const text of [rule.title, rule.why, rule.symptoms, rule.kernels]) expect(text.length).toBeGreaterThan(3);
    expect(rule.needs.length).toBeGreaterThan(0);
    expect(rule.sources.length).toBeGreaterThan(0);
    for (const { what, why } of rule.avoid) expect(what.length * why.length).toBeGreaterThan(0);
    for (const { source } of Object.values(rule.thresholds)) expect(source).not.toBe('');
  });

  test.each([...suites])('%s is tried present, absent and inconclusive', (id, cases) => {
    const tried = new Set(cases.map((it) => it.expect.status));
    const wanted = id === 'dead-established' ? ['absent', 'inconclusive'] : ['absent', 'inconclusive', 'present'];
    expect([...tried].sort()).toEqual(wanted);
  });
});

describe.each([...suites])('%s', (id, cases) => {
  test.each(cases)('$name', ({ given, previous, thresholds, expect: wanted }) => {
    const diagnosis = diagnose({
      snapshot: given.build(),
      ...(previous !== undefined && { previous: previous.build() }),
      ...(thresholds !== undefined && { thresholds }),
      rules,
    });
    const finding = diagnosis.findings.find((it) => it.id === id);
    if (finding === undefined) throw new Error(`${id} was not judged`);
    const { status, severity, confidence, subject, gap, causedBy, remedies, advises, requires, missing, present } =
      wanted;
    expect(finding).toMatchObject({
      status,
      ...(severity !== undefined && { severity }),
      ...(confidence !== undefined && { confidence }),
      ...(subject !== undefined && { subject }),
      ...(causedBy !== undefined && { causedBy }),
    });
    if (gap !== undefined) expect(finding.gap ?? false).toBe(gap);
    if (remedies !== undefined)
      expect(finding.remedies.map(({ key, from, to }) => `${key} ${from} -> ${to}`)).toEqual(remedies);
    if (advises !== undefined) expect(finding.advice.map(({ what }) => what).join('\n')).toContain(advises);
    if (requires !== undefined)
      expect(finding.remedies.flatMap((it) => it.requires ?? []).join('\n')).toContain(requires);
    if (missing !== undefined) expect(finding.missing.join('\n')).toContain(missing);
    if (present !== undefined)
      expect(diagnosis.findings.filter((it) => it.status === 'present').map((it) => it.id)).toEqual(present);
    // what holds for every finding
    expect(finding.steps.length).toBeGreaterThan(0);
    if (finding.status === 'inconclusive') expect(finding.missing.length).toBeGreaterThan(0);
    for (const { key, from, to } of finding.remedies) expect(isSane(key, from, to)).toBe(true);
  });
});
