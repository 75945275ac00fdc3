/**
 * A sweep measures a group on a schedule and says once per cause that a finding appeared or cleared. Pure. Hysteresis: a host
 * counts only after so many sweeps in a row that agree; a host that gave no answer changes nothing about its findings.
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
}

export interface SweepState {
  atMs: number;
  answered: number;
  asked: number;
  /** by cause; with hosts that are suspected only, too */
  alerts: Readonly<Record<string, Alert>>;
}

export const emptyState: SweepState = { atMs: 0, answered: 0, asked: 0, alerts: {} };

export interface Observation {
  atMs: number;
  /** rule ids at warn or crit of the hosts that answered */
  answered: ReadonlyMap<string, readonly string[]>;
  silent: readonly string[];
}

export type News = { kind: 'raised' | 'changed' | 'cleared'; cause: string };

export const hostsOf = (alert: Alert): readonly string[] =>
  Object.entries(alert.hosts)
    .filter(([, host]) => host.present)
    .map(([name]) => name)
    .sort();

export const isOpen = (alert: Alert): boolean => hostsOf(alert).length > 0;

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

/** @returns the state after a sweep, and what is to be said: at most one thing per cause */
export const observe = (
  state: SweepState,
  observation: Observation,
  limits: { raiseAfter: number; clearAfter: number },
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
      const judged = cause === NO_ANSWER ? answered.has(name) || silentNow.has(name) : answered.has(name);
      // Neither asked nor answered: what was known of it stands. One that left the sweep for good is forgotten by the caller.
      const has = cause === NO_ANSWER ? silentNow.has(name) : (answered.get(name)?.includes(cause) ?? false);
      const now = judged ? step(known, has, { atMs, ...limits }) : known;
      if (now !== undefined) hosts[name] = now;
    }
    const wasOpen = before !== undefined && isOpen(before);
    const draft: Alert = { ...(before ?? { cause, raisedAtMs: atMs }), hosts };
    const open = isOpen(draft);
    if (!wasOpen && open) {
      const { acknowledged: _a, clearedAtMs: _c, posted: _p, ...rest } = draft;
      alerts[cause] = { ...rest, raisedAtMs: atMs };
      news.push({ kind: 'raised', cause });
    } else if (wasOpen && !open) {
      alerts[cause] = { ...draft, clearedAtMs: atMs };
      news.push({ kind: 'cleared', cause });
    } else {
      if (open && before !== undefined && hostsOf(before).join() !== hostsOf(draft).join())
        news.push({ kind: 'changed', cause });
      // A cause that is open, suspected, or silenced is remembered; the rest is over.
      if (Object.keys(hosts).length > 0 || (draft.silencedUntilMs ?? 0) > atMs) alerts[cause] = draft;
    }
  }
  return { state: { atMs, answered: answered.size, asked: answered.size + silent.length, alerts }, news };
};

/** Hosts that are no longer of the sweep are forgotten; causes that they alone had clear. */
export const withoutHosts = (state: SweepState, keep: ReadonlySet<string>): SweepState => ({
  ...state,
  alerts: Object.fromEntries(
    Object.entries(state.alerts).map(([cause, alert]) => [
      cause,
      { ...alert, hosts: Object.fromEntries(Object.entries(alert.hosts).filter(([name]) => keep.has(name))) },
    ]),
  ),
});

/** The next time on the grid of an interval, the same for every process and after every restart. */
export const nextOnGrid = (nowMs: number, everySeconds: number): number => {
  const everyMs = everySeconds * 1_000;
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
};
