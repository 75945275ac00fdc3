/** SQLite in a file: one connection, durable on power loss, that never keeps the program from everything else for long. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import Database from 'libsql';
import { storeFailure } from './failures.js';
import type { OpenDatabase, Tables } from './schema.js';

/** Short: SQLite's own wait stops the whole program; `transact` waits without. */
const BUSY_TIMEOUT_MS = 20;
const TURN_MS_MAX = 5;
/** As long as another process's migration takes; the bot tries again by itself. */
const MIGRATION_WAIT_MS_MAX = 3_000;
const MIGRATION_PAUSE_MS = 50;

/** A full disk has ended it already (sqlite.org/lang_transaction.html): rolling back what is none would hide why. */
const rollBack = (database: Database.Database): void => {
  if (database.inTransaction) database.exec('rollback');
};

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
    rollBack(this.#database);
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

/** SQLite has no lock of its own for migrations: of two processes that start at once the second waits for all of the first's. */
const alone = async (database: Database.Database, act: () => Promise<void>): Promise<void> => {
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
    await act();
    database.exec('commit');
  } catch (error) {
    rollBack(database);
    throw error;
  }
};

export const openSqlite = (file: string): OpenDatabase => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new Database(file);
  try {
    // Durable on power loss: the log is written and synced before an append resolves (sqlite.org/pragma.html#pragma_synchronous).
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  } catch (error) {
    // It is tried again and again: each try must not leave a file open.
    database.close();
    throw error;
  }
  const db = new Kysely<Tables>({ dialect: new ImmediateDialect(database) });
  return {
    db,
    migrate: (act) => alone(database, () => act(db)),
    close: async () => {
      // Of a database that breaks within a transaction the lock stays until statements are collected as garbage: none is left here.
      if (database.open) rollBack(database);
      await db.destroy();
      // The above closes nothing that was not yet asked anything.
      if (database.open) database.close();
    },
  };
};
