/**
 * What people sent and what waits for its turn. Nothing begins before all that arrives together has been taken in: the
 * acknowledgements of everybody go first, then the work, which takes time.
 */

/** most of them wait for a host or for Slack; those who ask for the same host share its measurement */
const AT_ONCE = 256;
const WAITING_MAX = 2_000;
const CALM_MS = 5;
const CALM_WITHIN_MS = 300;

export class CalmQueue<T> {
  private readonly waiting: T[] = [];
  private readonly running = new Set<Promise<void>>();
  /** a beginning is due */
  private due = false;
  /** when the last one arrived, by the monotonic clock */
  private arrivedMs = 0;

  /** @param work must not throw */
  constructor(private readonly work: (one: T) => Promise<void>) {}

  /** waiting and under way */
  get size(): number {
    return this.running.size + this.waiting.length;
  }

  /** @returns false where too many wait already */
  add(one: T): boolean {
    if (this.waiting.length >= WAITING_MAX) return false;
    this.waiting.push(one);
    this.arrivedMs = performance.now();
    if (!this.due) {
      this.due = true;
      setImmediate(() => this.begin(this.arrivedMs));
    }
    return true;
  }

  /** Forgets what has not begun. */
  clear(): void {
    this.waiting.splice(0);
  }

  /** @param sleep how to wait for what arrives after this was called */
  async idle(sleep: (ms: number) => Promise<unknown>): Promise<'idle'> {
    while (this.size > 0) await Promise.race([...this.running, sleep(20)]);
    return 'idle';
  }

  private begin(firstMs: number): void {
    const now = performance.now();
    if (now - this.arrivedMs < CALM_MS && now - firstMs < CALM_WITHIN_MS) {
      setTimeout(() => this.begin(firstMs), CALM_MS);
      return;
    }
    this.due = false;
    while (this.waiting.length > 0 && this.running.size < AT_ONCE) this.next();
  }

  private next(): void {
    if (this.running.size >= AT_ONCE) return;
    const one = this.waiting.shift();
    if (one === undefined) return;
    const work = this.work(one);
    this.running.add(work);
    void work.finally(() => {
      this.running.delete(work);
      this.next();
    });
  }
}
