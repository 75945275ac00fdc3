/**
 * How a finding is put into words. One file in this folder = the rules of one family; a rule without words of its own gets
 * sensible ones from its title and evidence. Templates look evidence up by name: where a name is missing they say nothing,
 * and the general wording stands.
 */
import type { Evidence, Finding } from '../../core/finding.js';
import { quantity } from '../words.js';

export interface Words {
  /** what is wrong and what it does to people, after `web-1: `; a clause, no full stop */
  headline?(finding: Finding): string | undefined;
  /** the numbers with their limit, in a sentence or two */
  detail?(finding: Finding): string | undefined;
  /** of what is nothing wrong: why, and what there is, without a host's numbers: for many hosts at once */
  note?: { label: 'Harmless' | 'Held off'; what: string };
}

export const evidenceOf = (finding: Finding, ...names: readonly string[]): Evidence | undefined => {
  for (const name of names) {
    const found = finding.evidence.find((it) => it.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The number of the first of these names that is there. */
export const numberOf = (finding: Finding, ...names: readonly string[]): number | undefined => {
  const value = evidenceOf(finding, ...names)?.value;
  return typeof value === 'number' ? value : undefined;
};

export const textOf = (finding: Finding, ...names: readonly string[]): string | undefined => {
  const value = evidenceOf(finding, ...names)?.value;
  return typeof value === 'string' ? value : undefined;
};

/** `conntrack entries 65,536 of 65,536`, `port use 86 %` */
export const evidenceInWords = ({ name, value, unit, limit }: Evidence): string => {
  if (limit === undefined || (unit === 'ratio' && limit === 1)) return `${name} ${quantity(value, unit)}`;
  // the unit stands once, behind both, where it is a word
  const first = unit === 'ratio' || unit === 'bytes' || unit === 'ms' ? unit : '';
  return `${name} ${quantity(value, first)} of ${quantity(limit, unit)}`;
};
