/**
 * Updates of messages: at most one on its way per message, the newest content wins. Slack takes 50 and more a minute; a
 * message may change thrice at once (question, progress, answer) and then once in two seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const AT_ONCE = 3;
const EVERY_MS = 2_000;
const IDLE_MAX = 2_000;

interface Stream<Content> {
  next?: Content;
  waiting: { resolve: () => void; reject: (error: unknown) => void }[];
  running: boolean;
  /** when the last writes began, by a clock that never goes back */
  writes: number[];
}

export class Updates<Content> {
  private readonly streams = new Map<string, Stream<Content>>();
  private hurried = false;

  constructor(
    private readonly write: (key: string, content: Content) => Promise<void>,
    private readonly everyMs: number = EVERY_MS,
  ) {}

  /** Resolves when this content, or newer, stands. */
  update(key: string, content: Content): Promise<void> {
    const stream = this.streams.get(key) ?? { waiting: [], running: false, writes: [] };
    // Set again: the map's order is that of last use, so that the longest idle one is forgotten first.
    this.streams.delete(key);
    this.streams.set(key, stream);
    this.forgetIdle();
    stream.next = content;
    const done = new Promise<void>((resolve, reject) => stream.waiting.push({ resolve, reject }));
    if (!stream.running) void this.run(key, stream);
    return done;
  }

  private async run(key: string, stream: Stream<Content>): Promise<void> {
    stream.running = true;
    while (stream.next !== undefined) {
      await this.pause(stream);
      const content = stream.next;
      const waiting = stream.waiting.splice(0);
      stream.next = undefined;
      stream.writes = [...stream.writes.slice(1 - AT_ONCE), performance.now()];
      try {
        await this.write(key, content);
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    stream.running = false;
  }

  private async pause(stream: Stream<Content>): Promise<void> {
    const first = stream.writes.length < AT_ONCE ? undefined : stream.writes[0];
    if (first === undefined) return;
    const waitMs = first + this.everyMs * AT_ONCE - performance.now();
    for (let left = waitMs; left > 0 && !this.hurried; left -= 50) await sleep(Math.min(50, left));
  }

  private forgetIdle(): void {
    if (this.streams.size <= IDLE_MAX) return;
    for (const [key, stream] of this.streams) {
      if (!stream.running) this.streams.delete(key);
      if (this.streams.size <= IDLE_MAX) return;
    }
  }

  /** No more waiting between updates: the program stops. */
  hurry(): void {
    this.hurried = true;
  }
}
