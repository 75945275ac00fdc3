/**
 * Calls of Slack's Web API, one lane per method and channel: a lane does one call after the other, waits out its own rate limit
 * (`Retry-After`) and lets the others go on. The SDK's own queue would stop everything at the first 429.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { ChatError, type ChatProblem } from '../ports/chat.js';
import type { Log } from '../ports/log.js';

/** An answer may be late, it must not be lost: a call is tried this long before it is given up. */
const PATIENCE_MS = 5 * 60_000;
const RETRY_AFTER_MAX_MS = 120_000;
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 10_000;
/** waiting calls of one lane; more means that nobody reads them */
const LANE_MAX = 1_000;

const PROBLEMS: Readonly<Record<string, ChatProblem>> = {
  not_in_channel: 'not-in-channel',
  channel_not_found: 'not-in-channel',
  user_not_in_channel: 'not-in-channel',
  no_permission: 'not-in-channel',
  is_archived: 'archived',
  message_not_found: 'message-gone',
  cant_update_message: 'message-gone',
  cant_delete_message: 'message-gone',
  edit_window_closed: 'message-gone',
  expired_trigger_id: 'expired',
  exchanged_trigger_id: 'expired',
  trigger_expired: 'expired',
  trigger_exchanged: 'expired',
  expired_url: 'expired',
  used_url: 'expired',
  not_found: 'expired',
  ratelimited: 'rate-limited',
  restricted_action: 'not-allowed',
  missing_scope: 'not-allowed',
  not_allowed_token_type: 'not-allowed',
  invalid_auth: 'not-allowed',
  account_inactive: 'not-allowed',
  token_revoked: 'not-allowed',
  fatal_error: 'unreachable',
  internal_error: 'unreachable',
  service_unavailable: 'unreachable',
  request_timeout: 'unreachable',
};

/** The request never reached Slack: sending it again can't double anything. */
const NEVER_SENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT/;

const causes = (error: unknown): string => {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    parts.push(`${(at as { code?: unknown }).code ?? ''} ${at.message}`);
    at = (at as { original?: unknown }).original ?? at.cause;
  }
  return parts.join(' ');
};

interface Failure {
  error: ChatError;
  retryAfterMs?: number;
  again: 'never' | 'safely' | 'if repeatable';
}

/** What an error of the SDK means to us, and whether the call may be made again. */
export const understand = (error: unknown): Failure => {
  if (error instanceof ChatError) return { error, again: 'never' };
  if (error instanceof WebAPIRateLimitedError)
    return {
      error: new ChatError('rate-limited', 'ratelimited'),
      retryAfterMs: Math.min(RETRY_AFTER_MAX_MS, Math.max(0, error.retryAfter * 1000)),
      again: 'safely',
    };
  if (error instanceof WebAPIPlatformError) {
    const code = String(error.data.error).slice(0, 80);
    const problem = PROBLEMS[code] ?? 'refused';
    return {
      error: new ChatError(problem, code),
      again: problem === 'rate-limited' ? 'safely' : problem === 'unreachable' ? 'if repeatable' : 'never',
    };
  }
  if (error instanceof WebAPIHTTPError)
    return {
      error: new ChatError('unreachable', `http_${error.statusCode}`),
      again: error.statusCode === 503 ? 'safely' : error.statusCode >= 500 ? 'if repeatable' : 'never',
    };
  const words = causes(error);
  const known = error instanceof WebAPIRequestError || /fetch failed|aborted|timeout/i.test(words);
  return {
    error: new ChatError('unreachable', known ? 'no_connection' : 'unexpected', { cause: error }),
    again: NEVER_SENT.test(words) ? 'safely' : known ? 'if repeatable' : 'never',
  };
};

export interface CallOptions {
  /** a second time does no harm: updates, reads. A post isn't: it would stand there twice. */
  repeatable: boolean;
}

export class Web {
  private readonly lanes = new Map<string, { tail: Promise<unknown>; waiting: number }>();
  private readonly stopping = new AbortController();

  constructor(private readonly log: Log) {}

  /** Rejects with a ChatError and nothing else. Calls of one lane (method and channel) go out in order. */
  async call<T>(method: string, channel: string, send: () => Promise<T>, options: CallOptions): Promise<T> {
    const key = `${method} ${channel}`;
    const lane = this.lanes.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    if (lane.waiting >= LANE_MAX) throw new ChatError('rate-limited', 'too_many_waiting');
    this.lanes.set(key, lane);
    lane.waiting += 1;
    const turn = lane.tail.then(() => this.insist(method, channel, send, options));
    lane.tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      lane.waiting -= 1;
      if (lane.waiting === 0) this.lanes.delete(key);
    }
  }

  private async insist<T>(method: string, channel: string, send: () => Promise<T>, options: CallOptions): Promise<T> {
    const since = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await send();
      } catch (caught) {
        const { error, retryAfterMs, again } = understand(caught);
        const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
        const waitMs = retryAfterMs ?? backoffMs;
        const may = again === 'safely' || (again === 'if repeatable' && options.repeatable);
        const fields = { method, channel, problem: error.problem, status: error.code, attempt };
        if (!may || this.stopping.signal.aborted || performance.now() - since + waitMs > PATIENCE_MS) {
          this.log.debug({ ...fields, detail: causes(error.cause) }, 'a call to Slack failed');
          throw error;
        }
        this.log.warn({ ...fields, waitMs: Math.round(waitMs) }, 'a call to Slack is made again');
        await sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** Waits for what is on its way. */
  async drained(): Promise<void> {
    while (this.lanes.size > 0) await Promise.allSettled([...this.lanes.values()].map(({ tail }) => tail));
  }

  /** What waits for a retry is sent once more at once, and then given up. */
  stopWaiting(): void {
    this.stopping.abort();
  }
}
