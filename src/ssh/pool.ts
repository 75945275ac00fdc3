/** Warm connections: one per target, shared by everybody who asks, closed when nobody has for a while. */
import type { Connection } from './connection.js';
import { type PhaseHolder, until } from './deadline.js';
import { Refusals } from './refusals.js';
import { Aborter, type Signal } from './signal.js';
import type { Target } from './target.js';

export interface PoolLimits {
  /** milliseconds that a connection without use stays open */
  idleMs: number;
  /** connections kept; beyond it the one that was idle longest goes */
  connectionsMax: number;
}

/** A thousand hosts, each with both of its accounts: idle ones take a quarter of a megabyte each. */
export const POOL_LIMITS: PoolLimits = { idleMs: 300_000, connectionsMax: 2_400 };

/** How long a connection that nobody took stays, at least. */
const UNCLAIMED_MS = 1_000;

/** @param first what will be run first over it */
export type Open = (target: Target, phase: PhaseHolder, signal: Signal, first?: string) => Promise<Connection>;

export interface Lease {
  connection: Connection;
  /** it stood before this lease was asked for */
  warm: boolean;
  /** milliseconds that the caller waited for the connection to be made; 0 when warm */
  connectMs: number;
  release(): void;
  /** nobody else gets this connection any more; it ends when its last user is done */
  retire(): void;
}

interface Entry {
  connection: Connection;
  users: number;
  retired: boolean;
  idle?: NodeJS.Timeout | undefined;
}

interface Opening {
  holder: PhaseHolder;
  controller: Aborter;
  waiters: number;
  settled: boolean;
  entry: Promise<Entry>;
}

/** What a waiting ask lets itself be told: what the shared login is busy with. */
export interface Watcher {
  watch(shared: PhaseHolder | undefined): void;
}

export class Pool {
  readonly #open: Open;
  readonly #limits: PoolLimits;
  /** in the order of their last use */
  readonly #entries = new Map<string, Entry>();
  readonly #openings = new Map<string, Opening>();
  readonly #all = new Set<Entry>();
  readonly #refusals = new Refusals();

  constructor(open: Open, limits: PoolLimits) {
    this.#open = open;
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Whether a lease of the target would not cost another one its connection. */
  hasRoom(target: Target): boolean {
    return this.#entries.has(target.key) || this.#entries.size < this.#limits.connectionsMax;
  }

  /**
   * The warm connection to the target, or a new one; two who ask at once wait for the same login. When the last of them
   * gives up the login is given up too. What was refused a moment ago is told again, without another login.
   * @param first what the caller will run first: a new connection begins with it
   * @throws Failure, or the signal's reason
   */
  async lease(target: Target, signal: Signal, watcher?: Watcher, first?: string): Promise<Lease> {
    signal.throwIfAborted();
    const warm = this.#entries.get(target.key);
    if (warm !== undefined && !warm.connection.closed) return this.#lend(target.key, warm, true, 0);
    const startedMs = performance.now();
    const opening = this.#openings.get(target.key) ?? this.#begin(target, first);
    opening.waiters += 1;
    watcher?.watch(opening.holder);
    try {
      const entry = await until(opening.entry, signal);
      return this.#lend(target.key, entry, false, performance.now() - startedMs);
    } finally {
      watcher?.watch(undefined);
      opening.waiters -= 1;
      if (opening.waiters === 0) {
        if (this.#openings.get(target.key) === opening) this.#openings.delete(target.key);
        if (!opening.settled) opening.controller.abort(signal.reason);
      }
    }
  }

  #begin(target: Target, first: string | undefined): Opening {
    const refused = this.#refusals.of(target.key);
    if (refused !== undefined) throw refused;
    const controller = new Aborter();
    const holder: PhaseHolder = { phase: 'waiting for its turn' };
    const entry = this.#open(target, holder, controller.signal, first).then(
      (connection) => this.#keep(target, connection),
      (error: unknown) => {
        this.#refusals.keep(target.key, error);
        throw error;
      },
    );
    const opening: Opening = { holder, controller, waiters: 0, settled: false, entry };
    void opening.entry
      .catch(() => undefined)
      .finally(() => {
        opening.settled = true;
        if (this.#openings.get(target.key) === opening) this.#openings.delete(target.key);
      });
    this.#openings.set(target.key, opening);
    return opening;
  }

  #keep(target: Target, connection: Connection): Entry {
    const entry: Entry = { connection, users: 0, retired: false };
    const { key } = target;
    this.#entries.set(key, entry);
    this.#all.add(entry);
    connection.onClose(() => {
      clearTimeout(entry.idle);
      this.#all.delete(entry);
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    // Whoever waits for it takes it in this very turn; if all of them gave up meanwhile it does not stay for ever.
    entry.idle = setTimeout(() => this.#retire(key, entry), Math.max(this.#limits.idleMs, UNCLAIMED_MS));
    entry.idle.unref();
    this.#evict();
    return entry;
  }

  #lend(key: string, entry: Entry, warm: boolean, connectMs: number): Lease {
    entry.users += 1;
    clearTimeout(entry.idle);
    if (this.#entries.get(key) === entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    let released = false;
    return {
      connection: entry.connection,
      warm,
      connectMs,
      release: () => {
        if (released) return;
        released = true;
        entry.users -= 1;
        this.#rest(key, entry);
      },
      retire: () => this.#retire(key, entry),
    };
  }

  #rest(key: string, entry: Entry): void {
    if (entry.users > 0 || entry.connection.closed) return;
    if (entry.retired || this.#limits.idleMs === 0) {
      entry.connection.end();
      return;
    }
    clearTimeout(entry.idle);
    entry.idle = setTimeout(() => this.#retire(key, entry), this.#limits.idleMs);
    entry.idle.unref();
  }

  #retire(key: string, entry: Entry): void {
    entry.retired = true;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    if (entry.users === 0) entry.connection.end();
  }

  #evict(): void {
    if (this.#entries.size <= this.#limits.connectionsMax) return;
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#limits.connectionsMax) return;
      if (entry.users === 0) this.#retire(key, entry);
    }
  }

  /** Whatever the target's server, or one on the way to it, refused lately: who asks next really asks. */
  forgive(target: Target): void {
    for (let at: Target | undefined = target; at !== undefined; at = at.via) this.#refusals.forget(at.key);
  }

  /** The inventory changed: ends every connection whose target is not among `keys` any more, and forgives what was refused. */
  keepOnly(keys: ReadonlySet<string>): void {
    this.#refusals.forget();
    for (const [key, entry] of this.#entries) if (!keys.has(key)) this.#retire(key, entry);
  }

  /** Ends everything, what is being opened included. */
  close(reason: unknown): void {
    for (const opening of this.#openings.values()) opening.controller.abort(reason);
    for (const entry of this.#all) {
      clearTimeout(entry.idle);
      entry.connection.end();
    }
  }
}
