/** What a change is called in each of its states, who did what to it, and what it sets: never cut short. */
import type { Change, Doer, Measurement } from '../core/change.js';
import { type Line, lines, type Piece, preformatted, rich } from './elements.js';
import type { AnyBlock } from './message.js';
import { bytes, duration, list, plural, settingValue } from './words.js';

/** `team:user` → a mention; the bot as a word. */
export const whoDid = (doer: Doer): Piece =>
  doer === 'bot' ? 'the bot' : { user: doer.account.slice(doer.account.indexOf(':') + 1) };

/** Of people and groups: ids where policy knows them, words where it does not. */
export type Mention = { user: string } | { group: string } | { name: string };

const pieceOf = (mention: Mention): Piece => ('name' in mention ? mention.name : mention);
export const mentions = (all: readonly Mention[]): Piece[] =>
  all.flatMap((mention, index): Piece[] => {
    const before = index === 0 ? '' : index === all.length - 1 ? ' and ' : ', ';
    return [...(before === '' ? [] : [before]), pieceOf(mention)];
  });

/** The last part of a key: enough where the finding, or the whole key, stands nearby. */
export const shortKey = (key: string): string => key.split('.').slice(-1)[0] ?? key;

/** Keys in a button's few words. */
export const keysInShort = (keys: readonly string[]): string => {
  const [first = 'nothing', ...others] = keys;
  return `${shortKey(first)}${others.length === 0 ? '' : ` and ${others.length} more`}`;
};

/** What it does, in a few words for headers and lists. */
export const briefOf = (change: Pick<Change, 'plan'> & Partial<Pick<Change, 'state'>>): string => {
  const { entries } = change.plan;
  const [first] = entries;
  if (first === undefined) return 'nothing';
  // What was taken back went the other way last.
  const [from, to] = change.state === 'reverted' ? [first.to, first.from] : [first.from, first.to];
  const value = `${settingValue(from)} → ${settingValue(to)}`;
  const one = `${shortKey(first.key)} ${value.length > 60 ? 'to another value' : value}`;
  return entries.length === 1 ? one : `${one} and ${plural(entries.length - 1, 'more setting')}`;
};

export const OUTCOMES: Readonly<Record<Measurement['outcome'], string>> = {
  better: 'BETTER',
  same: 'SAME',
  worse: 'WORSE',
  unknown: 'NOT KNOWN',
};

/** What a look at the host found, beside what was there before the change. */
export const measurementLine = (it: Measurement): Line => [
  { bold: `${OUTCOMES[it.outcome]}  ` },
  `after ${duration(it.afterSeconds)}: `,
  it.before === '' ? it.now : `before ${it.before}; now ${it.now}`,
];

export const stateWord = (change: Change): string => {
  if (change.underway?.step === 'confirm') return 'CONFIRMING';
  if (change.underway?.step === 'revert') return 'REVERTING';
  if (change.held !== undefined && change.endedAtMs === undefined) return 'STILL IN FORCE, REVERT WAITS';
  switch (change.state) {
    case 'proposed':
      return 'APPROVAL NEEDED';
    case 'approved':
      return 'APPROVED';
    case 'applying':
      return 'APPLYING';
    case 'applied':
      return 'IN FORCE, NOT CONFIRMED';
    case 'verified':
      return 'IN FORCE, VERIFIED, NOT CONFIRMED';
    case 'confirmed':
      return 'CONFIRMED';
    case 'denied':
      return change.ending?.startsWith('withdrawn') === true ? 'WITHDRAWN' : 'DENIED';
    case 'expired':
      return 'EXPIRED';
    case 'stale':
      return 'NOT APPLIED';
    case 'reverted':
      return 'REVERTED';
    case 'failed':
      return 'FAILED';
    case 'revert-failed':
      return 'REVERT FAILED';
  }
};

export const titleOf = (change: Change): string => `${stateWord(change)}  ${change.plan.host.name}: ${briefOf(change)}`;

/** What a setting means for who must decide. */
export interface SettingWords {
  key: string;
  meaning: string;
  /** what people wrongly expect of it */
  notThis?: string;
  reaches: string;
  risk: 'low' | 'medium' | 'high';
  scope: 'ns' | 'host';
  memoryBytes?: number;
  revertHazard?: string;
  requires?: readonly string[];
  signal?: string;
}

const shown = (value: string): string => (value === '' ? '(empty)' : value);

/** A key, its value now and the one proposed, every character of them. */
export const diffText = ({ key, from, to }: { key: string; from: string; to: string }): string =>
  `${key}\n  ${shown(from)}\n→ ${shown(to)}`;

/** What an approver must know of a key. */
export const settingLines = (about: SettingWords): Line[] => [
  [about.meaning],
  ...(about.notThis === undefined ? [] : [[{ bold: 'But  ' }, about.notThis] as Line]),
  [
    { bold: 'Acts on  ' },
    `${/^next /.test(about.reaches) ? 'the ' : ''}${about.reaches}. `,
    { bold: 'Risk  ' },
    about.risk,
    about.memoryBytes === undefined ? '' : `. Up to ${bytes(about.memoryBytes)} more memory`,
    about.scope === 'host' ? '. One value for the whole machine, containers included.' : '.',
  ],
  ...(about.requires === undefined || about.requires.length === 0
    ? []
    : [[{ bold: 'Mind  ' }, list([...about.requires])] as Line]),
  ...(about.revertHazard === undefined || about.revertHazard === 'none'
    ? []
    : [[{ bold: 'On revert  ' }, about.revertHazard] as Line]),
];

/** Key, value now and value proposed, every character of them: a block for each key, so that none pushes another out. */
export const diffBlocks = (
  entries: readonly { key: string; from: string; to: string }[],
  words: readonly SettingWords[],
): AnyBlock[] =>
  entries.map((entry) => {
    const about = words.find((it) => it.key === entry.key);
    const told = about === undefined ? [] : settingLines(about);
    return rich(preformatted(diffText(entry), 2_900), ...(told.length === 0 ? [] : [lines(...told)]));
  });
