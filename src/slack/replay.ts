/**
 * Slack signs an HTTP request with its time stamp; Bolt 5.1 checks the signature, but takes the same request again and again,
 * and time stamps from the future. Here a request is young (to both sides) and is taken once.
 */
export const SKEW_SECONDS_MAX = 300;
/** a signature is remembered longer than its time stamp could pass */
export const REMEMBERED_MS = 15 * 60_000;
/** about 20 MB at most; beyond it requests are refused rather than forgotten */
const SIGNATURES_MAX = 200_000;

export type ReplayVerdict = 'fresh' | 'malformed' | 'outside the time window' | 'seen before' | 'too many requests';

export class ReplayGuard {
  /** signature → when it may be forgotten; in the order of arrival */
  private readonly seen = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  /** @param timestamp `x-slack-request-timestamp`, seconds @param signature `x-slack-signature`, already verified or about to be */
  check(timestamp: unknown, signature: unknown): ReplayVerdict {
    if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return 'malformed';
    if (typeof signature !== 'string' || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'malformed';
    const now = this.now();
    if (Math.abs(now / 1000 - Number(timestamp)) > SKEW_SECONDS_MAX) return 'outside the time window';
    for (const [old, until] of this.seen) {
      if (until > now) break;
      this.seen.delete(old);
    }
    if (this.seen.has(signature)) return 'seen before';
    return this.seen.size >= SIGNATURES_MAX ? 'too many requests' : 'fresh';
  }

  /** Called once the signature is known to be right: a forger can't fill the memory. */
  remember(signature: string): void {
    this.seen.set(signature, this.now() + REMEMBERED_MS);
  }
}
