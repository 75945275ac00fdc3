/**
 * A sweep measures a group on a schedule and says once per cause that a finding appeared or cleared. Pure. Hysteresis: a host
 * counts only after so many sweeps in a row that agree; a host that gave no answer changes nothing about its findings, and one
 * that was not asked nothing at all.
 */
import type { Selector } from './selector.js';

export interface Sweep {
  name: string;
  /** as written, and as read */
  hosts: string;
  selector: Selector;
  everySeconds: number;
  /** channel id where alerts go */
  channel: string;
  /** sweeps in a row until a finding is believed, and until it is believed to be gone */
  raiseAfter: number;
  clearAfter: number;
  /** overrides of rules' thresholds that hold for this sweep */
  thresholds: Readonly<Record<string, number>>;
}

/** What is said of a host that gave no answer: a cause like any other. */
export const NO_ANSWER = 'no-answer';
/** What nobody could be told for so long is not told any more: its channel is gone. */
const TOLD_WITHIN_MS = 7 * 24 * 3_600_000;

export interface WatchedHost {
  present: boolean;
  /** sweeps in a row that say otherwise than `present` */
  against: number;
  /** of `present` */
  sinceMs: number;
}

export interface Alert {
  cause: string;
  raisedAtMs: number;
  clearedAtMs?: number;
  /** hosts that have it, or had it until this sweep, or may come to have it */
  hosts: Readonly<Record<string, WatchedHost>>;
  acknowledged?: { by: string; atMs: number };
  silencedUntilMs?: number;
  /** where it stands; absent while it is silenced from the start */
  posted?: { channel: string; ts: string };
  /** what moved then is not told yet; once over, it is remembered until it is */
  behindSinceMs?: number;
  /** of one that cleared: hosts that had it when nobody looked there any more. It need not be over */
  left?: readonly string[];
}

export interface SweepState {
  atMs: number;
  answered: number;
  /** those that answered or were silent */
  asked: number;
  /** hosts of the sweep that had no turn before the round was over */
  notAsked?: number;
  /** by cause; with hosts that are suspected only, too */
  alerts: Readonly<Record<string, Alert>>;
}

export const emptyState: SweepState = { atMs: 0, answered: 0, asked: 0, alerts: {} };

export interface Observation {
  atMs: number;
  /** rule ids at warn or crit of the hosts that answered */
  answered: ReadonlyMap<string, readonly string[]>;
  /** asked, and without an answer */
  silent: readonly string[];
}

export type News = { kind: 'raised' | 'changed' | 'cleared'; cause: string };

export const hostsOf = (alert: Alert): readonly string[] =>
  Object.entries(alert.hosts)
    .filter(([, host]) => host.present)
    .map(([name]) => name)
    .sort();

export const isOpen = (alert: Alert): boolean => hostsOf(alert).length > 0;

/** Whether something of it is to be told now. What is silenced from the start waits. */
const isBehind = (alert: Alert, nowMs: number): boolean =>
  isOpen(alert) && alert.posted === undefined
    ? (alert.silencedUntilMs ?? 0) <= nowMs
    : alert.behindSinceMs !== undefined;

/** @returns causes of which something is to be told now */
export const behindIn = ({ alerts }: SweepState, nowMs: number): readonly string[] =>
  Object.values(alerts)
    .filter((alert) => isBehind(alert, nowMs))
    .map(({ cause }) => cause);

/** The alert when its message has been told as it was `then`; what has moved since is still to be told. */
export const toldOf = (alert: Alert, then: Alert, posted: Alert['posted']): Alert => {
  const { behindSinceMs, ...rest } = alert;
  return {
    ...rest,
    ...(posted === undefined ? {} : { posted }),
    ...(behindSinceMs === undefined || behindSinceMs === then.behindSinceMs ? {} : { behindSinceMs }),
  };
};

const step = (
  known: WatchedHost | undefined,
  has: boolean,
  { atMs, raiseAfter, clearAfter }: { atMs: number; raiseAfter: number; clearAfter: number },
): WatchedHost | undefined => {
  const before = known ?? { present: false, against: 0, sinceMs: atMs };
  if (has === before.present) return before.present ? { ...before, against: 0 } : undefined;
  const against = before.against + 1;
  if (against >= (has ? raiseAfter : clearAfter)) return has ? { present: true, against: 0, sinceMs: atMs } : undefined;
  return { ...before, against };
};

/**
 * @param keep all hosts of the sweep. One that left it counts as one that has nothing: a list that is empty for one reload ends
 * no alert. One of them that neither answered nor was silent was not asked: what was known of it stands
 * @returns the state after a sweep, and what is new: at most one thing per cause
 */
export const observe = (
  state: SweepState,
  observation: Observation,
  limits: { raiseAfter: number; clearAfter: number },
  keep: ReadonlySet<string>,
): { state: SweepState; news: readonly News[] } => {
  const { atMs, answered, silent } = observation;
  const silentNow = new Set(silent);
  const causes = new Set([
    ...Object.keys(state.alerts),
    ...[...answered.values()].flat(),
    ...(silent.length > 0 ? [NO_ANSWER] : []),
  ]);
  const alerts: Record<string, Alert> = {};
  const news: News[] = [];
  for (const cause of causes) {
    const before = state.alerts[cause];
    const hosts: Record<string, WatchedHost> = {};
    for (const name of new Set([...Object.keys(before?.hosts ?? {}), ...answered.keys(), ...silent])) {
      const known = before?.hosts[name];
      const ofSweep = keep.has(name);
      const looked = answered.has(name) || (cause === NO_ANSWER && silentNow.has(name));
      const has = cause === NO_ANSWER ? silentNow.has(name) : (answered.get(name)?.includes(cause) ?? false);
      const now = looked || !ofSweep ? step(known, ofSweep && has, { atMs, ...limits }) : known;
      if (now !== undefined) hosts[name] = now;
    }
    const had = before === undefined ? [] : hostsOf(before);
    const draft: Alert = { ...(before ?? { cause, raisedAtMs: atMs }), hosts };
    const has = hostsOf(draft);
    if (had.length === 0 && has.length > 0) {
      alerts[cause] = { ...raisedFrom(draft, atMs), behindSinceMs: atMs };
      news.push({ kind: 'raised', cause });
    } else if (had.length > 0 && has.length === 0) {
      alerts[cause] = cleared(
        draft,
        atMs,
        had.filter((name) => !keep.has(name)),
      );
      news.push({ kind: 'cleared', cause });
    } else {
      const changed = had.join() !== has.join();
      if (changed) news.push({ kind: 'changed', cause });
      if (Object.keys(hosts).length > 0 || isRemembered(draft, atMs))
        alerts[cause] = changed ? { ...draft, behindSinceMs: atMs } : draft;
    }
  }
  const asked = answered.size + silent.length;
  const notAsked = keep.size - asked;
  return {
    state: { atMs, answered: answered.size, asked, ...(notAsked > 0 ? { notAsked } : {}), alerts },
    news,
  };
};

/** As long as nobody was told that it is over, it is the same alert as before. */
const raisedFrom = (draft: Alert, atMs: number): Alert => {
  const { clearedAtMs: _c, left: _l, ...same } = draft;
  if (draft.behindSinceMs !== undefined) return same;
  const { acknowledged: _a, posted: _p, ...rest } = same;
  return { ...rest, raisedAtMs: atMs };
};

const cleared = (draft: Alert, atMs: number, left: readonly string[]): Alert => ({
  ...draft,
  clearedAtMs: atMs,
  behindSinceMs: atMs,
  ...(left.length === 0 ? {} : { left }),
});

/** Without any host: what is silenced, and what is still to be told. */
const isRemembered = ({ behindSinceMs, silencedUntilMs = 0 }: Alert, atMs: number): boolean =>
  silencedUntilMs > atMs || (behindSinceMs !== undefined && atMs - behindSinceMs < TOLD_WITHIN_MS);

/** The sweep itself is gone: what is open clears, because nobody looks any more. Doing it again changes nothing. */
export const withdrawn = (state: SweepState, atMs: number): SweepState => ({
  ...state,
  alerts: Object.fromEntries(
    Object.entries(state.alerts).flatMap(([cause, alert]) => {
      const over = isOpen(alert) ? cleared({ ...alert, hosts: {} }, atMs, hostsOf(alert)) : { ...alert, hosts: {} };
      return isRemembered({ ...over, silencedUntilMs: 0 }, atMs) ? [[cause, over]] : [];
    }),
  ),
});

/** The next time on the grid of an interval, the same for every process and after every restart. */
export const nextOnGrid = (nowMs: number, everySeconds: number): number => {
  const everyMs = everySeconds * 1_000;
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
};
