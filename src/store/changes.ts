/** Changes in the database: their events are the truth, the row beside them is for finding and for compare-and-set. */
import type { Kysely } from 'kysely';
import { type Change, type ChangeEvent, evolve, isEnded, replay } from '../core/change.js';
import { type Changes, StoreFailure } from '../ports/store.js';
import { appendEntries, lockHead } from './audit.js';
import { scheduleIn } from './due.js';
import { guarded, isDuplicate, storeFailure } from './failures.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

const FIND_MAX = 200;

const conflict = (id: string): StoreFailure => new StoreFailure('conflict', `change ${id} has moved meanwhile`);

export const changesIn = (db: Kysely<Tables>): Changes => ({
  append: async ({ id, expectedVersion, events, audit, due = [] }) => {
    try {
      return await transact(db, async (tx) => {
        const head = await lockHead(tx);
        const row = await tx.selectFrom('change').select(['version', 'body']).where('id', '=', id).executeTakeFirst();
        if (Number(row?.version ?? 0) !== expectedVersion) throw conflict(id);
        let change = row === undefined ? undefined : (JSON.parse(row.body) as Change);
        for (const event of events) change = evolve(change, event);
        if (change === undefined) throw new RangeError('an append needs at least one event');
        const values = {
          version: change.version,
          state: change.state,
          host: change.plan.host.name,
          open_host: isEnded(change.state) ? null : change.plan.host.name,
          person: change.requester.person,
          proposed_at_ms: change.proposedAtMs,
          body: JSON.stringify(change),
          wave: change.wave ?? null,
        };
        if (row === undefined)
          await tx
            .insertInto('change')
            .values({ id, ...values })
            .execute();
        else {
          const { numUpdatedRows } = await tx
            .updateTable('change')
            .set(values)
            .where('id', '=', id)
            .where('version', '=', expectedVersion)
            .executeTakeFirst();
          if (numUpdatedRows !== 1n) throw conflict(id);
        }
        await tx
          .insertInto('change_event')
          .values(
            events.map((event, index) => ({
              change_id: id,
              version: expectedVersion + index + 1,
              event: JSON.stringify(event),
            })),
          )
          .execute();
        await appendEntries(tx, head, audit);
        await scheduleIn(tx, due);
        return change;
      });
    } catch (error) {
      if (!isDuplicate(error)) throw storeFailure(error);
      // Only a new change can meet the unique index of open hosts; anything else is a second writer of the same version.
      if (expectedVersion > 0) throw conflict(id);
      throw new StoreFailure('host-busy', 'the host has another open change', { cause: error });
    }
  },

  load: (id) =>
    guarded(async () => {
      const rows = await db
        .selectFrom('change_event')
        .select('event')
        .where('change_id', '=', id)
        .orderBy('version')
        .execute();
      const events = rows.map(({ event }) => JSON.parse(event) as ChangeEvent);
      const change = replay(events);
      return change === undefined ? undefined : { change, events };
    }),

  find: ({ open, states, host, person, sinceMs, wave, limit = 50 }) =>
    guarded(async () => {
      let query = db
        .selectFrom('change')
        .select('body')
        .orderBy('proposed_at_ms', 'desc')
        .orderBy('id')
        .limit(Math.min(limit, FIND_MAX));
      if (open !== undefined) query = query.where('open_host', open ? 'is not' : 'is', null);
      if (states !== undefined) query = query.where('state', 'in', [...states]);
      if (host !== undefined) query = query.where('host', '=', host);
      if (person !== undefined) query = query.where('person', '=', person);
      if (sinceMs !== undefined) query = query.where('proposed_at_ms', '>=', sinceMs);
      if (wave === 'none') query = query.where('wave', 'is', null);
      else if (wave === 'any') query = query.where('wave', 'is not', null);
      else if (wave !== undefined) query = query.where('wave', '=', wave.of);
      return (await query.execute()).map(({ body }) => JSON.parse(body) as Change);
    }),
});
