/** The audit log in the database. Appending holds the one row of `audit_head`: the chain has one end, whoever writes. */
import { createHash } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { type Anchor, type AuditDraft, type AuditEntry, canonicalJson, chain } from '../core/audit.js';
import type { Audit } from '../ports/store.js';
import { guarded } from './failures.js';
import type { Tables } from './schema.js';
import { transact } from './transact.js';

const PAGE_ROWS = 500;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Takes the write lock of the log, and with it of the whole transaction: one writer at a time, whoever it is. */
export const lockHead = async (tx: Transaction<Tables>): Promise<Anchor> => {
  await tx
    .updateTable('audit_head')
    .set((column) => ({ seq: column.ref('seq') }))
    .where('id', '=', 1)
    .execute();
  const { seq, hash } = await tx
    .selectFrom('audit_head')
    .select(['seq', 'hash'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return { seq: Number(seq), hash };
};

/** Appends within a transaction that holds the head. @returns the new head */
export const appendEntries = async (
  tx: Transaction<Tables>,
  head: Anchor,
  drafts: readonly AuditDraft[],
): Promise<Anchor> => {
  if (drafts.length === 0) return head;
  const entries: AuditEntry[] = [];
  for (const draft of drafts) {
    // What is hashed is what will be read back: data as JSON keeps it.
    const data = JSON.parse(canonicalJson(draft.data)) as Record<string, unknown>;
    const last = entries.at(-1) ?? head;
    entries.push(chain({ ...draft, data }, last.seq === 0 ? undefined : last, sha256));
  }
  await tx
    .insertInto('audit')
    .values(
      entries.map(({ seq, atMs, actor, kind, host, change, channel, data, previous, hash }) => ({
        seq,
        at_ms: atMs,
        actor,
        kind,
        host: host ?? null,
        change_id: change ?? null,
        channel: channel ?? null,
        data: canonicalJson(data),
        previous,
        hash,
      })),
    )
    .execute();
  const last = entries.at(-1) ?? head;
  await tx.updateTable('audit_head').set({ seq: last.seq, hash: last.hash }).where('id', '=', 1).execute();
  return { seq: last.seq, hash: last.hash };
};

const toEntry = (row: Selectable<Tables['audit']>): AuditEntry => ({
  seq: Number(row.seq),
  atMs: Number(row.at_ms),
  actor: row.actor,
  kind: row.kind,
  ...(row.host === null ? {} : { host: row.host }),
  ...(row.change_id === null ? {} : { change: row.change_id }),
  ...(row.channel === null ? {} : { channel: row.channel }),
  data: JSON.parse(row.data) as Record<string, unknown>,
  previous: row.previous,
  hash: row.hash,
});

export const auditIn = (db: Kysely<Tables>): Audit => ({
  append: (drafts) => guarded(() => transact(db, async (tx) => appendEntries(tx, await lockHead(tx), drafts))),

  head: () =>
    guarded(async () => {
      const { seq, hash } = await db
        .selectFrom('audit_head')
        .select(['seq', 'hash'])
        .where('id', '=', 1)
        .executeTakeFirstOrThrow();
      return { seq: Number(seq), hash };
    }),

  async *read({ fromSeq = 1, sinceMs, untilMs, host, change, channel }) {
    let from = fromSeq;
    for (;;) {
      const start = from;
      const rows = await guarded(() => {
        let query = db.selectFrom('audit').selectAll().where('seq', '>=', start).orderBy('seq').limit(PAGE_ROWS);
        if (sinceMs !== undefined) query = query.where('at_ms', '>=', sinceMs);
        if (untilMs !== undefined) query = query.where('at_ms', '<', untilMs);
        if (host !== undefined) query = query.where('host', '=', host);
        if (change !== undefined) query = query.where('change_id', '=', change);
        if (channel !== undefined) query = query.where('channel', '=', channel);
        return query.execute();
      });
      for (const row of rows) yield toEntry(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) return;
      from = Number(last.seq) + 1;
    }
  },

  anchors: () =>
    guarded(async () => {
      const rows = await db.selectFrom('audit_anchor').selectAll().orderBy('seq').execute();
      return rows.map(({ seq, place, hash, at_ms }) => ({ seq: Number(seq), place, hash, atMs: Number(at_ms) }));
    }),

  noteAnchor: ({ seq, place, hash, atMs }) =>
    guarded(async () => {
      await transact(db, (tx) =>
        tx
          .insertInto('audit_anchor')
          .values({ seq, place, hash, at_ms: atMs })
          .onConflict((conflict) => conflict.columns(['seq', 'place']).doNothing())
          .execute(),
      );
    }),
});
