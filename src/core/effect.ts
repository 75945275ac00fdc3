/**
 * Did a change help? Judged by the finding's own measure, not by a state count: TIME_WAIT does not fall when tcp_tw_reuse
 * works, and grows by design when tcp_max_tw_buckets is raised.
 */

import type { Outcome } from './change.js';
import type { Diagnosis, Evidence, Finding } from './finding.js';
import { grouped } from './grouped.js';

/** How bad a finding is: 0 nothing, 3 people are failing now; undefined: it could not be judged. */
const weight = (finding: Finding | undefined): number | undefined => {
  if (finding === undefined || finding.status === 'inconclusive') return undefined;
  if (finding.status === 'absent') return 0;
  return { info: 1, warn: 2, crit: 3 }[finding.severity];
};

/** Within this share of the old number it counts as unchanged: rates wobble. */
const NOISE_RATIO = 0.1;

const numbersIn = (finding: Finding | undefined): readonly Evidence[] =>
  (finding?.evidence ?? []).filter(({ value }) => typeof value === 'number');

/** What a finding is measured by: where several numbers may show it, one that does show something. */
const primary = (finding: Finding | undefined): Evidence | undefined => {
  const numbers = numbersIn(finding);
  return numbers.find(({ value }) => value !== 0) ?? numbers[0];
};

/** as the verdict on a host says it */
const LEVELS = { crit: 'CRITICAL', warn: 'WARNING', info: 'info' } as const;

const findings = (count: number): string =>
  count === 1 ? '1 critical finding' : `${count === 0 ? 'no' : count} critical findings`;

/** @param measure the name of the number to show, where the finding has it */
const show = (finding: Finding | undefined, measure: string | undefined): string => {
  if (finding === undefined) return 'not judged';
  const evidence = numbersIn(finding).find(({ name }) => name === measure) ?? primary(finding);
  const words = { present: LEVELS[finding.severity], absent: 'gone', inconclusive: 'could not be judged' }[
    finding.status
  ];
  if (evidence === undefined) return words;
  const { name, value, limit, unit } = evidence;
  if (typeof value !== 'number' || unit === 'ratio')
    return `${words}: ${name} ${typeof value === 'number' ? `${Math.round(value * 100)} %` : value}`;
  // "conntrack entries 1,500 of 1,500", and no second "entries"
  const counted = unit === '' || name.endsWith(unit) ? '' : ` ${unit}`;
  return `${words}: ${name} ${grouped(value)}${limit === undefined ? '' : ` of ${grouped(limit)}`}${counted}`;
};

export interface Effect {
  outcome: Outcome;
  /** the finding's measure then and now, in words with units */
  before: string;
  now: string;
  /** rules at crit now that were not before: the change may have done harm elsewhere */
  newlyCritical: readonly string[];
}

const criticalIn = (diagnosis: Diagnosis): string[] =>
  diagnosis.findings.filter(({ status, severity }) => status === 'present' && severity === 'crit').map(({ id }) => id);

/**
 * @param findingId the finding that the change is to cure; undefined: a setting by hand, judged by harm alone
 * @param before the diagnosis just before the change was applied
 */
export const judgeEffect = (findingId: string | undefined, before: Diagnosis, now: Diagnosis): Effect => {
  const was = new Set(criticalIn(before));
  const newlyCritical = criticalIn(now).filter((id) => !was.has(id) && id !== findingId);
  const find = (diagnosis: Diagnosis): Finding | undefined => diagnosis.findings.find(({ id }) => id === findingId);
  const then = find(before);
  const today = find(now);
  const number = primary(then);
  const words = { before: show(then, number?.name), now: show(today, number?.name), newlyCritical };
  if (newlyCritical.length > 0) return { outcome: 'worse', ...words };
  if (findingId === undefined)
    return {
      outcome: 'same',
      before: findings(was.size),
      now: findings(criticalIn(now).length),
      newlyCritical,
    };
  const [weightThen, weightNow] = [weight(then), weight(today)];
  if (then === undefined || today === undefined || weightThen === undefined || weightNow === undefined)
    return { outcome: 'unknown', ...words };
  if (weightNow !== weightThen) return { outcome: weightNow < weightThen ? 'better' : 'worse', ...words };
  if (weightNow === 0) return { outcome: 'same', ...words };
  const numberNow = today.evidence.find(({ name, value }) => name === number?.name && typeof value === 'number');
  if (typeof number?.value !== 'number' || typeof numberNow?.value !== 'number') return { outcome: 'same', ...words };
  // A count is judged against its limit: raising the limit is what helps, the count may stay.
  const share = (evidence: { value: number; limit?: number }): number =>
    evidence.limit ? evidence.value / evidence.limit : evidence.value;
  const [a, b] = [share({ ...number, value: number.value }), share({ ...numberNow, value: numberNow.value })];
  if (Math.abs(b - a) <= Math.abs(a) * NOISE_RATIO) return { outcome: 'same', ...words };
  return { outcome: b < a ? 'better' : 'worse', ...words };
};
