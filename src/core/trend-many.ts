/** The courses of several hosts beside each other. Pure. */
import { moves, type Trend, type TrendLine } from './trend.js';
import { labelsOf } from './trend-chart.js';

export interface HostTrend {
  host: string;
  /** with all its lines, in the frame of all */
  trend: Trend;
  /** names of the numbers by which its present findings are measured */
  by?: readonly string[];
}

export interface Course {
  name: string;
  /** why this number: findings are measured by it, it moves, or it is the largest of those that stand still */
  because: 'finding' | 'moves' | 'stands still';
  /** hosts whose present findings are measured by it */
  found: readonly string[];
  lines: readonly { host: string; line: TrendLine }[];
  /** a name for each line in a chart */
  labels: readonly string[];
}

const FIRST_LINES = 3;

/** @returns the one that is among the first on most; undefined for no names at all */
const elected = (lists: readonly (readonly string[])[]): string | undefined => {
  const votes = new Map<string, number>();
  for (const names of lists)
    for (const [rank, name] of names.slice(0, FIRST_LINES).entries())
      votes.set(name, (votes.get(name) ?? 0) + FIRST_LINES - rank);
  const [first] = [...votes].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  return first?.[0];
};

/** @returns undefined where nothing was kept of any */
export const courseOf = (hosts: readonly HostTrend[]): Course | undefined => {
  // Of what is wrong on one host, calm hosts have no say.
  const wrong = elected(
    hosts.map(({ by = [], trend }) => by.filter((it) => trend.lines.some(({ name }) => name === it))),
  );
  const name = wrong ?? elected(hosts.map(({ trend }) => trend.lines.map((line) => line.name)));
  if (name === undefined) return undefined;
  const lines = hosts.flatMap(({ host, trend }) => {
    const line = trend.lines.find((it) => it.name === name);
    return line === undefined ? [] : [{ host, line }];
  });
  return {
    name,
    because: wrong !== undefined ? 'finding' : lines.some(({ line }) => moves(line)) ? 'moves' : 'stands still',
    found: wrong === undefined ? [] : hosts.flatMap(({ host, by = [] }) => (by.includes(name) ? [host] : [])),
    lines,
    labels: labelsOf(lines.map(({ host }) => host)),
  };
};
