/**
 * Thins samples with age: host by host, only those that grew old enough since the last time, and a few milliseconds of it in one
 * go. SQLite does all of its work in the thread that acknowledges what people type.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { documentsIn } from './documents.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** As long as one turn of the event loop may be kept; a statement that has begun comes to its end. */
const SLICE_MS = 5;
/** A host's samples of so long are one statement: 8,640 where it is watched every ten seconds. */
const STATEMENT_MS = DAY_MS;
/** where the time of the last thinning is kept */
const DONE = { kind: 'samples', id: 'thinned' } as const;

/** From this age on, the first sample of every so many milliseconds is kept; none at last. */
const AGES: readonly { olderThanMs: number; everyMs?: number }[] = [
  { olderThanMs: 90 * DAY_MS },
  { olderThanMs: 7 * DAY_MS, everyMs: HOUR_MS },
  { olderThanMs: DAY_MS, everyMs: 10 * MINUTE_MS },
];

/** Times of samples that came into an age since the last thinning. */
interface Band {
  fromMs: number;
  toMs: number;
  everyMs?: number;
}

/** How far a thinning has come. */
interface Spot {
  host: string;
  band: number;
  fromMs: number;
}

const bandsOf = (nowMs: number, lastMs: number | undefined): readonly Band[] =>
  AGES.map(({ olderThanMs, everyMs }, at) => {
    const older = AGES[at - 1];
    return {
      // What passed this age and the next one since is thinned as the next one has it.
      fromMs: Math.max(
        lastMs === undefined ? 0 : lastMs - olderThanMs,
        older === undefined ? 0 : nowMs - older.olderThanMs,
      ),
      toMs: nowMs - olderThanMs,
      ...(everyMs === undefined ? {} : { everyMs }),
    };
  });

const nextHost = async (tx: Transaction<Tables>, host: string): Promise<string | undefined> => {
  const { next } = await tx
    .selectFrom('sample')
    .select(({ fn }) => fn.min('host').as('next'))
    .where('host', '>', host)
    .executeTakeFirstOrThrow();
  // An aggregate of no rows is null, whatever its type says.
  return (next as string | null) ?? undefined;
};

/** Over a long stretch without samples no statement is spent. */
const firstIn = async (tx: Transaction<Tables>, host: string, fromMs: number, toMs: number): Promise<number> => {
  const { first } = await tx
    .selectFrom('sample')
    .select(({ fn }) => fn.min('at_ms').as('first'))
    .where('host', '=', host)
    .where('at_ms', '>=', fromMs)
    .where('at_ms', '<', toMs)
    .executeTakeFirstOrThrow();
  return first === null ? toMs : Number(first);
};

const thinStretch = async (tx: Transaction<Tables>, host: string, { fromMs, toMs, everyMs }: Band): Promise<number> => {
  let stretch = tx.deleteFrom('sample').where('host', '=', host).where('at_ms', '>=', fromMs).where('at_ms', '<', toMs);
  // The first of an interval has none before it, in whatever order the rows go: it stays, and thinning again takes nothing more.
  if (everyMs !== undefined)
    stretch = stretch.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('sample as earlier')
          .select('earlier.at_ms')
          .whereRef('earlier.host', '=', 'sample.host')
          .whereRef('earlier.at_ms', '<', 'sample.at_ms')
          .whereRef('earlier.at_ms', '>=', sql`sample.at_ms - sample.at_ms % ${sql.lit(everyMs)}`),
      ),
    );
  const { numDeletedRows } = await stretch.executeTakeFirstOrThrow();
  return Number(numDeletedRows);
};

/** @returns where to go on; undefined: that was all */
const step = async (
  tx: Transaction<Tables>,
  bands: readonly Band[],
  { host, band: at, fromMs }: Spot,
): Promise<{ count: number; next: Spot | undefined }> => {
  const band = bands[at];
  if (band === undefined) {
    const next = await nextHost(tx, host);
    return { count: 0, next: next === undefined ? undefined : { host: next, band: 0, fromMs: 0 } };
  }
  const beginsMs = Math.max(fromMs, band.fromMs);
  const firstMs = band.toMs - beginsMs > STATEMENT_MS ? await firstIn(tx, host, beginsMs, band.toMs) : beginsMs;
  if (firstMs >= band.toMs) return { count: 0, next: { host, band: at + 1, fromMs: 0 } };
  const toMs = Math.min(band.toMs, firstMs + STATEMENT_MS);
  return {
    count: await thinStretch(tx, host, { ...band, fromMs: firstMs, toMs }),
    next: { host, band: at, fromMs: toMs },
  };
};

const slice = async (
  tx: Transaction<Tables>,
  bands: readonly Band[],
  begins: Spot,
): Promise<{ count: number; next: Spot | undefined }> => {
  const untilMs = performance.now() + SLICE_MS;
  let count = 0;
  let next: Spot | undefined = begins;
  do {
    const done: Awaited<ReturnType<typeof step>> = await step(tx, bands, next);
    count += done.count;
    next = done.next;
  } while (next !== undefined && performance.now() < untilMs);
  return { count, next };
};

/** @param ended the rest is left to the next one. @returns how many went */
export const thinSamples = async (db: Kysely<Tables>, nowMs: number, ended?: AbortSignal): Promise<number> => {
  const notes = documentsIn(db);
  const last = (await notes.get<{ atMs: number }>(DONE.kind, DONE.id))?.value.atMs;
  // A clock that was ahead then says nothing of what was looked at.
  const bands = bandsOf(nowMs, last !== undefined && last <= nowMs ? last : undefined);
  let count = 0;
  let spot: Spot | undefined = { host: '', band: bands.length, fromMs: 0 };
  while (spot !== undefined) {
    if (ended?.aborted) return count;
    const begins: Spot = spot;
    const done = await transact(db, (tx) => slice(tx, bands, begins));
    count += done.count;
    spot = done.next;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await notes.put(DONE.kind, DONE.id, { atMs: nowMs });
  return count;
};
