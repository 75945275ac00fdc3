/** Carries payloads to the app and its acknowledgements back, with Slack's three seconds and its redelivery of events. */
import type { Faults } from './faults.js';
import { slackId } from './ids.js';
import type { Log } from './log.js';
import { type Fields, isObject } from './validate/check.js';

export interface Delivery {
  type: 'slash_commands' | 'interactive' | 'events_api';
  payload: Fields;
  acceptsResponse: boolean;
  retry?: { num: number; reason: 'timeout' | 'http_error' };
}

export type Ack =
  | { ok: true; payload: Fields }
  | { ok: false; error: 'operation_timeout' | 'dispatch_failed' | 'http_service_error' };

/** One way to reach the app. Resolves when it has acknowledged; may never do so. */
export interface AppLink {
  readonly mode: 'socket' | 'http';
  connections(): number;
  send(delivery: Delivery): Promise<Ack>;
}

/** Slack tries an event again nearly at once, after a minute and after five. */
export const eventRetryDelaysMs: readonly number[] = [1000, 60_000, 300_000];

export class Dispatcher {
  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly link: () => AppLink,
    private readonly faults: Faults,
    private readonly ackTimeoutMs: number,
    private readonly log: Log,
    private readonly retryDelaysMs: readonly number[] = eventRetryDelaysMs,
  ) {}

  /** A command or interaction: one attempt, and the person is told when it fails. */
  async ask(type: 'slash_commands' | 'interactive', payload: Fields): Promise<Ack> {
    return this.attempt({ type, payload, acceptsResponse: true });
  }

  /** An event: tried again when it is not acknowledged, with the same event_id. Nobody waits for it. */
  announce(payload: Fields): void {
    void this.announceAttempt(payload, 0);
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private async announceAttempt(payload: Fields, num: number): Promise<void> {
    const ack = await this.attempt({
      type: 'events_api',
      payload,
      acceptsResponse: false,
      ...(num > 0 ? { retry: { num, reason: 'timeout' as const } } : {}),
    });
    const delayMs = this.retryDelaysMs[num];
    if (ack.ok || this.closed) return;
    const event = isObject(payload['event']) ? String(payload['event']['type']) : 'event';
    this.log(
      'warn',
      `${event} was not acknowledged: ${ack.error}${delayMs === undefined ? ', given up' : ', will retry'}`,
    );
    if (delayMs !== undefined) await this.later(delayMs, () => this.announceAttempt(payload, num + 1));
  }

  private later(delayMs: number, act: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        act().then(resolve, resolve);
      }, delayMs);
      timer.unref();
      this.timers.add(timer);
    });
  }

  private attempt(delivery: Delivery): Promise<Ack> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        resolve({ ok: false, error: 'operation_timeout' });
      }, this.ackTimeoutMs);
      this.timers.add(timer);
      const settle = (ack: Ack): void => {
        clearTimeout(timer);
        this.timers.delete(timer);
        resolve(ack);
      };
      this.faults
        .carry(delivery, (one) => this.link().send(one))
        .then(settle, (error: unknown) => {
          this.log('error', `delivery failed: ${String(error)}`);
          settle({ ok: false, error: 'dispatch_failed' });
        });
    });
  }
}

/** @returns a fresh id for one delivery over a socket */
export const envelopeId = (): string => slackId('ENV');
