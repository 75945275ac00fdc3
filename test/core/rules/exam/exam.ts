/** An examination: transcripts that nobody recorded, and exactly what must be found on them; nothing more, nothing less. */
import { expect } from '@jest/globals';
import { diagnosisText, whyText } from '../../../../src/cli/text/diagnosis.js';
import { styleOf } from '../../../../src/cli/text/terminal.js';
import { diagnose, type Outcome, outcomeOf } from '../../../../src/core/diagnose.js';
import type { Diagnosis, Finding } from '../../../../src/core/finding.js';
import type { Rule, Thresholds } from '../../../../src/core/rule.js';
import { parseTranscript } from '../../../../src/core/transcript.js';
import type { Transcript } from '../../../support/transcript-editor.js';

export interface Question {
  name: string;
  given: () => Transcript;
  thresholds?: Thresholds;
  /** every finding at warn or crit, in order: `fd-exhaustion crit <- close-wait-leak` */
  finds?: readonly string[];
  /** findings at info that must be there (others may) */
  notes?: readonly string[];
  /** all remedies of the findings at warn or crit, in order: `key from -> to` */
  remedies?: readonly string[];
  /** of the first finding: words that what to leave alone must hold, one each */
  avoids?: readonly string[];
  /** words that the text of the whole diagnosis must hold */
  says?: readonly string[];
  never?: readonly string[];
  /** ids that must be inconclusive */
  open?: readonly string[];
  outcome?: Outcome;
}

const WORDS: Readonly<Record<string, RegExp>> = {
  key: /^[a-z]+(\.[a-z0-9_]+)+$/,
  scope: /^(ns|host)$/,
  risk: /^(low|medium|high)$/,
};

/** The published form, field by field. */
const holdsTheContract = (diagnosis: Diagnosis): void => {
  const said = JSON.parse(JSON.stringify(diagnosis)) as Diagnosis;
  expect(Number.isFinite(said.intervalSeconds)).toBe(true);
  expect(new Date(said.measuredAt).toISOString()).toBe(said.measuredAt);
  expect([...said.checked, ...said.notChecked].sort()).toEqual(said.findings.map(({ id }) => id).sort());
  for (const finding of said.findings) {
    expect(finding.status).toMatch(/^(present|inconclusive|absent)$/);
    expect(finding.severity).toMatch(/^(crit|warn|info)$/);
    for (const it of finding.evidence) {
      expect([typeof it.name, typeof it.unit, typeof it.source]).toEqual(['string', 'string', 'string']);
      expect(['number', 'string', 'boolean']).toContain(typeof it.value);
    }
    for (const remedy of finding.remedies) {
      for (const [field, form] of Object.entries(WORDS)) expect(String(remedy[field as 'key'])).toMatch(form);
      for (const field of ['from', 'to', 'reaches', 'signal'] as const) expect(typeof remedy[field]).toBe('string');
      expect(remedy.from).not.toBe(remedy.to);
    }
    for (const { what } of finding.advice) expect(what.length).toBeGreaterThan(0);
    for (const { what, why } of finding.avoid) expect(Math.min(what.length, why.length)).toBeGreaterThan(0);
    if (finding.status !== 'present') expect([finding.causedBy, finding.remedies, finding.avoid]).toEqual([[], [], []]);
    // what is proposed is never also warned of
    for (const { key, to } of finding.remedies)
      expect(finding.avoid.map(({ what }) => what)).not.toContain(`${key}=${to}`);
  }
};

const line = ({ id, severity, causedBy }: Finding): string =>
  `${id} ${severity}${causedBy.length > 0 ? ` <- ${causedBy.join(', ')}` : ''}`;

export const examine = (question: Question, rules: ReadonlyMap<string, Rule>): void => {
  const { given, thresholds, finds = [], notes = [], remedies = [] } = question;
  const snapshot = parseTranscript(given().text(), {
    host: 'exam',
    measuredAt: '2026-11-22T12:00:00.000Z',
    tookMs: 2100,
  });
  const diagnosis = diagnose({ snapshot, rules, ...(thresholds !== undefined && { thresholds }) });
  holdsTheContract(diagnosis);
  const present = diagnosis.findings.filter(({ status }) => status === 'present');
  const wrong = present.filter(({ severity }) => severity !== 'info');
  expect(wrong.map(line)).toEqual(finds);
  expect(wrong.flatMap((it) => it.remedies.map(({ key, from, to }) => `${key} ${from} -> ${to}`))).toEqual(remedies);
  for (const note of notes) expect(present.map(({ id }) => id)).toContain(note);
  const open = diagnosis.findings.filter(({ status }) => status === 'inconclusive').map(({ id }) => id);
  for (const id of question.open ?? []) expect(open).toContain(id);
  expect(outcomeOf(diagnosis)).toBe(question.outcome ?? (finds.length > 0 ? 'something wrong' : 'nothing wrong'));
  const avoided = (wrong[0] ?? present[0])?.avoid.map(({ what }) => what).join('\n') ?? '';
  for (const words of question.avoids ?? []) expect(avoided).toContain(words);

  const options = { style: styleOf(false), width: 10_000 };
  const texts = [
    diagnosisText(diagnosis, snapshot, rules, options),
    ...diagnosis.findings.flatMap((finding) => {
      const rule = rules.get(finding.id);
      return rule === undefined ? [] : [whyText(finding, rule, rules, options)];
    }),
  ];
  for (const text of texts) expect(text).not.toMatch(/undefined|NaN|Infinity|\[object|9223372036854776/);
  for (const words of question.says ?? []) expect(texts[0]).toContain(words);
  for (const words of question.never ?? []) expect(texts[0]).not.toContain(words);
};
