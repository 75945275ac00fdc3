/** Opens the database: SQLite in a file, or PostgreSQL by its URL. One schema, one set of migrations, one behaviour. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, Migrator, PostgresDialect, SqliteDialect, SqliteDriver, sql } from 'kysely';
import Database from 'libsql';
import pg from 'pg';
import { type Store, StoreFailure } from '../ports/store.js';
import { auditIn, lockHead } from './audit.js';
import { changesIn } from './changes.js';
import { documentsIn } from './documents.js';
import { dueIn } from './due.js';
import { guarded, storeFailure } from './failures.js';
import { samplesIn } from './samples.js';
import { migrations, type Tables } from './schema.js';
import { transact } from './transact.js';

/** Short: SQLite's own wait stops the whole program; `transact` waits without. */
const BUSY_TIMEOUT_MS = 20;
const TURN_MS_MAX = 5;
const CONNECT_TIMEOUT_MS = 5_000;
const MIGRATION_WAIT_MS_MAX = 10_000;
const MIGRATION_PAUSE_MS = 50;
const POOL_MAX = 5;
const INT8_OID = 20;

/**
 * Takes the write lock when a transaction begins: two processes that both began by reading would refuse one another later.
 * By `exec`, because a prepared statement that met a lock stays open in this driver and then no transaction can end.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #database: Database.Database;
  #turnSpentMs = 0;

  constructor(database: Database.Database) {
    super({ database });
    this.#database = database;
  }

  /**
   * A commit stops the thread until it is on the disk, and whoever waits for the connection goes on in the same turn of the event
   * loop: two hundred in a row would keep it for a second. So the connection is handed on in a later turn when this one has
   * taken long enough.
   */
  override async releaseConnection(): Promise<void> {
    if (this.#turnSpentMs >= TURN_MS_MAX) setImmediate(() => void super.releaseConnection());
    else await super.releaseConnection();
  }

  #spend(act: () => void): void {
    const beganMs = performance.now();
    try {
      act();
    } finally {
      if (this.#turnSpentMs === 0)
        setImmediate(() => {
          this.#turnSpentMs = 0;
        });
      this.#turnSpentMs += performance.now() - beganMs;
    }
  }

  override async beginTransaction(): Promise<void> {
    this.#database.exec('begin immediate');
  }

  override async commitTransaction(): Promise<void> {
    this.#spend(() => this.#database.exec('commit'));
  }

  override async rollbackTransaction(): Promise<void> {
    this.#database.exec('rollback');
  }
}

class ImmediateDialect extends SqliteDialect {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#database);
  }
}

/** Runs something while no other process brings the schema up to date. */
type Alone = <T>(act: () => Promise<T>) => Promise<T>;
interface Opened {
  db: Kysely<Tables>;
  alone: Alone;
}

/** SQLite has no lock of its own for migrations: of two processes that start at once the second waits for all of the first's. */
const locking =
  (database: Database.Database): Alone =>
  async (act) => {
    const until = performance.now() + MIGRATION_WAIT_MS_MAX;
    for (;;) {
      try {
        database.exec('begin immediate');
        break;
      } catch (error) {
        if (storeFailure(error).problem !== 'locked' || performance.now() >= until) throw error;
        await new Promise((resolve) => setTimeout(resolve, MIGRATION_PAUSE_MS));
      }
    }
    try {
      const result = await act();
      database.exec('commit');
      return result;
    } catch (error) {
      database.exec('rollback');
      throw error;
    }
  };

const openSqlite = (file: string): Opened => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new Database(file);
  // Durable on power loss: the log is written and synced before an append resolves (sqlite.org/pragma.html#pragma_synchronous).
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return { db: new Kysely<Tables>({ dialect: new ImmediateDialect(database) }), alone: locking(database) };
};

const openPostgres = (url: string): Opened => {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Times and counts fit a double; the driver would give them as texts.
    types: { getTypeParser: (oid, format) => (oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // An idle connection that drops is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // Kysely itself takes an advisory lock there.
  return { db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }), alone: (act) => act() };
};

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
 * @throws StoreFailure when it can't be opened, is damaged, or comes from a newer program
 */
export const openStore = async (where: string): Promise<Store> => {
  const postgres = /^postgres(?:ql)?:\/\//.test(where);
  const { db, alone } = await guarded(async () => (postgres ? openPostgres(where) : openSqlite(where)));
  try {
    await alone(async () => {
      const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
      const { error } = await migrator.migrateToLatest();
      // Thrown, so that nothing of a migration that failed half way stays.
      if (error !== undefined) throw error;
    });
  } catch (error) {
    await db.destroy().catch(() => undefined);
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
    close: () => guarded(() => db.destroy()),
  };
};
