/** Slack's limits of calls, as far as it names them: about one message a second and channel, 50 updates a minute. */

interface Limit {
  /** calls that may come at once */
  burst: number;
  perMs: number;
  perChannel: boolean;
}

const limits: Readonly<Record<string, Limit>> = {
  // "short bursts" are allowed; Slack doesn't say how long
  'chat.postMessage': { burst: 5, perMs: 1000, perChannel: true },
  'chat.postEphemeral': { burst: 100, perMs: 600, perChannel: false },
  'chat.update': { burst: 50, perMs: 1200, perChannel: false },
  'chat.delete': { burst: 50, perMs: 1200, perChannel: false },
  'views.open': { burst: 100, perMs: 600, perChannel: false },
  'views.update': { burst: 100, perMs: 600, perChannel: false },
  'views.publish': { burst: 100, perMs: 600, perChannel: false },
  'users.info': { burst: 100, perMs: 600, perChannel: false },
  'users.list': { burst: 20, perMs: 3000, perChannel: false },
  'usergroups.users.list': { burst: 20, perMs: 3000, perChannel: false },
};

export class RateLimits {
  private readonly buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(
    private readonly enforced: boolean,
    private readonly now: () => number,
  ) {}

  /** @returns seconds to wait where the limit is reached; undefined: go on */
  wait(method: string, channel: string | undefined): number | undefined {
    const limit = this.enforced ? limits[method] : undefined;
    if (limit === undefined) return undefined;
    const key = limit.perChannel ? `${method} ${channel ?? ''}` : method;
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: limit.burst, atMs: now };
    const tokens = Math.min(limit.burst, bucket.tokens + (now - bucket.atMs) / limit.perMs);
    this.buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: now });
    return tokens >= 1 ? undefined : Math.max(1, Math.ceil(((1 - tokens) * limit.perMs) / 1000));
  }
}
