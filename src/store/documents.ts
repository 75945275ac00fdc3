/** Small things by kind and id, with compare-and-set on their version. */
import type { Kysely } from 'kysely';
import { type Documents, StoreFailure } from '../ports/store.js';
import { appendEntries, lockHead } from './audit.js';
import { scheduleIn } from './due.js';
import { guarded, isDuplicate } from './failures.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

/** as many as PostgreSQL and SQLite bind without a word */
const ROWS_AT_ONCE = 200;

export const documentsIn = (db: Kysely<Tables>): Documents => {
  const conflict = (kind: string, id: string): StoreFailure =>
    new StoreFailure('conflict', `${kind} ${id} has moved meanwhile`);
  return {
    get: <T>(kind: string, id: string) =>
      guarded(async () => {
        const row = await db
          .selectFrom('document')
          .select(['value', 'version'])
          .where('kind', '=', kind)
          .where('id', '=', id)
          .executeTakeFirst();
        return row === undefined ? undefined : { value: JSON.parse(row.value) as T, version: Number(row.version) };
      }),

    put: (kind, id, value, expectedVersion, { audit = [], due = [] } = {}) =>
      guarded(() =>
        transact(db, async (tx) => {
          if (audit.length > 0) await appendEntries(tx, await lockHead(tx), audit);
          await scheduleIn(tx, due);
          const text = JSON.stringify(value);
          const stored = tx.selectFrom('document').select('version').where('kind', '=', kind).where('id', '=', id);
          if (expectedVersion === undefined) {
            await tx
              .insertInto('document')
              .values({ kind, id, value: text, version: 1 })
              .onConflict((both) =>
                both
                  .columns(['kind', 'id'])
                  .doUpdateSet((column) => ({ value: text, version: column('document.version', '+', 1) })),
              )
              .execute();
            return Number((await stored.executeTakeFirstOrThrow()).version);
          }
          if (expectedVersion === 0) {
            await tx.insertInto('document').values({ kind, id, value: text, version: 1 }).execute();
            return 1;
          }
          const { numUpdatedRows } = await tx
            .updateTable('document')
            .set({ value: text, version: expectedVersion + 1 })
            .where('kind', '=', kind)
            .where('id', '=', id)
            .where('version', '=', expectedVersion)
            .executeTakeFirst();
          if (numUpdatedRows !== 1n) throw conflict(kind, id);
          return expectedVersion + 1;
        }).catch((error: unknown) => {
          throw isDuplicate(error) ? conflict(kind, id) : error;
        }),
      ),

    putAll: (kind, all) =>
      guarded(async () => {
        if (all.length === 0) return;
        await transact(db, async (tx) => {
          for (let at = 0; at < all.length; at += ROWS_AT_ONCE)
            await tx
              .insertInto('document')
              .values(
                all
                  .slice(at, at + ROWS_AT_ONCE)
                  .map(({ id, value }) => ({ kind, id, value: JSON.stringify(value), version: 1 })),
              )
              .onConflict((both) =>
                both.columns(['kind', 'id']).doUpdateSet((column) => ({
                  value: column.ref('excluded.value'),
                  version: column('document.version', '+', 1),
                })),
              )
              .execute();
        });
      }),

    list: <T>(kind: string) =>
      guarded(async () => {
        const rows = await db
          .selectFrom('document')
          .select(['id', 'value', 'version'])
          .where('kind', '=', kind)
          .orderBy('id')
          .execute();
        return rows.map(({ id, value, version }) => ({ id, value: JSON.parse(value) as T, version: Number(version) }));
      }),

    delete: (kind, id) =>
      guarded(async () => {
        await transact(db, (tx) => tx.deleteFrom('document').where('kind', '=', kind).where('id', '=', id).execute());
      }),
  };
};
