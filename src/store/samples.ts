/** What sweeps and watches keep. Bounded: thinned with age, gone after 90 days. */
import type { Kysely } from 'kysely';
import type { Sample, Samples } from '../ports/store.js';
import { guarded } from './failures.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ROWS_AT_ONCE = 200;

/** From this age on, one sample is kept for every so many milliseconds. */
const THINNING = [
  { olderThanMs: DAY_MS, everyMs: 10 * MINUTE_MS },
  { olderThanMs: 7 * DAY_MS, everyMs: HOUR_MS },
];
const KEPT_MS = 90 * DAY_MS;

export const samplesIn = (db: Kysely<Tables>): Samples => ({
  add: (samples) =>
    guarded(() =>
      transact(db, async (tx) => {
        for (let at = 0; at < samples.length; at += ROWS_AT_ONCE)
          await tx
            .insertInto('sample')
            .values(
              samples
                .slice(at, at + ROWS_AT_ONCE)
                .map(({ host, atMs, ...body }) => ({ host, at_ms: atMs, body: JSON.stringify(body) })),
            )
            .onConflict((conflict) => conflict.columns(['host', 'at_ms']).doNothing())
            .execute();
      }),
    ),

  read: (host, fromMs, toMs) =>
    guarded(async () => {
      const rows = await db
        .selectFrom('sample')
        .select(['at_ms', 'body'])
        .where('host', '=', host)
        .where('at_ms', '>=', fromMs)
        .where('at_ms', '<', toMs)
        .orderBy('at_ms')
        .execute();
      return rows.map(({ at_ms, body }) => ({
        host,
        atMs: Number(at_ms),
        ...(JSON.parse(body) as Pick<Sample, 'numbers' | 'findings'>),
      }));
    }),

  thin: (nowMs) =>
    guarded(() =>
      transact(db, async (tx) => {
        const gone = await tx
          .deleteFrom('sample')
          .where('at_ms', '<', nowMs - KEPT_MS)
          .executeTakeFirst();
        let count = Number(gone.numDeletedRows);
        for (const { olderThanMs, everyMs } of THINNING) {
          const rows = await tx
            .selectFrom('sample')
            .select(['host', 'at_ms'])
            .where('at_ms', '<', nowMs - olderThanMs)
            .orderBy('host')
            .orderBy('at_ms')
            .execute();
          // The first of every interval stays: thinning again finds nothing more to take.
          let slot = '';
          for (const { host, at_ms } of rows) {
            const here = `${host} ${Math.floor(Number(at_ms) / everyMs)}`;
            if (here === slot) {
              await tx.deleteFrom('sample').where('host', '=', host).where('at_ms', '=', at_ms).execute();
              count++;
            }
            slot = here;
          }
        }
        return count;
      }),
    ),
});
