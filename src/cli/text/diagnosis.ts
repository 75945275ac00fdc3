/** A diagnosis as text: verdict first, then what to do, what else, and what not. */
import { detailOf, headlineOf, type Titles, titleOf } from '../../blocks/sentences/index.js';
import { evidenceInWords } from '../../blocks/sentences/sentence.js';
import { verdictOf } from '../../blocks/verdict.js';
import { bytes, count, figure, list, plural, settingValue, utc } from '../../blocks/words.js';
import type { Diagnosis, Finding, Remedy, Severity } from '../../core/finding.js';
import type { Rule, Thresholds } from '../../core/rule.js';
import type { Snapshot } from '../../core/snapshot.js';
import { plain, type Style, wrap } from './terminal.js';

export interface TextOptions {
  style: Style;
  /** columns */
  width: number;
}

const LABEL = { crit: 'CRITICAL', warn: 'WARNING', info: 'NOTE' } as const;
const INDENT = '  ';

const painted = (style: Style, severity: Severity, text: string): string =>
  severity === 'crit' ? style.red(text) : severity === 'warn' ? style.yellow(text) : style.green(text);

/** A line with a label in the margin: `  Do       text`. */
const labelled = (label: string, text: string, width: number): string =>
  wrap(plain(text), width, `${INDENT}${label.padEnd(9)}`, `${INDENT}${' '.repeat(9)}`);

const remedyLines = (remedy: Remedy, label: string, { style, width }: TextOptions): readonly string[] => {
  const set = `${remedy.key}  ${settingValue(remedy.from)} -> ${settingValue(remedy.to)}`;
  const cost = remedy.memoryBytes === undefined ? '' : `, up to ${bytes(remedy.memoryBytes)} of memory`;
  const scope = remedy.scope === 'host' ? 'one value for the whole machine' : 'this network namespace';
  return [
    style.bold(labelled(label, set, width)),
    labelled('', `reaches: ${remedy.reaches}; ${scope}; risk ${remedy.risk}${cost}`, width),
    labelled('', `why this value: ${remedy.reason}`, width),
    labelled('', `it worked when: ${remedy.signal} (after ${count(remedy.judgeAfterSeconds)} s)`, width),
    ...(remedy.requires ?? []).map((it) => labelled('', `mind: ${it}`, width)),
    ...(remedy.revertHazard === undefined ? [] : [labelled('', `on revert: ${remedy.revertHazard}`, width)]),
  ];
};

const findingLines = (finding: Finding, titles: Titles, options: TextOptions): readonly string[] => {
  const { style, width } = options;
  const causes = finding.causedBy.map((id) => titleOf(id, titles));
  const detail = plain(detailOf(finding));
  const headline = plain(`${LABEL[finding.severity]}  ${headlineOf(finding, titles)}`);
  return [
    painted(style, finding.severity, wrap(headline, width, '', INDENT)),
    style.dim(`${INDENT}${finding.id}${finding.confidence === 'high' ? '' : `, confidence ${finding.confidence}`}`),
    ...(detail === '' ? [] : [wrap(detail, width, INDENT, INDENT)]),
    ...(causes.length === 0 ? [] : [labelled('Because', list(causes), width)]),
    ...finding.remedies.flatMap((remedy, index) => remedyLines(remedy, index === 0 ? 'Do' : 'Next', options)),
    ...finding.advice.map(({ what, about }, index) =>
      labelled(
        index > 0 ? '' : finding.remedies.length > 0 ? 'Then' : 'Do',
        about === undefined ? what : `${about}: ${what}`,
        width,
      ),
    ),
    ...finding.avoid.map(({ what, why }, index) => labelled(index === 0 ? 'Not' : '', `${what}: ${why}`, width)),
  ];
};

const stateLine = (snapshot: Snapshot): string => {
  const { sockets } = snapshot.readings;
  if (sockets.status === 'failed') return `states: ${sockets.reason}`;
  const states = Object.entries(sockets.value.counts).filter(([, { total }]) => total > 0);
  const unknown = Object.entries(sockets.value.unknown).filter(([, total]) => total > 0);
  return [
    ...states.sort(([, a], [, b]) => b.total - a.total).map(([state, { total }]) => `${state} ${count(total)}`),
    ...unknown.map(([state, total]) => `${state} (unknown) ${count(total)}`),
  ].join(' | ');
};

/** Why a check could not be made, in a line. */
const notCheckedLine = (finding: Finding): string =>
  `${finding.id}: ${finding.missing.join('; ') || 'could not be told'}`;

export const diagnosisText = (
  diagnosis: Diagnosis,
  snapshot: Snapshot,
  titles: Titles,
  options: TextOptions,
): string => {
  const { style, width } = options;
  const present = diagnosis.findings.filter(({ status }) => status === 'present');
  const open = diagnosis.findings.filter(({ status }) => status === 'inconclusive');
  const verdict = verdictOf(diagnosis, titles);
  const interval = diagnosis.intervalSeconds > 0 ? `, rates over ${figure(diagnosis.intervalSeconds)} s` : ', no rates';
  return [
    style.bold(wrap(plain(verdict.line), width, '', INDENT)),
    style.dim(`measured ${utc(diagnosis.measuredAt)}${interval}`),
    '',
    ...present.flatMap((finding) => [...findingLines(finding, titles, options), '']),
    wrap(plain(stateLine(snapshot)), width, '', INDENT),
    `${plural(diagnosis.checked.length, 'check')} made, ${diagnosis.notChecked.length} could not be${open.length === 0 ? '' : ':'}`,
    ...open.map((finding) => style.dim(wrap(plain(notCheckedLine(finding)), width, INDENT, `${INDENT}${INDENT}`))),
    '',
  ].join('\n');
};

const MARK = { true: 'yes', false: 'no ', unknown: '?  ' } as const;

/** Any rule on this host's numbers, also when absent. */
export const whyText = (
  finding: Finding,
  rule: Rule,
  titles: Titles,
  options: TextOptions & { thresholds?: Thresholds },
): string => {
  const { style, width } = options;
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0
      ? []
      : ['', style.bold(title), ...lines.map((line) => wrap(plain(line), width, INDENT, `${INDENT}${INDENT}`))];
  const thresholds = Object.entries(rule.thresholds).map(
    ([name, { value, unit, source }]) =>
      `${name} = ${options.thresholds?.[name] ?? value}${unit === '' ? '' : ` ${unit}`}${options.thresholds?.[name] === undefined ? '' : `, instead of ${value}`}: ${source}`,
  );
  return [
    style.bold(
      `${rule.id}: ${finding.status}${finding.status === 'present' ? `, ${finding.severity}, confidence ${finding.confidence}` : ''}`,
    ),
    wrap(rule.title, width, INDENT, INDENT),
    ...part(
      'Decided by',
      finding.steps.map(({ question, answer, holds }) => `${MARK[`${holds}`]} ${question}  ${answer}`),
    ),
    ...part(
      'Numbers',
      finding.evidence.map(
        (it) => `${evidenceInWords(it)}  [${it.source}]${it.formula === undefined ? '' : `  ${it.formula}`}`,
      ),
    ),
    ...part('Could not be read', finding.missing),
    ...part(
      'Explained by',
      finding.causedBy.map((id) => `${id}: ${titleOf(id, titles)}`),
    ),
    ...(finding.remedies.length === 0
      ? []
      : ['', style.bold('What would help'), ...finding.remedies.flatMap((it) => remedyLines(it, '', options))]),
    ...part(
      'What to do',
      finding.advice.map(({ what, about }) => (about === undefined ? what : `${about}: ${what}`)),
    ),
    ...part(
      'What not to do',
      (finding.avoid.length > 0 ? finding.avoid : rule.avoid).map(({ what, why }) => `${what}: ${why}`),
    ),
    ...part('Why it matters', [rule.why]),
    ...part('What people see', [rule.symptoms]),
    ...part('When it only looks like it', rule.exceptions),
    ...part('Thresholds', thresholds),
    ...part('Kernels', [rule.kernels]),
    ...part('Sources', rule.sources),
    '',
  ].join('\n');
};
