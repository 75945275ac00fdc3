/** One transaction, tried again while another process holds the database: waiting must not stop this one from answering. */
import type { Kysely, Transaction } from 'kysely';
import { storeFailure } from './failures.js';
import type { Tables } from './schema.js';

const WAIT_MS_MAX = 5_000;
const FIRST_PAUSE_MS = 5;
const PAUSE_MS_MAX = 200;

/**
 * Nothing of a transaction that met a lock is kept, so trying it again is safe.
 * @throws StoreFailure `locked` when the lock can't be had within 5 s
 */
export const transact = async <T>(db: Kysely<Tables>, act: (tx: Transaction<Tables>) => Promise<T>): Promise<T> => {
  const until = performance.now() + WAIT_MS_MAX;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      return await db.transaction().execute(act);
    } catch (error) {
      if (storeFailure(error).problem !== 'locked' || performance.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
    }
  }
};
