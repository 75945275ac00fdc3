/** One rule explained on one host's numbers, also when it is absent or could not judge. */
import type { Finding } from '../core/finding.js';
import type { Rule } from '../core/rule.js';
import { nearestNames } from '../core/selector.js';
import { bullets, context, header, type Line, lines, paragraph, plain, rich, sectionOf } from './elements.js';
import { clean, spoken } from './escape.js';
import { always, fitted, messageOf, type Part } from './fit.js';
import type { Message, Modal } from './message.js';
import { byHand, remedyReasons } from './remedy-words.js';
import { detailOf, headlineOf } from './sentences/index.js';
import { evidenceInWords } from './sentences/sentence.js';
import { count, figure, list } from './words.js';

export interface Why {
  rule: Rule;
  host: { name: string };
  finding: Finding;
  /** overrides of thresholds in force for this host */
  thresholds?: Readonly<Record<string, number>>;
  /** ISO 8601 */
  measuredAt?: string;
}

const verdictOf = ({ rule, host, finding }: Why): string =>
  finding.status === 'present'
    ? `PRESENT  ${host.name}: ${headlineOf(finding, new Map([[rule.id, rule]]))}`
    : finding.status === 'absent'
      ? `ABSENT  ${host.name}: not so here: “${rule.title}”`
      : `COULD NOT JUDGE  ${host.name}: whether “${rule.title}”`;

const titled = (title: string, items: readonly Line[]) =>
  items.length === 0 ? [] : [rich(sectionOf([{ bold: title }]), bullets(items))];

const partsOf = (why: Why): readonly Part[] => {
  const { rule, finding } = why;
  const steps = finding.steps.map(
    (step): Line => [
      { bold: step.holds === true ? 'yes  ' : step.holds === false ? 'no  ' : 'unknown  ' },
      step.question,
      ' ',
      { italic: step.answer },
    ],
  );
  const evidence = finding.evidence.map(
    (it): Line => [evidenceInWords(it), it.formula === undefined ? '' : ` = ${it.formula}`, '  ', { code: it.source }],
  );
  const thresholds = Object.entries(rule.thresholds).map(([name, it]): Line => {
    const value = why.thresholds?.[name];
    return [
      { code: name },
      ` ${figure(value ?? it.value)} ${it.unit}`,
      value !== undefined && value !== it.value ? ` (set for this host; ${count(it.value)} by default)` : '',
      `: ${it.source}`,
    ];
  });
  const avoid = (finding.avoid.length > 0 ? finding.avoid : rule.avoid).map(
    (it): Line => [{ code: it.what }, `: ${it.why}`],
  );
  const commands = byHand(finding.remedies);
  const advice = finding.advice.map(
    (it): Line => [...(it.about === undefined ? [] : [{ code: it.about }, ': ']), it.what],
  );
  return [
    always(
      header(verdictOf(why)),
      ...(finding.status === 'present' ? [paragraph(detailOf(finding) || rule.title)] : []),
    ),
    always(rich(lines([{ bold: 'Why it matters  ' }, rule.why], [{ bold: 'People see  ' }, rule.symptoms]))),
    { blocks: titled('How it was judged', steps.slice(0, 15)), need: 1, name: 'the steps' },
    { blocks: titled('Numbers', evidence.slice(0, 20)), need: 1, name: 'the numbers' },
    ...(finding.missing.length === 0
      ? []
      : [always(paragraph({ bold: 'Missing  ' }, list(finding.missing.slice(0, 8))))]),
    { blocks: titled('The remedy', remedyReasons(finding.remedies).slice(0, 12)), need: 1, name: 'the remedy' },
    { blocks: commands.length === 0 ? [] : [rich(...commands)], need: 1, name: 'the commands' },
    { blocks: titled('What to do', advice.slice(0, 8)), need: 1, name: 'what to do' },
    { blocks: titled('Not', avoid.slice(0, 10)), need: 2, name: 'what not to do' },
    {
      blocks: titled(
        'Looks like it and is not',
        rule.exceptions.slice(0, 8).map((it): Line => [it]),
      ),
      need: 3,
      name: 'exceptions',
    },
    { blocks: titled('Thresholds', thresholds.slice(0, 12)), need: 4, name: 'thresholds' },
    {
      blocks: titled(
        'Sources',
        rule.sources.slice(0, 8).map((it): Line => [it]),
      ),
      need: 5,
      name: 'sources',
    },
    { blocks: [context(`Rule ${rule.id}. Kernels: ${rule.kernels}`)], need: 6, name: 'kernel notes' },
  ];
};

/** `/tcpstates web-1 --why conntrack-full` */
export const whyMessage = (why: Why): Message =>
  messageOf(spoken(verdictOf(why)), partsOf(why), 'The rule table in the README has the rest.');

/** The same for a click. */
export const whyModal = (why: Why): Modal => ({
  type: 'modal',
  title: plain(`Why: ${why.rule.id}`, 24),
  close: plain('Close', 24),
  blocks: [...fitted(partsOf(why), 'The rule table in the README has the rest.')],
});

/** Rules of which a word is near what was typed: `conntrak` is far from `conntrack-full` as a whole. */
const byWord = (typed: string, all: readonly string[]): readonly string[] => {
  const near = nearestNames(typed, [...new Set(all.flatMap((id) => id.split('-')))]);
  return near.flatMap((word) => all.filter((id) => id.split('-').includes(word)));
};

/** `--why` with a rule that is not there: the nearest names, and all of them only where none is near. */
export const unknownRuleMessage = (typed: string, nearest: readonly string[], all: readonly string[]): Message => {
  const near = [...new Set(nearest.length > 0 ? nearest : byWord(typed, all))];
  const no = `No rule is called “${clean(typed, 60)}”.`;
  return messageOf(spoken(near.length === 0 ? no : `${no} Did you mean ${list(near.slice(0, 2))}?`), [
    always(
      paragraph(
        no,
        ...(near.length === 0
          ? []
          : [
              ' Did you mean ',
              ...near.slice(0, 3).flatMap((id, at): Line => [at > 0 ? ' or ' : '', { code: id }]),
              '?',
            ]),
      ),
      near.length === 0
        ? paragraph({ bold: 'Rules  ' }, all.slice(0, 60).join(', '))
        : context(`The README names all ${count(all.length)} rules.`),
    ),
  ]);
};
