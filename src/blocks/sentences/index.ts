/** From a finding to words: the rule's own where there are any, general ones from its title and numbers otherwise. */
import type { Finding } from '../../core/finding.js';
import type { Rule } from '../../core/rule.js';
import { closingWords } from './closing.js';
import { conntrackWords } from './conntrack.js';
import { listeningWords } from './listening.js';
import { networkWords } from './network.js';
import { portWords } from './ports.js';
import { evidenceInWords, type Words } from './sentence.js';

const FAMILIES: readonly Readonly<Record<string, Words>>[] = [
  conntrackWords,
  portWords,
  listeningWords,
  closingWords,
  networkWords,
];

const wordsOf = (id: string): Words => FAMILIES.find((family) => Object.hasOwn(family, id))?.[id] ?? {};

/** Titles and reasons of rules, as far as words need them. */
export type Titles = ReadonlyMap<string, Pick<Rule, 'title' | 'why' | 'severity'>>;

export const titleOf = (id: string, titles: Titles): string => titles.get(id)?.title ?? id.replaceAll('-', ' ');

const lowerFirst = (text: string): string =>
  /^[A-Z][a-z ]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;

/** What is wrong, as it stands after `web-1: `. */
export const headlineOf = (finding: Finding, titles: Titles): string => {
  const own = wordsOf(finding.id).headline?.(finding);
  if (own !== undefined) return own;
  const title = lowerFirst(titleOf(finding.id, titles));
  return finding.subject === undefined || title.includes(finding.subject) ? title : `${title} (${finding.subject})`;
};

/** Something that is nothing wrong, said of many hosts at once. */
export const noteOf = (id: string, titles: Titles): { label: string; what: string } =>
  wordsOf(id).note ?? { label: 'To mind', what: lowerFirst(titleOf(id, titles)) };

/** The numbers that the judgement rests on. */
export const detailOf = (finding: Finding): string => {
  const own = wordsOf(finding.id).detail?.(finding);
  if (own !== undefined) return own;
  const said = finding.evidence.slice(0, 3).map(evidenceInWords);
  return said.length === 0 ? '' : `${said.join('; ')}.`;
};
