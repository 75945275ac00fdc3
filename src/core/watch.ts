/**
 * Watching a host: what one message that is kept current knows. Pure; plain data, so that a watch survives the program. Times
 * are milliseconds since the epoch, UTC.
 */
import type { Person } from './caller.js';
import type { Severity } from './finding.js';
import type { Snapshot } from './snapshot.js';
import { TCP_STATES } from './tcp.js';

export const WATCH_LIMITS = {
  durationMinMs: 60_000,
  durationMaxMs: 2 * 3_600_000,
  durationMs: 10 * 60_000,
  /** measurements of one host; however many watch it */
  everyMinMs: 15_000,
  perPerson: 5,
  perHost: 10,
  inAll: 200,
} as const;

export interface WatchFinding {
  id: string;
  subject?: string;
  severity: Severity;
  /** one line; a host's words may be in it */
  headline: string;
}

/** One look at the host. */
export type WatchLook =
  | {
      atMs: number;
      /** level, host and what is wrong, in one line */
      line: string;
      level: string;
      findings: readonly WatchFinding[];
      /** sockets by state; undefined: the host answered, but not this */
      counts?: Readonly<Record<string, number>>;
      /** what else is kept, by name; a watch of an older program has none */
      numbers?: Readonly<Record<string, number>>;
      /** by which of all these numbers the findings are measured */
      measuredBy?: readonly string[];
    }
  | { atMs: number; failure: string };

export interface WatchEvent {
  atMs: number;
  came: readonly string[];
  went: readonly string[];
}

export interface Watch {
  id: string;
  host: string;
  /** the message that is kept current */
  posted: { channel: string; ts: string };
  by: Person;
  startedMs: number;
  endsMs: number;
  everyMs: number;
  looks: number;
  now: WatchLook;
  /** what phones and screen readers were told; it changes only when the verdict does */
  text: string;
  /** the newest last */
  events: readonly WatchEvent[];
  eventsOmitted: number;
  points: readonly {
    atMs: number;
    counts: Readonly<Record<string, number>>;
    numbers?: Readonly<Record<string, number>>;
  }[];
  /** by which numbers findings were measured, at any look: they stay in sight when the finding goes */
  measuredBy?: readonly string[];
  ended?: {
    atMs: number;
    why: 'over' | 'stopped' | 'gone' | 'unregistered' | 'not-allowed';
    by?: string;
    note?: string;
  };
}

const EVENTS_MAX = 8;
const POINTS_MAX = 40;
const MEASURES_MAX = 6;

/** The longer the watch, the further apart its measurements. */
export const everyMsFor = (durationMs: number): number =>
  durationMs <= 10 * 60_000 ? WATCH_LIMITS.everyMinMs : durationMs <= 30 * 60_000 ? 30_000 : 60_000;

/** `10m`, `90s`, `1h`, `10` (minutes). @returns a sentence for the typist where it can't be */
export const watchDuration = (text: string): { ok: true; ms: number } | { ok: false; wrong: string } => {
  const match = /^(\d{1,4})\s*(s|sec|m|min|h)?$/i.exec(text.trim());
  const unit = (match?.[2] ?? 'm').toLowerCase();
  const ms =
    match === null ? Number.NaN : Number(match[1]) * (unit.startsWith('s') ? 1_000 : unit === 'h' ? 3_600_000 : 60_000);
  if (Number.isNaN(ms)) return { ok: false, wrong: '--watch takes a time such as 10m, 90s or 1h.' };
  if (ms < WATCH_LIMITS.durationMinMs || ms > WATCH_LIMITS.durationMaxMs)
    return { ok: false, wrong: 'A host can be watched for 1 minute to 2 hours.' };
  return { ok: true, ms };
};

export const countsOf = ({ readings }: Snapshot): Record<string, number> | undefined => {
  const { sockets } = readings;
  if (sockets.status === 'failed') return undefined;
  const unknown = Object.values(sockets.value.unknown).reduce((sum, number) => sum + number, 0);
  return {
    ...Object.fromEntries(TCP_STATES.map((state) => [state, sockets.value.counts[state]?.total ?? 0])),
    ...(unknown === 0 ? {} : { 'unknown state': unknown }),
  };
};

const keyOf = ({ id, subject }: WatchFinding): string => (subject === undefined ? id : `${id} (${subject})`);

/** What makes a verdict another one: its level and which findings are there, not their numbers. */
const verdictKey = (look: WatchLook): string =>
  'failure' in look ? 'no answer' : [look.level, ...look.findings.map(keyOf).sort()].join('\n');

/** Half as many, the first and the last kept: a long watch stays as small as a short one. */
const thinned = (points: Watch['points']): Watch['points'] =>
  points.length <= POINTS_MAX ? points : points.filter((_, at) => at % 2 === 0 || at === points.length - 1);

const pointsIn = (look: WatchLook): Watch['points'] => {
  if ('failure' in look || (look.counts === undefined && look.numbers === undefined)) return [];
  const { atMs, counts = {}, numbers } = look;
  return [{ atMs, counts, ...(numbers === undefined ? {} : { numbers }) }];
};

const measuresIn = (before: readonly string[], look: WatchLook): readonly string[] =>
  [...new Set([...before, ...('failure' in look ? [] : (look.measuredBy ?? []))])].slice(0, MEASURES_MAX);

const lineOf = (watch: Pick<Watch, 'host'>, look: WatchLook): string =>
  'failure' in look ? `NO ANSWER  ${watch.host}: ${look.failure}` : look.line;

export const beginWatch = (
  about: Pick<Watch, 'id' | 'host' | 'posted' | 'by' | 'startedMs' | 'endsMs'>,
  look: WatchLook,
): Watch => ({
  ...about,
  everyMs: everyMsFor(about.endsMs - about.startedMs),
  looks: 1,
  now: look,
  text: lineOf(about, look),
  events: [],
  eventsOmitted: 0,
  points: pointsIn(look),
  measuredBy: measuresIn([], look),
});

/** The watch after a look. A host that gave no answer neither gains nor loses findings: nothing is known. */
export const observe = (watch: Watch, look: WatchLook): Watch => {
  const changed = verdictKey(watch.now) !== verdictKey(look);
  // Compared with the last look that the host answered.
  const before = 'failure' in watch.now ? undefined : new Set(watch.now.findings.map(keyOf));
  const after = 'failure' in look ? undefined : new Set(look.findings.map(keyOf));
  const came =
    after === undefined
      ? changed
        ? ['no answer']
        : []
      : [...after].filter((id) => before !== undefined && !before.has(id));
  const went =
    before === undefined
      ? after === undefined
        ? []
        : ['no answer']
      : after === undefined
        ? []
        : [...before].filter((id) => !after.has(id));
  const events = came.length + went.length === 0 ? watch.events : [...watch.events, { atMs: look.atMs, came, went }];
  return {
    ...watch,
    looks: watch.looks + 1,
    now: look,
    text: changed ? lineOf(watch, look) : watch.text,
    events: events.slice(-EVENTS_MAX),
    eventsOmitted: watch.eventsOmitted + Math.max(0, events.length - EVENTS_MAX),
    points: thinned([...watch.points, ...pointsIn(look)]),
    measuredBy: measuresIn(watch.measuredBy ?? [], look),
  };
};

export interface Series {
  name: string;
  /** one per point; undefined where it was not told */
  values: readonly (number | undefined)[];
  /** a finding is, or was, measured by it */
  measures: boolean;
  moved: boolean;
}

/** Below both a line counts as flat: sockets come and go. */
const MOVED_RATIO = 0.1;
const MOVED_SOCKETS = 5;

const known = (values: Series['values']): readonly number[] => values.filter((value) => value !== undefined);

/**
 * What tells most: the numbers by which the findings are measured, then the states that moved, then the fullest.
 * @param points as many of them at the most, the first and the last among them
 */
export const seriesOf = (
  watch: Watch,
  most: number,
  points: number,
): { atMs: readonly number[]; series: readonly Series[] } => {
  const all = watch.points;
  const step = Math.max(1, (all.length - 1) / Math.max(1, points - 1));
  const picked =
    all.length <= points
      ? [...all]
      : Array.from({ length: points }, (_, at) => all[Math.min(all.length - 1, Math.round(at * step))]).filter(
          (it) => it !== undefined,
        );
  const measures = watch.measuredBy ?? [];
  const states = [...new Set(picked.flatMap(({ counts }) => Object.keys(counts)))];
  const series = [...new Set([...measures, ...states])]
    .map((name): Series => {
      const values = picked.map(({ counts, numbers }) => counts[name] ?? numbers?.[name]);
      return { name, values, measures: measures.includes(name), moved: movedIn(known(values)) };
    })
    .filter(({ values, measures }) => known(values).length > 0 && (measures || Math.max(...known(values)) > 0));
  // Those by which findings are measured are in their own order already.
  const rank = ({ measures, moved }: Series): number => (measures ? 0 : moved ? 1 : 2);
  const size = ({ measures, values }: Series): number => (measures ? 0 : spread(known(values)));
  const height = ({ measures, values }: Series): number => (measures ? 0 : Math.max(...known(values)));
  series.sort((a, b) => rank(a) - rank(b) || size(b) - size(a) || height(b) - height(a));
  return { atMs: picked.map(({ atMs }) => atMs), series: series.slice(0, most) };
};
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
const movedIn = (values: readonly number[]): boolean =>
  values.length > 1 && spread(values) >= Math.max(MOVED_SOCKETS, MOVED_RATIO * Math.max(...values));
