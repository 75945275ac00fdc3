/**
 * Rates of counters. Counters are since boot, so only their difference over a known time says anything about now: a host
 * with thousands of old overflows and none in the interval is healthy.
 */
import type { CounterSnapshot, Snapshot } from './snapshot.js';

/** Seconds below which a difference is noise: one packet in half a second is not 2 a second. The probe sleeps 2 s. */
export const RATE_INTERVAL_SECONDS_MIN = 1.95;
/** A previous measurement older than this says nothing about now. */
export const PREVIOUS_AGE_SECONDS_MAX = 900;
/** How far two clocks of one host (uptime, and ours) may drift apart between two measurements of the same boot. */
const UPTIME_TOLERANCE_SECONDS = 15;

export type Rate =
  | {
      known: true;
      delta: number;
      seconds: number;
      perSecond: number;
      from: number;
      to: number;
      since: 'interval' | 'previous';
    }
  | {
      known: false;
      /** `no counter`: this kernel does not print the name; `backwards`: reboot, wrap or reload; `no interval`: nothing to subtract from */
      cause: 'unread' | 'no counter' | 'backwards' | 'no interval';
      reason: string;
    };

interface Pair {
  first: CounterSnapshot;
  second: CounterSnapshot;
  seconds: number;
  since: 'interval' | 'previous';
}

/** Whether two snapshots are of one host, one namespace and one boot, so that their counters may be subtracted. */
export const sameBoot = (earlier: Snapshot, later: Snapshot): boolean => {
  if (earlier.host !== later.host) return false;
  const before = earlier.readings.facts;
  const after = later.readings.facts;
  if (before.status === 'failed' || after.status === 'failed') return false;
  const namespaces = [before.value.networkNamespace, after.value.networkNamespace];
  if (namespaces[0] !== namespaces[1]) return false;
  if (before.value.bootId !== undefined && after.value.bootId !== undefined)
    return before.value.bootId === after.value.bootId;
  const elapsedSeconds = (Date.parse(later.measuredAt) - Date.parse(earlier.measuredAt)) / 1000;
  const uptimeSeconds = after.value.uptimeSeconds - before.value.uptimeSeconds;
  return uptimeSeconds > 0 && Math.abs(uptimeSeconds - elapsedSeconds) <= UPTIME_TOLERANCE_SECONDS;
};

const lastOf = (snapshot: Snapshot): CounterSnapshot | undefined => {
  const counters = snapshot.readings.counters;
  return counters.status === 'ok' ? (counters.value.second ?? counters.value.first) : undefined;
};

/** The previous measurement when it may be compared with this one: same host, namespace and boot, not too old. */
export const comparable = (snapshot: Snapshot, previous: Snapshot | undefined): Snapshot | undefined => {
  if (previous === undefined || !sameBoot(previous, snapshot)) return undefined;
  const seconds = (Date.parse(snapshot.measuredAt) - Date.parse(previous.measuredAt)) / 1000;
  return seconds >= RATE_INTERVAL_SECONDS_MIN && seconds <= PREVIOUS_AGE_SECONDS_MAX ? previous : undefined;
};

const pairOf = (snapshot: Snapshot, previous: Snapshot | undefined): Pair | string => {
  const counters = snapshot.readings.counters;
  if (counters.status === 'failed') return counters.reason;
  const { first, second } = counters.value;
  const seconds = second === undefined ? 0 : second.uptimeSeconds - first.uptimeSeconds;
  if (second !== undefined && seconds >= RATE_INTERVAL_SECONDS_MIN)
    return { first, second, seconds, since: 'interval' };
  const earlier = comparable(snapshot, previous);
  const before = earlier === undefined ? undefined : lastOf(earlier);
  const now = second ?? first;
  const span = before === undefined ? 0 : now.uptimeSeconds - before.uptimeSeconds;
  if (before !== undefined && span >= RATE_INTERVAL_SECONDS_MIN)
    return { first: before, second: now, seconds: span, since: 'previous' };
  return second === undefined
    ? 'the host answered one counter snapshot only: no rates'
    : `the two counter snapshots are ${seconds.toFixed(2)} s apart: too short for rates (at least 2 s)`;
};

/**
 * The rate of one counter over the probe's own interval, or since the previous measurement where the probe had none.
 * @param name as in {@link CounterSnapshot}, e.g. `TcpExt.ListenOverflows`
 */
export const rateOf = (snapshot: Snapshot, previous: Snapshot | undefined, name: string): Rate => {
  if (snapshot.readings.counters.status === 'failed')
    return { known: false, cause: 'unread', reason: `kernel counters: ${snapshot.readings.counters.reason}` };
  const pair = pairOf(snapshot, previous);
  if (typeof pair === 'string') return { known: false, cause: 'no interval', reason: pair };
  const from = pair.first.values[name];
  const to = pair.second.values[name];
  if (from === undefined || to === undefined)
    return { known: false, cause: 'no counter', reason: `the host printed no counter ${name}` };
  if (to < from)
    return { known: false, cause: 'backwards', reason: `${name} went backwards (reboot, wrap or reload): no rate` };
  const delta = to - from;
  return { known: true, delta, seconds: pair.seconds, perSecond: delta / pair.seconds, from, to, since: pair.since };
};
