/** What is kept of a proposal from its modal on: where it was asked, and the words that its approvers read. */
import type { FindingRef } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import type { Planned, Setting } from '../core/plan.js';
import type { Place } from '../ports/chat.js';
import type { Standpoint } from './change-standpoint.js';
import { forgetOldDrafts } from './forget-drafts.js';

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

/** @returns its id, which is the change's if it becomes one */
export const keepDraft = async (
  { parts, caller, subject }: Standpoint,
  host: Host,
  planned: Extract<Planned, { ok: true }>,
  finding?: Draft['finding'],
  undoes?: string,
): Promise<string> => {
  const { store, clock, ids } = parts;
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
  void forgetOldDrafts(parts, DRAFTS, async (old) => (await store.changes.load(old)) !== undefined);
  return id;
};
