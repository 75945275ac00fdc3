/** What is due, in the database, so that it survives the process and any process may take it. */
import type { Kysely } from 'kysely';
import type { Due, DueDraft } from '../ports/store.js';
import { guarded } from './failures.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

export const scheduleIn = async (db: Kysely<Tables>, drafts: readonly DueDraft[]): Promise<void> => {
  for (const { id, kind, subject, atMs } of drafts)
    await db
      .insertInto('due')
      .values({ id, kind, subject, at_ms: atMs, leased_until_ms: 0 })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ kind, subject, at_ms: atMs, leased_until_ms: 0 }))
      .execute();
};

export const dueIn = (db: Kysely<Tables>): Due => ({
  schedule: (drafts) => guarded(() => transact(db, (tx) => scheduleIn(tx, drafts))),

  claim: (nowMs, leaseMs, most) =>
    guarded(async () => {
      const rows = await db
        .selectFrom('due')
        .selectAll()
        .where('at_ms', '<=', nowMs)
        .where('leased_until_ms', '<=', nowMs)
        .orderBy('at_ms')
        .limit(most)
        .execute();
      if (rows.length === 0) return [];
      return transact(db, async (tx) => {
        const claimed: DueDraft[] = [];
        for (const { id, kind, subject, at_ms, leased_until_ms } of rows) {
          // Whoever moves the lease has it: another process sees another value and gets no row.
          const { numUpdatedRows } = await tx
            .updateTable('due')
            .set({ leased_until_ms: nowMs + leaseMs })
            .where('id', '=', id)
            .where('leased_until_ms', '=', leased_until_ms)
            .where('at_ms', '=', at_ms)
            .executeTakeFirst();
          if (numUpdatedRows === 1n) claimed.push({ id, kind, subject, atMs: Number(at_ms) });
        }
        return claimed;
      });
    }),

  done: ({ id, atMs }) =>
    guarded(async () => {
      await transact(db, (tx) => tx.deleteFrom('due').where('id', '=', id).where('at_ms', '=', atMs).execute());
    }),

  next: () =>
    guarded(async () => {
      const row = await db
        .selectFrom('due')
        .select(({ fn, ref }) => fn.min(ref('at_ms')).as('at_ms'))
        .executeTakeFirst();
      return row?.at_ms === null || row?.at_ms === undefined ? undefined : Number(row.at_ms);
    }),
});
