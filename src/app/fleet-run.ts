/**
 * Asks many hosts the same thing: so many at once over all answers together, within one wall clock that starts when the first of
 * them has its turn, with progress now and then, and an end when somebody stops it: what is under way then is given up at the
 * hosts too, unless somebody else asked the same.
 */
import { setMaxListeners } from 'node:events';
import type { FleetProgress } from '../blocks/fleet-progress.js';
import type { Host } from '../core/inventory.js';
import type { Clock } from '../ports/clock.js';
import type { Asker, Places } from './fleet-places.js';

/** one message may be changed some fifty times a minute; others are kept current too */
const PROGRESS_EVERY_MS = 2_500;
const SPARE_MS = 5_000;
/** a measurement waits two seconds between its counters */
const TURN_MS = 5_000;

/** Runs that come first are over in a minute or two each; one that has had no turn after so many of them says so. */
const WAITING_MS_MAX = 10 * 60_000;

/** The longest that many hosts may take: each has its own limit, and all of them take turns. */
export const wallClockMs = (hosts: readonly Host[], atOnce: number): number =>
  Math.max(0, ...hosts.map(({ limits }) => limits.totalTimeoutMs)) +
  SPARE_MS +
  Math.max(0, Math.ceil(hosts.length / atOnce) - 1) * TURN_MS;

export interface FleetRun<T> {
  hosts: readonly Host[];
  /** never rejects */
  ask: (host: Host, ended: AbortSignal) => Promise<T>;
  problemOf: (answer: T) => string | undefined;
  asker: Asker;
  places: Places;
  clock: Clock;
  /** somebody stops it, or the program ends */
  stop: AbortSignal;
  onProgress?: (progress: FleetProgress) => void;
}

export interface FleetOutcome<T> {
  answers: ReadonlyMap<string, T>;
  /** asked, and silent when it ended */
  unanswered: readonly Host[];
  /** it ended before their turn came */
  notAsked: readonly Host[];
  overTime: boolean;
  tookMs: number;
}

export const runFleet = async <T>(run: FleetRun<T>): Promise<FleetOutcome<T>> => {
  const { hosts, ask, problemOf, asker, places, clock, stop, onProgress } = run;
  const startedMs = clock.now();
  const answers = new Map<string, T>();
  const asked = new Map<string, number>();
  const failed: Record<string, number> = {};
  let slowest: FleetProgress['slowest'];
  let answered = 0;
  const line = places.line(asker);
  const begun = new AbortController();
  const ended = new AbortController();
  // every question that is under way listens
  setMaxListeners(0, ended.signal);

  const one = async (host: Host): Promise<void> => {
    if (!(await line.enter())) return;
    try {
      if (ended.signal.aborted) return;
      begun.abort();
      const sinceMs = clock.now();
      asked.set(host.name, sinceMs);
      const answer = await ask(host, ended.signal);
      if (ended.signal.aborted) return;
      answers.set(host.name, answer);
      const problem = problemOf(answer);
      const tookMs = clock.now() - sinceMs;
      if (problem !== undefined) failed[problem] = (failed[problem] ?? 0) + 1;
      else {
        answered += 1;
        if (slowest === undefined || tookMs > slowest.tookMs) slowest = { host: host.name, tookMs };
      }
    } finally {
      line.leave();
    }
  };

  const progress = (): FleetProgress => {
    const nowMs = clock.now();
    return {
      asked: hosts.length,
      answered,
      failed: { ...failed },
      waiting: [...asked]
        .filter(([name]) => !answers.has(name))
        .map(([host, sinceMs]) => ({ host, forMs: nowMs - sinceMs }))
        .sort((a, b) => b.forMs - a.forMs),
      ...(slowest === undefined ? {} : { slowest }),
      elapsedMs: nowMs - startedMs,
    };
  };
  const tell = async (): Promise<void> => {
    let said = '';
    while (!ended.signal.aborted) {
      await clock.sleep(PROGRESS_EVERY_MS, ended.signal);
      if (ended.signal.aborted) return;
      const now = progress();
      const state = `${now.answered} ${JSON.stringify(now.failed)} ${Math.floor(now.elapsedMs / 10_000)}`;
      // Nothing new is not worth an update of everybody's screen.
      if (state !== said) onProgress?.(now);
      said = state;
    }
  };

  const told = onProgress === undefined ? Promise.resolve() : tell();
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stop.aborted) resolve('stopped');
    else stop.addEventListener('abort', () => resolve('stopped'), { once: true, signal: ended.signal });
  });
  const over = async (): Promise<'over'> => {
    await clock.sleep(WAITING_MS_MAX, begun.signal);
    if (begun.signal.aborted) await clock.sleep(wallClockMs(hosts, places.roomFor(asker)), ended.signal);
    return 'over';
  };
  const how = await Promise.race([over(), Promise.all(hosts.map(one)).then(() => 'all' as const), stopped]);
  ended.abort();
  begun.abort();
  line.close();
  await told;
  return {
    answers,
    unanswered: hosts.filter(({ name }) => asked.has(name) && !answers.has(name)),
    notAsked: hosts.filter(({ name }) => !asked.has(name)),
    overTime: how === 'over',
    tookMs: clock.now() - startedMs,
  };
};
