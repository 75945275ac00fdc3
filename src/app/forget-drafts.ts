/** Drafts that never became anything are taken away a day later. */
import type { Store } from '../ports/store.js';
import type { ChangePorts } from './change-ports.js';

const DRAFT_KEPT_MS = 24 * 3_600_000;
/** Every draft that was ever sent is read for it: not at every modal. */
const EVERY_MS = 3_600_000;

/** when each store was last gone through, by kind */
const lastMs = new WeakMap<Store, Map<string, number>>();

/** @param isSent whether the draft became what it was for; asked of old ones alone */
export const forgetOldDrafts = async (
  { store, clock, log }: Pick<ChangePorts, 'store' | 'clock' | 'log'>,
  kind: string,
  isSent: (id: string) => Promise<boolean>,
): Promise<void> => {
  const nowMs = clock.now();
  const last = lastMs.get(store) ?? new Map<string, number>();
  lastMs.set(store, last);
  if (nowMs - (last.get(kind) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
  last.set(kind, nowMs);
  try {
    for (const { id, value } of await store.documents.list<{ createdAtMs: number }>(kind))
      if (nowMs - value.createdAtMs > DRAFT_KEPT_MS && !(await isSent(id))) await store.documents.delete(kind, id);
  } catch (error) {
    log.warn({ err: error, action: kind }, 'old drafts were not taken away');
  }
};
