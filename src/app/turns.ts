/**
 * Work that takes milliseconds each and comes in bursts, a little at a time: a fleet's answers arrive together (they all waited
 * the same two seconds), and reading and judging one takes 2–6 ms. All at once they would hold up what has to be
 * acknowledged; so something else gets its turn every few milliseconds.
 */
const SLICE_MS = 10;

export class Turns {
  readonly #queue: (() => void)[] = [];
  #under = false;

  /** @param nowMs a clock that only goes forward */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  get waiting(): number {
    return this.#queue.length;
  }

  /** Does the work when its turn comes, first come, first served; never in the caller's own turn. @throws what `work` throws */
  take<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#under) return;
      this.#under = true;
      setImmediate(() => this.#slice());
    });
  }

  /** As much as fits, at least one; the rest after what else the loop has to do. */
  #slice(): void {
    const endMs = this.nowMs() + SLICE_MS;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      next();
      if (this.nowMs() >= endMs) break;
    }
    this.#under = this.#queue.length > 0;
    if (this.#under) setImmediate(() => this.#slice());
  }
}
