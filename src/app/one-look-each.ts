/** Looks at things by their id, at each by one look at a time: who comes meanwhile causes one more, so that the newest state wins. */

/** a thing that moves without end is left to the next who comes */
const LOOKS_MAX = 20;

export class OneLookEach {
  private readonly under = new Map<string, { again: boolean; done: Promise<void> }>();

  /** @param look whether to look once more; must not reject */
  constructor(private readonly look: (id: string) => Promise<boolean>) {}

  /** @returns when nothing more is to be seen. Never rejects. */
  at(id: string): Promise<void> {
    const under = this.under.get(id);
    if (under !== undefined) {
      under.again = true;
      return under.done;
    }
    const mine = { again: false, done: Promise.resolve() };
    mine.done = (async () => {
      for (let looks = 0; looks < LOOKS_MAX; looks++) {
        mine.again = false;
        const more = await this.look(id);
        if (!more && !mine.again) break;
      }
      this.under.delete(id);
    })();
    this.under.set(id, mine);
    return mine.done;
  }

  /** Waits for what is under way. */
  async finish(): Promise<void> {
    await Promise.all([...this.under.values()].map(({ done }) => done));
  }
}
