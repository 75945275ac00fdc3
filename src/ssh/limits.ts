/** Counting doors: so many at once, first come first served, and a place in the queue ends with its caller's patience. */
import type { Signal } from './signal.js';

interface Waiting {
  enter: () => void;
}

export class Door {
  readonly #queue = new Set<Waiting>();
  #inside = 0;
  #places: number;

  constructor(places: number) {
    this.#places = places;
  }

  get places(): number {
    return this.#places;
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Widens or narrows the door; who is inside stays. */
  resize(places: number): void {
    this.#places = Math.max(1, Math.floor(places));
    this.#admit();
  }

  #admit(): void {
    for (const next of this.#queue) {
      if (this.#inside >= this.#places) return;
      this.#queue.delete(next);
      next.enter();
    }
  }

  /**
   * Waits for a place. @returns the way out, to be called once; a second call does nothing.
   * @throws the signal's reason when that ends first
   */
  enter(signal: Signal): Promise<() => void> {
    signal.throwIfAborted();
    const leave = (): (() => void) => {
      this.#inside += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        this.#inside -= 1;
        this.#admit();
      };
    };
    if (this.#inside < this.#places && this.#queue.size === 0) return Promise.resolve(leave());
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        enter: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(leave());
        },
      };
      this.#queue.add(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** One door per key, forgotten when nobody uses it. */
export class Doors {
  readonly #doors = new Map<string, Door>();
  readonly #places: number;

  constructor(places: number) {
    this.#places = places;
  }

  get size(): number {
    return this.#doors.size;
  }

  async enter(key: string, signal: Signal): Promise<() => void> {
    let door = this.#doors.get(key);
    if (door === undefined) {
      door = new Door(this.#places);
      this.#doors.set(key, door);
    }
    const mine = door;
    const forget = (): void => {
      if (mine.inside === 0 && mine.waiting === 0 && this.#doors.get(key) === mine) this.#doors.delete(key);
    };
    try {
      const leave = await mine.enter(signal);
      return () => {
        leave();
        forget();
      };
    } catch (error) {
      forget();
      throw error;
    }
  }
}
