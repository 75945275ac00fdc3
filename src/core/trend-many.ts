/** The courses of several hosts beside each other. Pure. */
import type { Trend, TrendLine } from './trend.js';

export interface HostTrend {
  host: string;
  /** with all its lines */
  trend: Trend;
}

export interface Course {
  /** the number that is among the first to move on most of the hosts */
  name: string;
  lines: readonly { host: string; line: TrendLine }[];
  /** a name for each line in a chart: at most 20 characters, no two alike */
  labels: readonly string[];
}

const FIRST_LINES = 3;
const LABEL_CHARACTERS = 20;

/** @returns undefined where nothing was kept of any */
export const courseOf = (hosts: readonly HostTrend[]): Course | undefined => {
  const votes = new Map<string, number>();
  for (const { trend } of hosts)
    for (const [rank, { name }] of trend.lines.slice(0, FIRST_LINES).entries())
      votes.set(name, (votes.get(name) ?? 0) + FIRST_LINES - rank);
  const [first] = [...votes].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  if (first === undefined) return undefined;
  const [name] = first;
  const lines = hosts.flatMap(({ host, trend }) => {
    const line = trend.lines.find((it) => it.name === name);
    return line === undefined ? [] : [{ host, line }];
  });
  // Long names of a fleet differ at their end.
  const short = lines.map(({ host }) =>
    host.length <= LABEL_CHARACTERS ? host : `…${host.slice(1 - LABEL_CHARACTERS)}`,
  );
  const labels = short.map((label, at) =>
    short.indexOf(label) === at ? label : `${at + 1} ${label}`.slice(0, LABEL_CHARACTERS),
  );
  return { name, lines, labels };
};
