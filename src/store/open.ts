/** Opens the database: SQLite in a file, or PostgreSQL by its URL. One schema, one set of migrations, one behaviour. */
import { existsSync } from 'node:fs';
import { Migrator, sql } from 'kysely';
import { type Store, StoreFailure } from '../ports/store.js';
import { auditIn, lockHead } from './audit.js';
import { changesIn } from './changes.js';
import { documentsIn } from './documents.js';
import { dueIn } from './due.js';
import { guarded, storeFailure } from './failures.js';
import { openPostgres } from './postgres.js';
import { samplesIn } from './samples.js';
import { migrations } from './schema.js';
import { openSqlite } from './sqlite.js';
import { transact } from './transact.js';

const withoutSecrets = (url: string): string => {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return 'an unreadable URL';
  }
};

/**
 * Opens the store and brings its schema up to date.
 * @param where a file name, or a `postgres://` URL
 * @param options `answerTimeoutMs`: how long a PostgreSQL that says nothing is waited for
 * @throws StoreFailure when it can't be opened, is damaged, or comes from a newer program
 */
export const openStore = async (where: string, options: { answerTimeoutMs?: number } = {}): Promise<Store> => {
  const postgres = /^postgres(?:ql)?:\/\//.test(where);
  const { db, migrate, close } = await guarded(async () =>
    postgres ? openPostgres(where, options.answerTimeoutMs) : openSqlite(where),
  );
  try {
    await migrate(async (all) => {
      const migrator = new Migrator({ db: all, provider: { getMigrations: async () => migrations } });
      const { error } = await migrator.migrateToLatest();
      // Thrown, so that nothing of a migration that failed half way stays.
      if (error !== undefined) throw error;
    });
  } catch (error) {
    await close().catch(() => undefined);
    throw /corrupted migrations/.test(String(error))
      ? new StoreFailure('unavailable', 'the database was written by a newer version of this program: use that one', {
          cause: error,
        })
      : storeFailure(error);
  }
  return {
    changes: changesIn(db),
    audit: auditIn(db),
    due: dueIn(db),
    documents: documentsIn(db),
    samples: samplesIn(db),
    describe: () => (postgres ? `PostgreSQL at ${withoutSecrets(where)}` : `SQLite in ${where}`),
    backup: (file) =>
      guarded(async () => {
        if (postgres) throw new StoreFailure('unavailable', 'PostgreSQL is backed up with its own pg_dump');
        if (existsSync(file)) throw new StoreFailure('unavailable', `${file} exists already; name a new file`);
        // A consistent copy while others go on writing (sqlite.org/lang_vacuum.html#vacuuminto).
        await sql`vacuum into ${sql.lit(file)}`.execute(db);
      }),
    check: async () => {
      try {
        await transact(db, lockHead);
        return { ok: true };
      } catch (error) {
        return { ok: false, failure: storeFailure(error) };
      }
    },
    close: () => guarded(close),
  };
};
