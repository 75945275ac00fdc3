/**
 * What nobody waits for is written together, a few times a second, because each write is synced to disk. What is not written by
 * `done` is told, never lost in silence.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../ports/clock.js';

const TOGETHER_MS = 250;
/** a store that does not answer must not fill the memory */
const WAITING_MAX = 5_000;

export interface Writing<T> {
  clock: Clock;
  /** one transaction; more would keep the program from everything else */
  atOnce: number;
  write: (items: readonly T[]) => Promise<unknown>;
  /** so many were not taken, or could not be written because of `err` */
  lost: (count: number, err?: unknown) => void;
}

export class WrittenTogether<T> {
  private waiting: T[] = [];
  private writing: Promise<void> | undefined;
  private notTaken = 0;

  constructor(private readonly parts: Writing<T>) {}

  add(...items: readonly T[]): void {
    const room = WAITING_MAX - this.waiting.length;
    this.notTaken += Math.max(0, items.length - room);
    this.waiting.push(...items.slice(0, room));
    this.writing ??= this.later();
  }

  /** Everything that was added is written, or it was told that it is not. */
  async done(): Promise<void> {
    await this.flush();
    await this.writing;
  }

  private async later(): Promise<void> {
    await this.parts.clock.sleep(TOGETHER_MS);
    this.writing = undefined;
    await this.flush();
  }

  private async flush(): Promise<void> {
    const { atOnce, write, lost } = this.parts;
    const items = this.waiting;
    this.waiting = [];
    let written = 0;
    try {
      while (written < items.length) {
        if (written > 0) await turn();
        await write(items.slice(written, written + atOnce));
        written += atOnce;
      }
      if (this.notTaken > 0) lost(this.notTaken);
      this.notTaken = 0;
    } catch (error) {
      lost(items.length - written, error);
    }
  }
}
