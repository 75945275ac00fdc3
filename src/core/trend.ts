/** Samples over time → a few lines of a chart, and the same hour a day before to compare with. Pure. */
import { distance, median, spreadOf } from './fleet-distance.js';

export interface TrendSample {
  atMs: number;
  numbers: Readonly<Record<string, number>>;
  findings: readonly string[];
}

export interface TrendLine {
  name: string;
  /** one per bin; undefined where nothing was measured */
  values: readonly (number | undefined)[];
  least: number;
  median: number;
  most: number;
  latest: number;
  /** median of the same span a day before; undefined where nothing is known of it */
  yesterday?: number;
}

export interface Trend {
  fromMs: number;
  toMs: number;
  /** begin of each bin; the first one begins later than `fromMs` where nothing was kept until then */
  bins: readonly number[];
  samples: number;
  /** those that move most first */
  lines: readonly TrendLine[];
  /** findings seen in the span, with the first and last time */
  findings: readonly { id: string; firstMs: number; lastMs: number; samples: number }[];
}

export const BINS_MAX = 20;
const LINES_MAX = 5;
/** shorter, and two parts of a chart would have one name: it counts seconds */
const SPAN_MS_MIN = BINS_MAX * 2_000;
const DAY_MS = 86_400_000;

/**
 * @param yesterday samples of the same span a day before
 * @param how.linesMax so many lines, those that move most
 * @param how.whole bins over the whole span, also where nothing was kept at its beginning: to lay it beside another host's
 */
export const trendOf = (
  samples: readonly TrendSample[],
  yesterday: readonly TrendSample[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  { linesMax = LINES_MAX, whole = false }: { linesMax?: number; whole?: boolean } = {},
): Trend => {
  const inside = samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).sort((a, b) => a.atMs - b.atMs);
  const before = yesterday.filter(({ atMs }) => atMs >= fromMs - DAY_MS && atMs < toMs - DAY_MS);
  // A line that is flat for most of the chart because nothing was kept tells of a calm that nobody saw.
  const firstMs = Math.min(inside[0]?.atMs ?? fromMs, toMs - SPAN_MS_MIN);
  const beginMs = whole || firstMs - fromMs < (toMs - fromMs) / BINS_MAX ? fromMs : firstMs;
  const widthMs = Math.max(1, (toMs - beginMs) / BINS_MAX);
  const bins = Array.from({ length: BINS_MAX }, (_, at) => Math.round(beginMs + at * widthMs));
  const names = new Set(inside.flatMap(({ numbers }) => Object.keys(numbers)));
  const lines = [...names].map((name): TrendLine => {
    const known = inside.flatMap(({ atMs, numbers }) =>
      numbers[name] === undefined ? [] : [{ atMs, value: numbers[name] }],
    );
    const values = known.map(({ value }) => value);
    const then = before.flatMap(({ numbers }) => (numbers[name] === undefined ? [] : [numbers[name]]));
    return {
      name,
      // The worst of a bin: a peak of a minute is what people look for.
      values: bins.map((begin, at) => {
        const end = bins[at + 1] ?? toMs;
        const own = known.filter(({ atMs }) => atMs >= begin && atMs < end).map(({ value }) => value);
        return own.length === 0 ? undefined : Math.max(...own);
      }),
      least: Math.min(...values),
      median: median(values),
      most: Math.max(...values),
      latest: values.at(-1) ?? 0,
      ...(then.length === 0 ? {} : { yesterday: median(then) }),
    };
  });
  const moves = (line: TrendLine): number =>
    Math.max(
      (line.most - line.least) / Math.max(5, line.median),
      line.yesterday === undefined ? 0 : Math.abs(line.latest - line.yesterday) / Math.max(5, line.yesterday),
    );
  const findings = new Map<string, { firstMs: number; lastMs: number; samples: number }>();
  for (const { atMs, findings: own } of inside)
    for (const id of own) {
      const known = findings.get(id);
      findings.set(id, { firstMs: known?.firstMs ?? atMs, lastMs: atMs, samples: (known?.samples ?? 0) + 1 });
    }
  return {
    fromMs,
    toMs,
    bins,
    samples: inside.length,
    lines: lines
      .filter(({ most }) => most > 0)
      .sort((a, b) => moves(b) - moves(a) || b.most - a.most || (a.name < b.name ? -1 : 1))
      .slice(0, linesMax),
    findings: [...findings]
      .map(([id, seen]) => ({ id, ...seen }))
      .sort((a, b) => b.samples - a.samples || (a.id < b.id ? -1 : 1)),
  };
};

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
