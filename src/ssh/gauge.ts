/**
 * How many logins may be under way at once. A login is mostly waiting (8 round trips and the host's own work) and costs this
 * thread about 2 ms; more than the thread can serve only makes every login slower, which shows as event-loop delay. So the
 * number grows while the loop is quiet and somebody waits, and shrinks when it is late.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Door } from './limits.js';

export const LOGINS = { start: 64, least: 8, most: 256 } as const;

/** A late loop: logins are slowed down by one another. */
const LATE_MS = 40;
/** Below this there is room for more. */
const QUIET_MS = 15;
const EVERY_MS = 200;
/** Resolution of the histogram; what it measures includes this much when nothing is late. */
const RESOLUTION_MS = 5;

/**
 * @param lateMs mean loop delay since the last look, in milliseconds
 * @returns how many logins may be under way from now on
 */
export const nextPlaces = (places: number, lateMs: number, waiting: number): number => {
  if (lateMs > LATE_MS) return Math.max(LOGINS.least, Math.floor(places * 0.7));
  if (lateMs < QUIET_MS && waiting > 0) return Math.min(LOGINS.most, places + Math.max(8, Math.floor(places / 4)));
  return places;
};

/** Turns the door by the loop's delay, only while somebody comes through it: an idle program has no timer running. */
export class Gauge {
  readonly #door: Door;
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #timer: NodeJS.Timeout | undefined;

  constructor(door: Door) {
    this.#door = door;
  }

  /** To be called with every login. */
  touch(): void {
    if (this.#timer !== undefined) return;
    this.#histogram.reset();
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#timer.unref();
  }

  #look(): void {
    const meanMs = this.#histogram.mean / 1e6 - RESOLUTION_MS;
    this.#histogram.reset();
    if (Number.isFinite(meanMs)) this.#door.resize(nextPlaces(this.#door.places, meanMs, this.#door.waiting));
    if (this.#door.inside === 0 && this.#door.waiting === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#histogram.disable();
  }
}
