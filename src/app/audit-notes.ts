/**
 * Who looked at which host, for the audit log. Looking changes nothing, so an answer does not wait for its entry: entries are
 * written together, a few times a second, because each write is synced to disk.
 */
import type { AuditDraft } from '../core/audit.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';

const TOGETHER_MS = 250;
/** each is hashed and bound: a thousand at once would keep the program from everything else for half a second */
const AT_ONCE = 50;
/** a store that does not answer must not fill the memory */
const WAITING_MAX = 5_000;

export class AuditNotes {
  private waiting: AuditDraft[] = [];
  private writing: Promise<void> | undefined;
  private lost = 0;

  constructor(private readonly parts: { store: Pick<Store, 'audit'>; clock: Clock; log: Log }) {}

  add(draft: Omit<AuditDraft, 'atMs'>): void {
    if (this.waiting.length >= WAITING_MAX) {
      this.lost++;
      return;
    }
    this.waiting.push({ ...draft, atMs: this.parts.clock.now() });
    this.writing ??= this.write();
  }

  /** Everything that was added is written, or the log says that it is not. */
  async done(): Promise<void> {
    await this.flush();
    await this.writing;
  }

  private async write(): Promise<void> {
    await this.parts.clock.sleep(TOGETHER_MS);
    this.writing = undefined;
    await this.flush();
  }

  private async flush(): Promise<void> {
    const { store, log } = this.parts;
    const drafts = this.waiting;
    this.waiting = [];
    if (drafts.length === 0) return;
    let written = 0;
    try {
      while (written < drafts.length) {
        if (written > 0) await new Promise(setImmediate);
        await store.audit.append(drafts.slice(written, written + AT_ONCE));
        written += AT_ONCE;
      }
      if (this.lost > 0) log.error({ count: this.lost }, 'looks at hosts were not noted in the audit log');
      this.lost = 0;
    } catch (error) {
      const count = drafts.length - written;
      log.error({ count, err: error }, 'looks at hosts could not be noted in the audit log');
    }
  }
}
