/** Who looked at which host, for the audit log. Looking changes nothing, so an answer does not wait for its entry. */
import type { AuditDraft } from '../core/audit.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';
import { WrittenTogether } from './written-together.js';

/** each is hashed and bound: a thousand at once would keep the program from everything else for half a second */
const AT_ONCE = 50;

export class AuditNotes {
  private readonly notes: WrittenTogether<AuditDraft>;

  constructor(private readonly parts: { store: Pick<Store, 'audit'>; clock: Clock; log: Log }) {
    const { store, clock, log } = parts;
    this.notes = new WrittenTogether({
      clock,
      atOnce: AT_ONCE,
      write: (drafts) => store.audit.append(drafts),
      lost: (count, err) =>
        err === undefined
          ? log.error({ count }, 'looks at hosts were not noted in the audit log')
          : log.error({ count, err }, 'looks at hosts could not be noted in the audit log'),
    });
  }

  add(draft: Omit<AuditDraft, 'atMs'>): void {
    this.notes.add({ ...draft, atMs: this.parts.clock.now() });
  }

  /** Everything that was added is written, or the log says that it is not. */
  done(): Promise<void> {
    return this.notes.done();
  }
}
