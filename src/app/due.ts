/** Does what is due, when it is due: data in the store, driven from here. Another process may drive the same store. */
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { DueDraft, Store } from '../ports/store.js';

const LOOK_AGAIN_MS = 1_000;
const LEASE_MS = 60_000;
const AT_ONCE = 16;

export interface DueParts {
  store: Pick<Store, 'due'>;
  clock: Clock;
  log: Log;
  /** by kind, or by what the kind begins with: `change` takes `change-settle` */
  handlers: Readonly<Record<string, (due: DueDraft) => Promise<void>>>;
}

export class DueLoop {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: DueParts) {}

  start(): void {
    this.running = this.loop();
  }

  /** Takes nothing new, and waits for what is under way; what is left stays due. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Does all that is due now. @returns how many */
  async turn(): Promise<number> {
    const { store, clock, log, handlers } = this.parts;
    const claimed = await store.due.claim(clock.now(), LEASE_MS, AT_ONCE);
    await Promise.all(
      claimed.map(async (due) => {
        const handler = handlers[due.kind] ?? handlers[due.kind.split('-')[0] ?? ''];
        try {
          await handler?.(due);
          await store.due.done(due);
        } catch (error) {
          // Its lease runs out and it is tried again: what was promised is not forgotten because it failed once.
          log.error(
            { action: due.kind, change: due.subject, err: error },
            'what was due could not be done; it is tried again',
          );
        }
      }),
    );
    return claimed.length;
  }

  private async loop(): Promise<void> {
    const { clock, log } = this.parts;
    let unreadable = false;
    while (!this.stopping.signal.aborted) {
      try {
        const count = await this.turn();
        unreadable = false;
        if (count === AT_ONCE) continue;
      } catch (error) {
        // Said once, not every second for as long as the store is away.
        if (!unreadable) log.error({ err: error }, 'what is due could not be read; it is tried again');
        unreadable = true;
      }
      await clock.sleep(LOOK_AGAIN_MS, this.stopping.signal);
    }
  }
}
