/** What Slack hands out for a short while: trigger ids (3 s, once) and response URLs (30 min, five times). */
import { secret } from './ids.js';
import type { ChannelId, PersonId, Ts } from './protocol.js';

/** Tickets are forgotten beyond this many; the oldest first. */
const ticketsMax = 10_000;
const responseUrlUsesMax = 5;
const responseUrlTtlMs = 30 * 60_000;

const bounded = <T>(map: Map<string, T>): void => {
  const [oldest] = map.keys();
  if (map.size > ticketsMax && oldest !== undefined) map.delete(oldest);
};

export type TriggerRefusal = 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id';

export class Triggers {
  private readonly given = new Map<string, { person: PersonId; atMs: number; used: boolean }>();

  constructor(
    private readonly now: () => number,
    private readonly ttlMs: number,
  ) {}

  give(person: PersonId): string {
    const id = `${Math.floor(this.now())}.${parseInt(secret(4), 16)}.${secret()}`;
    this.given.set(id, { person, atMs: this.now(), used: false });
    bounded(this.given);
    return id;
  }

  /** @returns whose act it was, or Slack's word for why it is refused */
  exchange(id: string): { person: PersonId } | { refusal: TriggerRefusal } {
    const trigger = this.given.get(id);
    if (trigger === undefined) return { refusal: 'invalid_trigger_id' };
    if (trigger.used) return { refusal: 'exchanged_trigger_id' };
    if (this.now() - trigger.atMs > this.ttlMs) return { refusal: 'expired_trigger_id' };
    trigger.used = true;
    return { person: trigger.person };
  }
}

export interface ResponseTarget {
  channel: ChannelId;
  person: PersonId;
  /** the message that was acted on */
  original?: Ts;
  threadTs?: Ts;
}

export class ResponseUrls {
  private readonly given = new Map<string, { target: ResponseTarget; atMs: number; uses: number }>();

  constructor(
    private readonly now: () => number,
    private readonly baseUrl: () => string,
  ) {}

  give(target: ResponseTarget): string {
    const id = secret(24);
    this.given.set(id, { target, atMs: this.now(), uses: 0 });
    bounded(this.given);
    return `${this.baseUrl()}/response/${id}`;
  }

  /** Counts as one use. */
  use(id: string): { target: ResponseTarget } | { refusal: 'invalid_url' | 'expired_url' | 'used_url' } {
    const ticket = this.given.get(id);
    if (ticket === undefined) return { refusal: 'invalid_url' };
    if (this.now() - ticket.atMs > responseUrlTtlMs) return { refusal: 'expired_url' };
    if (ticket.uses >= responseUrlUsesMax) return { refusal: 'used_url' };
    ticket.uses += 1;
    return { target: ticket.target };
  }
}
