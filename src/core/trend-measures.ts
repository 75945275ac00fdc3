/**
 * By which numbers findings are measured, under the names that samples keep: what shows whether a remedy begins to work. As an
 * effect is judged (effect.ts): a count that has a limit as its share of it, for raising the limit is what helps. Pure.
 */
import { wrongIn } from './diagnose.js';
import type { Diagnosis, Evidence, Finding } from './finding.js';
import { CONNTRACK_USE, numbersOf, RATES } from './fleet-numbers.js';
import type { Snapshot } from './snapshot.js';
import { TCP_STATES } from './tcp.js';

/** what a chart still shows apart */
const MEASURES_MAX = 6;
/** a host's words may be in it */
const NAME_CHARACTERS = 100;

/** Evidence that samples have a name of their own for. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  'conntrack entries': CONNTRACK_USE,
  ...Object.fromEntries(
    Object.entries(RATES).map(([name, counter]) => [counter.replace(/^(TcpExt|Tcp)\./, ''), name] as const),
  ),
};
const STATES: ReadonlySet<string> = new Set(TCP_STATES);

interface Numbered {
  name: string;
  value: number;
  isRate: boolean;
  /** it says what the finding is about */
  isSubject: boolean;
  /** kept of every measurement, whether the finding is there or not */
  isKept: boolean;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Evidence as a number whose name ends in its unit; undefined for words. */
const numbered = ({ subject }: Finding, evidence: Evidence, kept: ReadonlySet<string>): Numbered | undefined => {
  const { value, unit, limit } = evidence;
  const name = evidence.name.slice(0, NAME_CHARACTERS);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const isRate = unit === '/s';
  const isShare = !isRate && !STATES.has(name) && (unit === 'ratio' || (limit !== undefined && limit > 0));
  const bare = isRate || unit === '' || unit === 'sockets' || name.endsWith(unit);
  const own = isShare ? `${name} %` : isRate ? `${name} /s` : bare ? name : `${name} ${unit}`;
  const called = KNOWN_AS[name] ?? own;
  return {
    name: called,
    value: isShare ? rounded((value / (unit === 'ratio' ? 1 : (limit ?? 1))) * 100) : value,
    isRate,
    isSubject: subject !== undefined && name.includes(subject),
    isKept: kept.has(called),
  };
};

/** How full or how many, and how fast: at most one of each. */
const measuresOf = (finding: Finding, kept: ReadonlySet<string>): readonly Numbered[] => {
  const telling = finding.evidence
    .flatMap((it) => numbered(finding, it, kept) ?? [])
    .filter(({ value }) => value !== 0);
  const [counts, rates] = [telling.filter(({ isRate }) => !isRate), telling.filter(({ isRate }) => isRate)];
  const count = counts.find(({ isKept }) => isKept) ?? counts.find(({ isSubject }) => isSubject) ?? counts[0];
  const [rate] = rates;
  return [count, rate].filter((it) => it !== undefined);
};

export interface Measures {
  /** as in fleet-numbers, and what the findings are measured by */
  numbers: Readonly<Record<string, number>>;
  /** names of the latter: those of causes before those of what they explain */
  by: readonly string[];
}

/**
 * @param also names by which findings were measured earlier: told also when they are gone, where their rule still has the number
 */
export const measuresIn = (
  { snapshot, previous, diagnosis }: { snapshot: Snapshot; previous?: Snapshot; diagnosis: Diagnosis },
  also: readonly string[] = [],
): Measures => {
  const base = numbersOf(snapshot, previous);
  const kept = new Set(Object.keys(base));
  const measures = wrongIn(diagnosis)
    .flatMap((finding) => measuresOf(finding, kept))
    .slice(0, MEASURES_MAX);
  const earlier = diagnosis.findings
    .filter(({ status }) => status !== 'inconclusive')
    .flatMap((finding) => finding.evidence.flatMap((it) => numbered(finding, it, kept) ?? []))
    .filter(({ name }) => also.includes(name));
  const extra = [...measures, ...earlier].filter(({ name }) => !kept.has(name)).reverse();
  return {
    numbers: { ...base, ...Object.fromEntries(extra.map(({ name, value }) => [name, value])) },
    by: [...new Set(measures.map(({ name }) => name))],
  };
};
