/** What is kept of a proposal from its modal on: where it was asked, and the words that its approvers read. */
import type { FindingRef } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import type { Planned, Setting } from '../core/plan.js';
import type { Place } from '../ports/chat.js';
import type { Standpoint } from './change-standpoint.js';

export interface Draft {
  place: Place;
  /** `team:user` of who asked */
  by: string;
  host: string;
  settings: readonly Setting[];
  finding?: FindingRef;
  undoes?: string;
  mayPersist: boolean;
  createdAtMs: number;
}
export const DRAFTS = 'change-draft';

/** a draft is sent within this, or its values are too old to be shown as “now” */
export const DRAFT_MS = 30 * 60_000;
const DRAFT_KEPT_MS = 24 * 3_600_000;

/** @returns its id, which is the change's if it becomes one */
export const keepDraft = async (
  { parts, caller, subject }: Standpoint,
  host: Host,
  planned: Extract<Planned, { ok: true }>,
  finding?: Draft['finding'],
  undoes?: string,
): Promise<string> => {
  const { store, clock, ids, log } = parts;
  const id = ids.next();
  const draft: Draft = {
    place: { channel: caller.channel, ...(caller.threadTs === undefined ? {} : { threadTs: caller.threadTs }) },
    by: subject.account,
    host: host.name,
    settings: planned.settings,
    ...(finding === undefined ? {} : { finding }),
    ...(undoes === undefined ? {} : { undoes }),
    mayPersist: planned.mayPersist,
    createdAtMs: clock.now(),
  };
  await store.documents.put(DRAFTS, id, draft, 0);
  void forgetOldDrafts({ store, clock }).catch((error: unknown) =>
    log.warn({ err: error }, 'old drafts were not taken away'),
  );
  return id;
};

const forgetOldDrafts = async ({ store, clock }: Pick<Standpoint['parts'], 'store' | 'clock'>): Promise<void> => {
  for (const { id, value } of await store.documents.list<Draft>(DRAFTS))
    if (clock.now() - value.createdAtMs > DRAFT_KEPT_MS && (await store.changes.load(id)) === undefined)
      await store.documents.delete(DRAFTS, id);
};
