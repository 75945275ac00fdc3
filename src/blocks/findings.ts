/** One finding in a message: what is wrong with its numbers, Do, Then, Not; the rest folded. */
import type { Avoidance, Finding, Remedy } from '../core/finding.js';
import { ACTIONS, encodeRef } from './actions.js';
import { actions, bullets, button, folded, type Line, lines, type Piece, rich, sectionOf } from './elements.js';
import { cut } from './escape.js';
import { always, type Part } from './fit.js';
import { byHand, remedyReasons } from './remedy-words.js';
import { detailOf, headlineOf, type Titles } from './sentences/index.js';
import { evidenceInWords } from './sentences/sentence.js';
import { bytes, list, settingValue } from './words.js';

/** Whether a remedy may be proposed here, by policy. Without an offer it is told and not offered. */
export interface Offer {
  finding: string;
  subject?: string;
  /** what the button says, `Propose` by default */
  label?: string;
  /** why it can't be proposed, and who could: shown instead of the button */
  refused?: string;
}

export interface FindingContext {
  host: { name: string };
  measurement?: string;
  titles: Titles;
  offers?: readonly Offer[];
}

const SHOWN = 3;
const NOTS_SHOWN = 2;
const ADVICE_SHOWN = 2;

const remedyLine = (remedy: Remedy, label: string, scopeSaid: boolean): Line => [
  { bold: `${label}  ` },
  { code: remedy.key },
  ' ',
  { bold: `${settingValue(remedy.from)} → ${settingValue(remedy.to)}` },
  `: acts on ${/^next /.test(remedy.reaches) ? 'the ' : ''}${remedy.reaches}${remedy.memoryBytes === undefined ? '' : `, ${bytes(remedy.memoryBytes)} more at most`}${
    remedy.risk === 'low' ? '' : `, risk ${remedy.risk}`
  }${remedy.scope === 'host' && !scopeSaid ? ', one value for the whole machine' : ''}`,
];

/** Useless or harmful things, those with one reason together. */
const avoidGroups = (avoid: readonly Avoidance[]): readonly { whats: string[]; why: string }[] => {
  const groups = new Map<string, string[]>();
  for (const it of avoid) groups.set(it.why, [...(groups.get(it.why) ?? []), it.what]);
  return [...groups].map(([why, whats]) => ({ whats, why }));
};
const avoidLine = (group: { whats: readonly string[]; why: string }, label: Piece): Line => [
  label,
  ...group.whats.flatMap((what, index): Line => [index === 0 ? '' : ', ', { code: what }]),
  `: ${group.why}`,
];

const offerFor = (finding: Finding, offers: readonly Offer[] | undefined): Offer | undefined =>
  offers?.find(
    (offer) => offer.finding === finding.id && (offer.subject === undefined || offer.subject === finding.subject),
  );

/** What a button on a finding carries. */
const refOf = (finding: Finding, context: FindingContext): string =>
  encodeRef({
    host: context.host.name,
    finding: finding.id,
    ...(finding.subject === undefined || finding.subject === '' ? {} : { subject: cut(finding.subject, 200) }),
    ...(context.measurement === undefined ? {} : { measurement: context.measurement }),
  });

const foldedEvidence = (finding: Finding, position: number, context: FindingContext): Part['blocks'][number] => {
  // beside other findings there is no room for all: the button has the rest
  const short = position > 0;
  const evidence = finding.evidence.map(
    (it): Line => [
      evidenceInWords(it),
      ...(it.formula === undefined ? [] : [` = ${it.formula}`]),
      '  ',
      { code: it.source },
    ],
  );
  const steps = finding.steps.map(
    (step): Line => [
      { bold: step.holds === true ? 'yes  ' : step.holds === false ? 'no  ' : 'unknown  ' },
      `${step.question} `,
      { italic: step.answer },
    ],
  );
  const remedies = remedyReasons(finding.remedies);
  const commands = byHand(finding.remedies);
  const restOfAvoid = avoidGroups(finding.avoid).slice(NOTS_SHOWN);
  const why = context.titles.get(finding.id)?.why;
  const block = (title: string, items: readonly Line[]) =>
    items.length === 0 ? [] : [rich(sectionOf([{ bold: title }]), bullets(items))];
  const inside = [
    'evidence',
    ...(short && remedies.length === 0 ? [] : ['reasons']),
    ...(commands.length === 0 ? [] : ['commands']),
  ];
  const named = list(inside).replace(/^e/, 'E');
  return folded(`${position === 0 ? '' : `${position}. `}${named} (${finding.id})`, [
    ...block('Numbers', evidence.slice(0, short ? 6 : 12)),
    ...(why === undefined || short ? [] : [rich(lines([{ bold: 'Why it matters  ' }, why]))]),
    ...block('How it was judged', short ? [] : steps.slice(0, 8)),
    ...block('The remedy', remedies.slice(0, 8)),
    ...(commands.length === 0 ? [] : [rich(...commands)]),
    ...block(
      'Also',
      finding.advice
        .slice(ADVICE_SHOWN, ADVICE_SHOWN + 6)
        .map((it): Line => [...(it.about === undefined ? [] : [{ code: it.about }, ': ']), it.what]),
    ),
    ...block(
      'Not either',
      restOfAvoid.slice(0, 6).map((group) => avoidLine(group, '')),
    ),
    ...(finding.missing.length === 0 ? [] : [rich(lines([{ bold: 'Could not be read  ' }, list(finding.missing)]))]),
    ...(context.measurement === undefined
      ? []
      : [
          actions([
            button(`${ACTIONS.why}:${position}`, 'Explain in full', {
              value: refOf(finding, context),
              label: `Explain ${finding.id}`,
            }),
          ]),
        ]),
  ]);
};

const SEVERITY = { crit: 'CRITICAL', warn: 'WARNING', info: 'Note' } as const;

/** The button that proposes the remedies, or why there is none. Nothing where policy was not asked. */
const proposal = (finding: Finding, position: number, headline: string, context: FindingContext): Part['blocks'] => {
  const offer = offerFor(finding, context.offers);
  if (offer === undefined) return [];
  if (offer.refused !== undefined) return [rich(lines([{ bold: 'Not proposed here  ' }, offer.refused]))];
  const value = refOf(finding, context);
  const label = `Propose the remedy: ${headline}`;
  return [
    actions([button(`${ACTIONS.propose}:${position}`, offer.label ?? 'Propose', { style: 'primary', label, value })]),
  ];
};

/**
 * @param position its number among several; 0 when it is the only one and the verdict has named it already
 * @param effects what it explains
 */
export const findingParts = (
  finding: Finding,
  position: number,
  effects: readonly Finding[],
  context: FindingContext,
): readonly Part[] => {
  const { titles } = context;
  const remedies = finding.remedies.slice(0, SHOWN);
  const advice = finding.advice.slice(0, ADVICE_SHOWN);
  const avoid = avoidGroups(finding.avoid).slice(0, NOTS_SHOWN);
  const headline = headlineOf(finding, titles);
  const detail = detailOf(finding);
  const mind = list([...new Set(remedies.slice(0, 1).flatMap((remedy) => remedy.requires ?? []))]);
  const confidence =
    finding.confidence === 'high'
      ? ''
      : ` (${finding.confidence} confidence${finding.missing.length === 0 ? '' : `: ${list(finding.missing)} could not be read`})`;
  const said = rich(
    lines(
      [detail, confidence],
      ...(effects.length === 0
        ? []
        : [[{ bold: 'Explains  ' }, list(effects.map((effect) => headlineOf(effect, titles)))] as Line]),
      ...remedies.map((remedy, index) => remedyLine(remedy, index === 0 ? 'Do' : 'And', /whole machine/.test(mind))),
      ...(mind === '' ? [] : [[{ bold: 'Mind  ' }, mind] as Line]),
      ...(finding.remedies.length > SHOWN
        ? [[`… ${finding.remedies.length - SHOWN} more settings, folded below`] as Line]
        : []),
      ...advice.map(
        (it, index): Line => [
          { bold: index > 0 ? 'And  ' : remedies.length === 0 ? 'Do  ' : 'Then  ' },
          ...(it.about === undefined || it.what.includes(it.about) ? [] : [{ code: it.about }, ': ']),
          it.what,
        ],
      ),
      ...avoid.map((group): Line => avoidLine(group, { bold: 'Not  ' })),
    ),
  );
  return [
    // that something is wrong is never left out, whatever else there is no room for
    ...(position === 0
      ? []
      : [always(rich(lines([{ bold: `${position}. ${SEVERITY[finding.severity]}: ${headline}` }])))]),
    {
      blocks: [said, ...(remedies.length === 0 ? [] : proposal(finding, position, headline, context))],
      need: position <= 1 ? 0 : position,
      name: `what to do about ${finding.id}`,
    },
    {
      blocks: [foldedEvidence(finding, position, context)],
      need: 10 + position,
      name: `evidence of ${finding.id}`,
    },
  ];
};
