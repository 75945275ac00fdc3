/** What goes wrong on demand: rate limits, refused calls, dropped sockets, doubled, late and reordered deliveries. */
import type { Ack, Delivery } from './delivery.js';

export interface ApiFault {
  /** e.g. `chat.postMessage` */
  method: string;
  /** only calls for this channel id */
  channel?: string;
  /** how many calls it hits; default 1 */
  times?: number;
}

type Planned = { method: string; channel: string | undefined; left: number } & (
  | { kind: 'rate'; retryAfterSeconds: number }
  | { kind: 'error'; error: string }
  | { kind: 'status'; status: number }
);

export type ApiFaultHit =
  | { kind: 'rate'; retryAfterSeconds: number }
  | { kind: 'error'; error: string }
  | { kind: 'status'; status: number };

/** What a socket server must be able to do for the faults that act on connections. */
export interface Connections {
  /** Cuts every socket as a broken network does. @returns how many */
  cut(): number;
  /** Sends Slack's `disconnect` frame (reason refresh_requested or warning) to every socket. */
  requestRefresh(): void;
}

export class Faults {
  private planned: Planned[] = [];
  private refusedBlocks: ReadonlySet<string> = new Set();
  private doubled = 0;
  private late: { left: number; delayMs: number } = { left: 0, delayMs: 0 };
  private held: { size: number; waiting: (() => void)[] } = { size: 0, waiting: [] };
  private unreachable = false;
  private withoutHello = false;
  private connections: Connections | undefined;
  private dropping: NodeJS.Timeout | undefined;

  /** @internal the socket server says where the sockets are */
  attach(connections: Connections): void {
    this.connections = connections;
  }

  /** The next calls of a method are answered 429 with Retry-After. */
  rateLimit(fault: ApiFault & { retryAfterSeconds?: number }): void {
    this.plan(fault, { kind: 'rate', retryAfterSeconds: fault.retryAfterSeconds ?? 1 });
  }

  /** The next calls of a method fail with this Slack error. */
  failCalls(fault: ApiFault & { error: string }): void {
    this.plan(fault, { kind: 'error', error: fault.error });
  }

  /** The next calls of a method are answered with this HTTP status (500, 502, 503). */
  breakCalls(fault: ApiFault & { status: number }): void {
    this.plan(fault, { kind: 'status', status: fault.status });
  }

  /** Refuses these block types with invalid_blocks, as a workspace that doesn't have them yet. Empty: takes all again. */
  refuseBlocks(...types: readonly string[]): void {
    this.refusedBlocks = new Set(types);
  }

  /** Refuses every newer block: what remains are those that all workspaces know. */
  refuseNewerBlocks(): void {
    this.refuseBlocks(
      ...'data_table data_visualization card carousel container plan task_card context_actions alert markdown'.split(
        ' ',
      ),
    );
  }

  /** The next deliveries come twice, the second time as a retry. */
  doubleNext(count = 1): void {
    this.doubled = count;
  }

  /** The next deliveries arrive late. The person's three seconds run meanwhile. */
  delayNext(delayMs: number, count = 1): void {
    this.late = { left: count, delayMs };
  }

  /** Holds the next deliveries until there are `count`, then sends them last first. */
  reverseNext(count: number): void {
    this.held = { size: count, waiting: [] };
  }

  /** @returns how many sockets were cut */
  dropSockets(): number {
    return this.connections?.cut() ?? 0;
  }

  /** From now on every socket is cut every so often, until `clear`. */
  dropSocketsEvery(everyMs: number): void {
    clearInterval(this.dropping);
    this.dropping = setInterval(() => this.dropSockets(), everyMs);
    this.dropping.unref();
  }

  requestRefresh(): void {
    this.connections?.requestRefresh();
  }

  /** While on: apps.connections.open answers 503 and sockets are refused. */
  outage(on: boolean): void {
    this.unreachable = on;
    if (on) this.dropSockets();
  }

  /** While on: sockets open but never get a hello. */
  withholdHello(on: boolean): void {
    this.withoutHello = on;
  }

  /** Ends every fault. */
  clear(): void {
    this.planned = [];
    this.refusedBlocks = new Set();
    this.doubled = 0;
    this.late = { left: 0, delayMs: 0 };
    const { waiting } = this.held;
    this.held = { size: 0, waiting: [] };
    for (const send of waiting) send();
    this.unreachable = false;
    this.withoutHello = false;
    clearInterval(this.dropping);
  }

  get isOut(): boolean {
    return this.unreachable;
  }
  get isWithoutHello(): boolean {
    return this.withoutHello;
  }
  /** @internal */
  get refusedBlockTypes(): ReadonlySet<string> {
    return this.refusedBlocks;
  }

  /** @internal What hits this call, once. */
  hit(method: string, channel: string | undefined): ApiFaultHit | undefined {
    const index = this.planned.findIndex(
      (one) => one.method === method && (one.channel === undefined || one.channel === channel),
    );
    const found = this.planned[index];
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.planned.splice(index, 1);
    return found;
  }

  /** @internal Passes a delivery on, with what goes wrong on its way. */
  async carry(delivery: Delivery, send: (delivery: Delivery) => Promise<Ack>): Promise<Ack> {
    const { late } = this;
    if (late.left > 0) {
      late.left -= 1;
      // What was sent after it arrives before it.
      await new Promise((resolve) => setTimeout(resolve, late.delayMs));
    }
    if (this.held.size > 0) await this.hold();
    if (this.doubled > 0) {
      this.doubled -= 1;
      const first = send(delivery);
      // The second one's acknowledgement is nobody's business, as at Slack.
      send({ ...delivery, retry: { num: 1, reason: 'timeout' } }).catch(() => undefined);
      return first;
    }
    return send(delivery);
  }

  private hold(): Promise<void> {
    return new Promise((resolve) => {
      this.held.waiting.push(resolve);
      if (this.held.waiting.length < this.held.size) return;
      const { waiting } = this.held;
      this.held = { size: 0, waiting: [] };
      // One after the other, so that they really leave in this order.
      waiting.reverse().forEach((release, index) => {
        setTimeout(release, index * 5);
      });
    });
  }

  private plan({ method, channel, times = 1 }: ApiFault, hit: ApiFaultHit): void {
    this.planned.push({ method, channel, left: times, ...hit });
  }
}
