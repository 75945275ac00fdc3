/** The tables, one set for SQLite and PostgreSQL: integers, texts and JSON as text, so that both read alike. */
import type { Kysely, Migration } from 'kysely';

export interface Tables {
  /** one row: held while entries are appended, so that the chain has one end */
  audit_head: { id: number; seq: number; hash: string };
  audit: {
    seq: number;
    at_ms: number;
    actor: string;
    kind: string;
    host: string | null;
    change_id: string | null;
    channel: string | null;
    data: string;
    previous: string;
    hash: string;
  };
  audit_anchor: { seq: number; place: string; hash: string; at_ms: number };
  change: {
    id: string;
    version: number;
    state: string;
    host: string;
    /** the host while it is open, null once it has ended: unique, so a host has one open change */
    open_host: string | null;
    person: string;
    proposed_at_ms: number;
    body: string;
    /** the wave that it is a member of */
    wave: string | null;
  };
  change_event: { change_id: string; version: number; event: string };
  due: { id: string; kind: string; subject: string; at_ms: number; leased_until_ms: number };
  document: { kind: string; id: string; version: number; value: string };
  sample: { host: string; at_ms: number; body: string };
}

/** A database, and a way to bring its schema up to date while no other process does. */
export interface OpenDatabase {
  db: Kysely<Tables>;
  migrate(act: (db: Kysely<Tables>) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Migrations by name, in order; a released one is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-first': {
    up: async (db) => {
      await db.schema
        .createTable('audit_head')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('audit')
        .addColumn('seq', 'bigint', (column) => column.primaryKey())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('host', 'text')
        .addColumn('change_id', 'text')
        .addColumn('channel', 'text')
        .addColumn('data', 'text', (column) => column.notNull())
        .addColumn('previous', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('audit_by_time').on('audit').column('at_ms').execute();
      await db.schema.createIndex('audit_by_change').on('audit').column('change_id').execute();
      await db.schema
        .createTable('audit_anchor')
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('place', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('audit_anchor_pk', ['seq', 'place'])
        .execute();
      await db.schema
        .createTable('change')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('open_host', 'text')
        .addColumn('person', 'text', (column) => column.notNull())
        .addColumn('proposed_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('change_open_host').unique().on('change').column('open_host').execute();
      await db.schema.createIndex('change_by_time').on('change').column('proposed_at_ms').execute();
      await db.schema
        .createTable('change_event')
        .addColumn('change_id', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('change_event_pk', ['change_id', 'version'])
        .execute();
      await db.schema
        .createTable('due')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('leased_until_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('due_by_time').on('due').column('at_ms').execute();
      await db.schema
        .createTable('document')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('document_pk', ['kind', 'id'])
        .execute();
      await db.schema
        .createTable('sample')
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('sample_pk', ['host', 'at_ms'])
        .execute();
      await db.schema.createIndex('sample_by_time').on('sample').column('at_ms').execute();
      await db
        .insertInto('audit_head')
        .values({ id: 1, seq: 0, hash: '0'.repeat(64) })
        .execute();
    },
  },
  '0002-waves': {
    up: async (db) => {
      await db.schema.alterTable('change').addColumn('wave', 'text').execute();
      await db.schema.createIndex('change_by_wave').on('change').column('wave').execute();
    },
  },
};
