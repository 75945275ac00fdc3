/** What is kept of measurements. Bounded: thinned with age, gone after 90 days. */
import type { Kysely } from 'kysely';
import type { Sample, Samples } from '../ports/store.js';
import { guarded } from './failures.js';
import { thinSamples } from './samples-thin.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

const ROWS_AT_ONCE = 200;

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

  thin: (nowMs, ended) => guarded(() => thinSamples(db, nowMs, ended)),
});
