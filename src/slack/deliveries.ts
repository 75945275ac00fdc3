/** Slack may deliver the same thing twice, through another socket too, and after a restart: each id is taken once. */
const REMEMBERED_MS = 30 * 60_000;
const IDS_MAX = 50_000;

export class Deliveries {
  private readonly seen = new Map<string, number>();

  /** @param known ids that were taken before the program started */
  constructor(
    private readonly now: () => number,
    known: readonly string[] = [],
  ) {
    for (const id of known) this.seen.set(id, now());
  }

  /** @returns whether this is the first time */
  take(id: string): boolean {
    const now = this.now();
    if (this.seen.has(id)) return false;
    this.seen.set(id, now);
    for (const [old, since] of this.seen) {
      if (now - since < REMEMBERED_MS && this.seen.size <= IDS_MAX) break;
      this.seen.delete(old);
    }
    return true;
  }
}
