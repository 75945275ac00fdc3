/** What a confirmed change replaced: an undo may set it again, whatever the bounds say. */
import { type Before, valuesBefore } from '../core/plan.js';
import type { PlanEntry } from '../core/plan-digest.js';
import type { ChangePorts } from './change-ports.js';

/**
 * Looked up in the store at each step, never taken from a draft or a button.
 * @param undoes the change that is to be taken back, where it is one
 * @throws StoreFailure
 */
export const beforeOf = async (
  { store }: Pick<ChangePorts, 'store'>,
  undoes: string | undefined,
  host: string,
  entries: readonly PlanEntry[],
): Promise<Before> =>
  undoes === undefined ? new Map() : valuesBefore((await store.changes.load(undoes))?.change, host, entries);
