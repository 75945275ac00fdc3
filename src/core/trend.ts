/** Samples over time → a few lines of numbers, and the same hour a day before to compare with. Pure. */
import { distance, median, spreadOf } from './fleet-distance.js';
import { NO_ANSWER } from './sweep.js';
import { type Frame, frameOf, partOf } from './trend-frame.js';

export interface TrendSample {
  atMs: number;
  numbers: Readonly<Record<string, number>>;
  findings: readonly string[];
}

export interface TrendLine {
  name: string;
  /** one per part of the frame; undefined where nothing was measured */
  values: readonly (number | undefined)[];
  least: number;
  median: number;
  most: number;
  latest: number;
  /** when that was */
  latestMs: number;
  /** median of the same span a day before; undefined where nothing is known of it */
  yesterday?: number;
}

export interface Trend {
  fromMs: number;
  toMs: number;
  /** the time in which something was measured; undefined where nothing was */
  frame?: Frame;
  samples: number;
  /** times of the first and the last sample, and the longest time between two of them; 0 where nothing was measured */
  firstMs: number;
  lastMs: number;
  gapMs: number;
  /** by what the findings are measured first, then those that move most */
  lines: readonly TrendLine[];
  /** findings seen in the span, with the first and last time */
  findings: readonly { id: string; firstMs: number; lastMs: number; samples: number }[];
}

const LINES_MAX = 5;
const DAY_MS = 86_400_000;

export const timesIn = (
  samples: readonly TrendSample[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): readonly number[] =>
  samples.flatMap(({ atMs }) => (atMs >= fromMs && atMs < toMs ? [atMs] : [])).sort((a, b) => a - b);

/** A number that counts nothing but trouble, or a share of a limit: it says more than a count as large. */
const tellsOfTrouble = (name: string): boolean => / (?:%|\/s)$/.test(name);

/** How far a line went, in parts of what it usually is; a few sockets more are no movement. */
const movement = ({ least, median: usual, most, latest, yesterday }: TrendLine): number =>
  Math.max(
    (most - least) / Math.max(5, usual),
    yesterday === undefined ? 0 : Math.abs(latest - yesterday) / Math.max(5, yesterday),
  );

/** a tenth; less is noise */
const MOVES_RATIO = 0.1;

export const moves = (line: TrendLine): boolean => movement(line) >= MOVES_RATIO;

/**
 * @param yesterday samples of the same span a day before
 * @param how.all all of the numbers, those too that were 0 throughout; else the few that tell most
 * @param how.first names of the numbers by which present findings are measured: before all others
 * @param how.frame laid beside other hosts', it is theirs too
 */
export const trendOf = (
  samples: readonly TrendSample[],
  yesterday: readonly TrendSample[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  how: { all?: boolean; first?: readonly string[]; frame?: Frame } = {},
): Trend => {
  const { all = false, first = [] } = how;
  const inside = samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).sort((a, b) => a.atMs - b.atMs);
  const before = yesterday.filter(({ atMs }) => atMs >= fromMs - DAY_MS && atMs < toMs - DAY_MS);
  const times = timesIn(samples, { fromMs, toMs });
  const frame = how.frame ?? frameOf([times]);
  const names = new Set(inside.flatMap(({ numbers }) => Object.keys(numbers)));
  const lines = [...names].map((name): TrendLine => {
    const known = inside.flatMap(({ atMs, numbers }) =>
      numbers[name] === undefined ? [] : [{ atMs, value: numbers[name] }],
    );
    const values = known.map(({ value }) => value);
    const then = before.flatMap(({ numbers }) => (numbers[name] === undefined ? [] : [numbers[name]]));
    const parts: (number | undefined)[] = Array.from({ length: frame?.parts ?? 0 }, () => undefined);
    for (const { atMs, value } of known) {
      const at = frame === undefined ? 0 : partOf(frame, atMs);
      // The worst of a part: a peak of a minute is what people look for.
      parts[at] = Math.max(parts[at] ?? value, value);
    }
    const last = known.at(-1);
    return {
      name,
      values: parts,
      least: Math.min(...values),
      median: median(values),
      most: Math.max(...values),
      latest: last?.value ?? 0,
      latestMs: last?.atMs ?? 0,
      ...(then.length === 0 ? {} : { yesterday: median(then) }),
    };
  });
  const findings = new Map<string, { firstMs: number; lastMs: number; samples: number }>();
  for (const { atMs, findings: own } of inside)
    for (const id of own) {
      const known = findings.get(id);
      findings.set(id, { firstMs: known?.firstMs ?? atMs, lastMs: atMs, samples: (known?.samples ?? 0) + 1 });
    }
  const rank = ({ name }: TrendLine): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return {
    fromMs,
    toMs,
    ...(frame === undefined ? {} : { frame }),
    samples: inside.length,
    firstMs: times[0] ?? 0,
    lastMs: times.at(-1) ?? 0,
    gapMs: times.reduce((longest, atMs, at) => Math.max(longest, atMs - (times[at - 1] ?? atMs)), 0),
    lines: lines
      .filter(({ most }) => all || most > 0)
      .sort(
        (a, b) =>
          rank(a) - rank(b) ||
          Number(b.most > 0) - Number(a.most > 0) ||
          movement(b) - movement(a) ||
          Number(tellsOfTrouble(b.name)) - Number(tellsOfTrouble(a.name)) ||
          b.most - a.most ||
          (a.name < b.name ? -1 : 1),
      )
      .slice(0, all ? lines.length : LINES_MAX),
    findings: [...findings]
      .map(([id, seen]) => ({ id, ...seen }))
      .sort((a, b) => b.samples - a.samples || (a.id < b.id ? -1 : 1)),
  };
};

/** It was asked, and gave no answer in all of the span. */
export const isSilent = ({ samples, findings }: Trend): boolean =>
  samples > 0 && findings.some((seen) => seen.id === NO_ANSWER && seen.samples === samples);

/** Numbers that stand apart from the same hour a day before, the furthest first. */
export const againstYesterday = (
  now: Readonly<Record<string, number>>,
  yesterday: readonly TrendSample[],
): readonly { name: string; now: number; before: number }[] =>
  Object.entries(now)
    .flatMap(([name, value]) => {
      const values = yesterday.flatMap(({ numbers }) => (numbers[name] === undefined ? [] : [numbers[name]]));
      if (values.length === 0) return [];
      const spread = spreadOf(values, 5);
      return [{ name, now: value, before: spread.median, far: Math.abs(distance(value, spread)) }];
    })
    .filter(({ far }) => far >= 6)
    .sort((a, b) => b.far - a.far || (a.name < b.name ? -1 : 1))
    .map(({ name, now: value, before }) => ({ name, now: value, before }));

/** `90s`, `30m`, `1h`, `2d` → milliseconds; undefined for anything else, and for more than 90 days. */
export const parseSince = (text: string): number | undefined => {
  const match = /^(\d{1,5})\s*(s|m|min|h|d)$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: DAY_MS }[(match[2] ?? '').toLowerCase()] ?? 0;
  const ms = Number(match[1]) * unit;
  return ms >= 60_000 && ms <= 90 * DAY_MS ? ms : undefined;
};
