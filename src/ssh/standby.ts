/**
 * A second login beside the first: the change account of a host that was measured is logged in too, before anybody needs it. A
 * full connection-tracking table drops every new connection and lets the open ones go on: a remedy that had to log in first would
 * never get there.
 */
import { narrowed, pause } from './deadline.js';
import type { Lease } from './pool.js';
import { Aborter, type Signal } from './signal.js';
import type { Target } from './target.js';

/** These are in nobody's hurry. */
const AT_ONCE = 2;
/** A login that failed (no key, no account) is not tried with every measurement: sshd, or what reads its log, may lock us out. */
const RETRY_MS = 300_000;
/** How long it waits where people's own questions wait to log in. */
const YIELD_MS = 100;
const FAILED_MAX = 5_000;

export interface StandbyParts {
  lease: (target: Target, signal: Signal) => Promise<Lease>;
  /** it is logged in already, or there is a place for one more connection */
  room: (target: Target) => boolean;
  /** people's own questions wait to log in */
  queue: () => boolean;
}

export class Standby {
  readonly #parts: StandbyParts;
  readonly #wanted = new Map<string, Target>();
  /** monotonic milliseconds from which a target that failed is tried again, oldest first */
  readonly #failed = new Map<string, number>();
  readonly #stopping = new Aborter();
  #busy = 0;

  constructor(parts: StandbyParts) {
    this.#parts = parts;
  }

  /** Somebody may soon need this login: it is made, or stays for another while. Never waits, never fails. */
  want(target: Target): void {
    if (this.#stopping.signal.aborted || (this.#failed.get(target.key) ?? 0) > performance.now()) return;
    this.#wanted.set(target.key, target);
    if (this.#busy < AT_ONCE) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy += 1;
    while (this.#wanted.size > 0 && !this.#stopping.signal.aborted) {
      if (this.#parts.queue()) {
        await pause(YIELD_MS, this.#stopping.signal).catch(() => undefined);
        continue;
      }
      for (const [key, target] of this.#wanted) {
        this.#wanted.delete(key);
        if (this.#parts.room(target)) await this.#make(target);
        break;
      }
    }
    this.#busy -= 1;
  }

  async #make(target: Target): Promise<void> {
    const patience = narrowed(this.#stopping.signal, target.host.limits.totalTimeoutMs);
    this.#failed.delete(target.key);
    try {
      (await this.#parts.lease(target, patience.signal)).release();
    } catch {
      // Whoever needs it is told why by a try of their own.
      this.#failed.set(target.key, performance.now() + RETRY_MS);
      for (const [oldest] of this.#failed) {
        if (this.#failed.size <= FAILED_MAX) break;
        this.#failed.delete(oldest);
      }
    } finally {
      patience.done();
    }
  }

  /** Forgets what failed: the inventory may have another key now. */
  forgive(): void {
    this.#failed.clear();
  }

  stop(): void {
    this.#stopping.abort();
    this.#wanted.clear();
  }
}
