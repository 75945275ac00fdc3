/** PostgreSQL by its URL: a small pool of connections, none of which is waited for without end. */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { OpenDatabase, Tables } from './schema.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** Nothing that a click waits for takes a second; a server or a network that says nothing must not keep it for a quarter of an hour. */
const ANSWER_TIMEOUT_MS = 10_000;
const POOL_MAX = 5;
const INT8_OID = 20;

/** As `pg` words it, without a code of its own. */
const isSilence = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout';

/** A connection on which an answer is still owed is closed, not given to the next one who asks. */
const withoutSilentOnes = (pool: pg.Pool): PostgresPool => ({
  connect: async () => {
    const client = await pool.connect();
    let silent = false;
    const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
      try {
        return await client.query(sql, [...parameters]);
      } catch (error) {
        silent ||= isSilence(error);
        throw error;
      }
    };
    // Kysely asks with a text and its parameters alone: cursors are not set up here.
    return { query: query as PostgresPoolClient['query'], release: () => client.release(silent) };
  },
  end: () => pool.end(),
});

const connect = (url: string, answerTimeoutMs?: number): Kysely<Tables> => {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...(answerTimeoutMs === undefined ? {} : { query_timeout: answerTimeoutMs }),
    // Times and counts fit a double; the driver would give them as texts.
    types: { getTypeParser: (oid, format) => (oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // A connection that drops is replaced by the pool, and whoever used it is told by its next query; without listeners, on the
  // pool for idle ones and on each that is in use, it would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: withoutSilentOnes(pool) }) });
};

export const openPostgres = (url: string, answerTimeoutMs = ANSWER_TIMEOUT_MS): OpenDatabase => {
  const db = connect(url, answerTimeoutMs);
  return {
    db,
    // An index over a long log takes its time, and another process's migration is waited for: Kysely takes an advisory lock.
    migrate: async (act) => {
      const patient = connect(url);
      try {
        await act(patient);
      } finally {
        await patient.destroy();
      }
    },
    close: () => db.destroy(),
  };
};
