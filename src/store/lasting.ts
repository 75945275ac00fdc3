/**
 * A store that outlasts the troubles of its database: one that can't be opened, or that breaks while the bot runs, is tried
 * again until it opens. Meanwhile hosts can still be looked at, and whatever needs an entry in the log is refused at once, with
 * the reason. What is due waits in the database and is found there again.
 */
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type Store, StoreFailure, type StoreProblem } from '../ports/store.js';
import { storeFailure } from './failures.js';
import { openStore } from './open.js';

const FIRST_PAUSE_MS = 1_000;
/** a database that is back is found again within this */
const PAUSE_MS_MAX = 10_000;
/** A lock passes, and a full disk that has room again is written to as it was: what is open stays open. */
const MAY_NEED_OPENING: ReadonlySet<StoreProblem> = new Set(['unavailable', 'corrupt', 'read-only']);

export interface LastingParts {
  clock: Clock;
  log: Log;
  /** default: the database at that place */
  open?: (where: string) => Promise<Store>;
}

export class LastingStore implements Store {
  private readonly stopping = new AbortController();
  private readonly open: (where: string) => Promise<Store>;
  private current: Store | undefined;
  private failure = new StoreFailure('unavailable', 'the database is not open yet');
  private trying: Promise<void> = Promise.resolve();
  private doubted: Store | undefined;
  private tellOpened: () => void = () => undefined;
  /** Resolves when it is open for the first time; stays pending where it never is. */
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.tellOpened = resolve;
  });

  private constructor(
    private readonly where: string,
    private readonly parts: LastingParts,
  ) {
    this.open = parts.open ?? openStore;
  }

  /** Tries once; where that fails, goes on trying beside everything else. Never rejects. @param where as `openStore` takes it */
  static async at(where: string, parts: LastingParts): Promise<LastingStore> {
    const store = new LastingStore(where, parts);
    if (!(await store.attempt())) store.trying = store.keepTrying(FIRST_PAUSE_MS);
    return store;
  }

  readonly changes = this.through(({ changes }) => changes);
  readonly due = this.through(({ due }) => due);
  readonly documents = this.through(({ documents }) => documents);
  readonly samples = this.through(({ samples }) => samples);
  readonly audit: Store['audit'] = new Proxy(
    this.through(({ audit }) => audit),
    {
      // The one that answers with entries, not with a promise.
      get: (audit, name: keyof Store['audit']) => (name === 'read' ? this.read.bind(this) : audit[name]),
    },
  );

  describe(): string {
    return this.current?.describe() ?? `no store: ${this.failure.message}`;
  }

  backup(file: string): Promise<void> {
    return this.use((store) => store.backup(file));
  }

  async check(): ReturnType<Store['check']> {
    return this.current === undefined ? { ok: false, failure: this.failure } : this.current.check();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.trying;
    const { current } = this;
    this.current = undefined;
    await current?.close();
  }

  private async use<T>(act: (store: Store) => Promise<T>): Promise<T> {
    const store = this.current;
    if (store === undefined) throw this.failure;
    try {
      return await act(store);
    } catch (error) {
      if (error instanceof StoreFailure && MAY_NEED_OPENING.has(error.problem)) void this.doubt(store);
      throw error;
    }
  }

  /** A part of the store, each of whose methods goes to the database that is open when it is called. */
  private through<T extends object>(part: (store: Store) => T): T {
    return new Proxy({} as T, {
      get:
        (_, name) =>
        (...given: unknown[]) =>
          this.use(async (store): Promise<unknown> => {
            const target = part(store);
            const method = Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>;
            return Reflect.apply(method, target, given);
          }),
    });
  }

  private async *read(filter: Parameters<Store['audit']['read']>[0]): ReturnType<Store['audit']['read']> {
    const store = this.current;
    if (store === undefined) throw this.failure;
    try {
      yield* store.audit.read(filter);
    } catch (error) {
      if (error instanceof StoreFailure && MAY_NEED_OPENING.has(error.problem)) void this.doubt(store);
      throw error;
    }
  }

  /** One failure says little: it is opened anew only where it can't be written at all. */
  private async doubt(store: Store): Promise<void> {
    if (this.doubted === store || this.current !== store) return;
    this.doubted = store;
    const checked = await store.check();
    this.doubted = undefined;
    if (checked.ok || !MAY_NEED_OPENING.has(checked.failure.problem)) return;
    if (this.current !== store || this.stopping.signal.aborted) return;
    this.current = undefined;
    this.failed(checked.failure);
    store.close().catch((error: unknown) => this.parts.log.warn({ err: error }, 'a broken database was not closed'));
    this.trying = this.keepTrying(0);
  }

  private async keepTrying(firstPauseMs: number): Promise<void> {
    const { signal } = this.stopping;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, pauseMs * 2), PAUSE_MS_MAX)) {
      if (pauseMs > 0) await this.parts.clock.sleep(pauseMs, signal);
      if (signal.aborted || (await this.attempt())) return;
    }
  }

  private async attempt(): Promise<boolean> {
    try {
      this.current = await this.open(this.where);
    } catch (error) {
      this.failed(storeFailure(error));
      return false;
    }
    this.parts.log.info({ detail: this.current.describe() }, 'the database is open');
    this.tellOpened();
    return true;
  }

  private failed(failure: StoreFailure): void {
    // Said once for each trouble, not at each try.
    if (failure.message !== this.failure.message)
      this.parts.log.error(
        { problem: failure.problem, err: failure },
        'the database can’t be used: hosts are looked at, nothing is changed, until it opens again',
      );
    this.failure = failure;
  }
}
