/**
 * Does something once, whichever of several processes comes to it: claimed in the store before, marked there afterwards. One that
 * died in between is taken over, so that what it had done but not marked is done twice at the worst, and nothing never.
 */
import type { Clock } from '../ports/clock.js';
import { type Store, StoreFailure } from '../ports/store.js';

const KIND = 'once';
/** posting to Slack takes a second, and half a minute where Slack asks to wait */
export const TAKE_OVER_MS = 60_000;

interface Claim {
  sinceMs: number;
  done?: true;
}

/**
 * @param id of what is done
 * @returns `elsewhere`: another process does it now, look again after `TAKE_OVER_MS`
 * @throws what `act` throws; it may be done again then
 */
export const once = async (
  { store, clock }: { store: Pick<Store, 'documents'>; clock: Clock },
  id: string,
  act: () => Promise<void>,
): Promise<'done' | 'elsewhere'> => {
  const { documents } = store;
  const found = await documents.get<Claim>(KIND, id);
  if (found?.value.done === true) return 'done';
  const sinceMs = clock.now();
  if (found !== undefined && sinceMs - found.value.sinceMs < TAKE_OVER_MS) return 'elsewhere';
  let version: number;
  try {
    version = await documents.put(KIND, id, { sinceMs } satisfies Claim, found?.version ?? 0);
  } catch (error) {
    if (error instanceof StoreFailure && error.problem === 'conflict') return 'elsewhere';
    throw error;
  }
  try {
    await act();
  } catch (error) {
    await documents.delete(KIND, id);
    throw error;
  }
  await documents.put(KIND, id, { sinceMs, done: true } satisfies Claim, version);
  return 'done';
};
