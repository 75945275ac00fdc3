/** Keeps one person, or one channel, from taking the bot from everybody: so many questions a minute, refilled evenly. */

export interface FloodLimits {
  /** questions a minute; 0: no limit */
  person: number;
  channel: number;
}

export const FLOOD_LIMITS: FloodLimits = { person: 60, channel: 240 };

const MINUTE_MS = 60_000;
const KEPT_MAX = 10_000;

interface Bucket {
  left: number;
  atMs: number;
  toldMs: number;
}

export type FloodVerdict =
  | { ok: true }
  | {
      ok: false;
      who: 'person' | 'channel';
      limit: number;
      waitSeconds: number /** false: they were told just now */;
      tell: boolean;
    };

/** A bucket a person and a channel: full at first, a token a question. */
export class Flood {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly limits: FloodLimits = FLOOD_LIMITS) {}

  ask(person: string, channel: string, nowMs: number): FloodVerdict {
    const own = this.bucket(`person ${person}`, this.limits.person, nowMs);
    const shared = this.bucket(`channel ${channel}`, this.limits.channel, nowMs);
    for (const [who, bucket, limit] of [
      ['person', own, this.limits.person],
      ['channel', shared, this.limits.channel],
    ] as const) {
      if (limit === 0 || bucket.left >= 1) continue;
      const tell = nowMs - bucket.toldMs >= 5_000;
      if (tell) bucket.toldMs = nowMs;
      return {
        ok: false,
        who,
        limit,
        waitSeconds: Math.max(1, Math.ceil(((1 - bucket.left) * MINUTE_MS) / limit / 1_000)),
        tell,
      };
    }
    own.left -= 1;
    shared.left -= 1;
    return { ok: true };
  }

  private bucket(key: string, limit: number, nowMs: number): Bucket {
    const known = this.buckets.get(key) ?? { left: limit, atMs: nowMs, toldMs: Number.NEGATIVE_INFINITY };
    // A clock that was set back takes nothing away.
    known.left = Math.min(limit, known.left + (Math.max(0, nowMs - known.atMs) * limit) / MINUTE_MS);
    known.atMs = nowMs;
    // The longest unused go first.
    this.buckets.delete(key);
    this.buckets.set(key, known);
    for (const oldest of this.buckets.keys()) {
      if (this.buckets.size <= KEPT_MAX) break;
      this.buckets.delete(oldest);
    }
    return known;
  }
}
