/**
 * What servers refused just now. A fleet is asked in batches, and without this a jump host that refuses the login would be asked
 * again for each of them: OpenSSH from 9.8 on locks the address out after a few, for everybody behind it (PerSourcePenalties).
 */
import type { TransportProblem } from '../ports/transport.js';
import { Failure } from './failures.js';

/** What does not pass by itself: somebody must mend it. */
const REFUSALS: ReadonlySet<TransportProblem> = new Set([
  'authentication-refused',
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
]);

/**
 * A refused login costs 5 s of penalty, which runs down by itself, and 15 s of it lock an address out (sshd_config(5)): one login in
 * 10 s never gets there. No longer, because a person who has mended the key must not be told what was.
 */
export const REFUSAL_KEPT_MS = 10_000;

export class Refusals {
  /** by the target's key, oldest first: as many as logins were refused within that time */
  readonly #kept = new Map<string, { failure: Failure; sinceMs: number }>();

  get size(): number {
    return this.#kept.size;
  }

  /** @param nowMs monotonic */
  keep(key: string, error: unknown, nowMs = performance.now()): void {
    if (!(error instanceof Failure) || !REFUSALS.has(error.failure.problem)) return;
    this.#kept.delete(key);
    this.#kept.set(key, { failure: error, sinceMs: nowMs });
    for (const [oldest, { sinceMs }] of this.#kept) {
      if (nowMs - sinceMs < REFUSAL_KEPT_MS) break;
      this.#kept.delete(oldest);
    }
  }

  /** What to tell in place of another login. It is not kept for longer because somebody asked. */
  of(key: string, nowMs = performance.now()): Failure | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    const ageMs = nowMs - kept.sinceMs;
    if (ageMs < REFUSAL_KEPT_MS) return kept.failure.noted(`refused ${Math.round(ageMs)} ms ago`);
    this.#kept.delete(key);
    return undefined;
  }

  /** @param key without it, everything is forgotten */
  forget(key?: string): void {
    if (key === undefined) this.#kept.clear();
    else this.#kept.delete(key);
  }
}
