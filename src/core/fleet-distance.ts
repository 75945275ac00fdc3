/**
 * How far a host stands from its group. Robust: median and median absolute deviation (MAD), so that the odd ones do not move the
 * measure that finds them (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993: modified z-score, 3.5).
 */

/** fewer hosts than this are no group to stand out from */
export const GROUP_HOSTS_MIN = 4;
/** in modified z-scores; above the usual 3.5, because every host is judged by a dozen numbers at once */
export const STANDS_OUT = 6;
/** makes the MAD of a normal distribution its standard deviation */
const MAD_TO_SIGMA = 1.4826;

/** @returns NaN for none */
export const median = (values: readonly number[]): number => {
  if (values.length === 0) return Number.NaN;
  // Sorted as numbers without a function to compare them: a fleet's are sorted sixty times over.
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

export interface Spread {
  median: number;
  /** what counts as one step away, never 0 */
  step: number;
}

/**
 * Counts scatter by their root, and nobody acts on a tenth more or on five sockets: a group whose members agree to the last
 * socket must not make the one with three more an outlier.
 */
export const spreadOf = (values: readonly number[], leastStep = 2): Spread => {
  const middle = median(values);
  const mad = median(values.map((value) => Math.abs(value - middle)));
  return {
    median: middle,
    step: Math.max(MAD_TO_SIGMA * mad, Math.sqrt(Math.abs(middle)), Math.abs(middle) / 10, leastStep),
  };
};

/** In steps; more than the group is positive. */
export const distance = (value: number, { median: middle, step }: Spread): number => (value - middle) / step;

export interface Deviation {
  /** as in fleet-numbers */
  name: string;
  value: number;
  median: number;
  /** in steps, positive for more than the group */
  distance: number;
}

/**
 * Numbers in which a host may be odd for having less than its group: it may be out of the balancer, or not have started all that
 * it serves. Of everything else (drops, piles, what is in use of a limit) only more is a trouble.
 */
const EITHER_WAY: ReadonlySet<string> = new Set(['ESTABLISHED', 'TIME_WAIT', 'LISTEN']);

/** Steps that matter: a share of 3 % beside 1 % and a packet a second are nobody's outlier. */
const leastStepOf = (name: string): number => (name.includes('%') ? 5 : name.includes('/s') ? 1 : 5);

/** By number; without those that too few members have. */
export type Spreads = ReadonlyMap<string, Spread>;

/** Once for a group: sorting it anew for each of a thousand members would hold everybody up. */
export const spreadsOf = (group: readonly Readonly<Record<string, number>>[]): Spreads => {
  const values = new Map<string, number[]>();
  for (const member of group)
    for (const [name, value] of Object.entries(member)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  return new Map(
    [...values]
      .filter(([, all]) => all.length >= GROUP_HOSTS_MIN)
      .map(([name, all]) => [name, spreadOf(all, leastStepOf(name))]),
  );
};

/** @returns the numbers in which a member stands out, the furthest first; what it lacks is not compared */
export const deviationsOf = (numbers: Readonly<Record<string, number>>, spreads: Spreads): readonly Deviation[] => {
  const found: Deviation[] = [];
  for (const [name, value] of Object.entries(numbers)) {
    const spread = spreads.get(name);
    if (spread === undefined) continue;
    const far = distance(value, spread);
    if (far >= STANDS_OUT || (far <= -STANDS_OUT && EITHER_WAY.has(name)))
      found.push({ name, value, median: spread.median, distance: far });
  }
  return found.sort((a, b) => Math.abs(b.distance) - Math.abs(a.distance) || (a.name < b.name ? -1 : 1));
};
