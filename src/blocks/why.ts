/** One rule explained on one host's numbers, also when it is absent or could not judge. */
import type { Finding } from '../core/finding.js';
import type { Rule } from '../core/rule.js';
import { bullets, context, header, type Line, lines, paragraph, plain, rich, sectionOf } from './elements.js';
import { clean, spoken } from './escape.js';
import { always, fitted, messageOf, type Part } from './fit.js';
import type { Message, Modal } from './message.js';
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

/** `--why` with a rule that is not there: the nearest names. */
export const unknownRuleMessage = (typed: string, nearest: readonly string[], all: readonly string[]): Message =>
  messageOf(
    spoken(
      `No rule is called “${clean(typed, 60)}”.${nearest.length === 0 ? '' : ` Did you mean ${list(nearest.slice(0, 2))}?`}`,
    ),
    [
      always(
        paragraph(
          `No rule is called “${typed}”.`,
          nearest.length === 0 ? '' : ` Did you mean ${list(nearest.slice(0, 3))}?`,
        ),
        paragraph({ bold: 'Rules  ' }, all.slice(0, 60).join(', ')),
      ),
    ],
  );
