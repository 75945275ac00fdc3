/**
 * How hosts were found last, for everybody's Home, and what a person asked for last, for theirs. Nobody waits for it to be
 * written: what comes within a moment is written together, because each write is synced to disk and stops the program meanwhile.
 */
import type { HomeHost } from '../blocks/home.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';

const TOGETHER_MS = 500;
const RECENT_MAX = 8;

export interface Kept extends HomeHost {
  wrong: boolean;
}

export class HomeMemory {
  private hosts = new Map<string, Kept>();
  private people = new Map<string, readonly Kept[]>();
  private writing: Promise<void> | undefined;
  private readonly hurry = new AbortController();

  constructor(private readonly parts: { store: Pick<Store, 'documents'>; clock: Clock; log: Log }) {}

  /** @param person whose Home shows it too. @returns when it is written; never rejects */
  keep(kept: Kept, person?: string): Promise<void> {
    this.hosts.set(kept.host, kept);
    if (person !== undefined) this.people.set(person, newestFirst([kept], this.people.get(person) ?? []));
    this.writing ??= this.write();
    return this.writing;
  }

  /** The newest of every host. @throws StoreFailure */
  async ofHosts(): Promise<ReadonlyMap<string, Kept>> {
    const waiting = [...this.hosts];
    const stored = await this.parts.store.documents.list<Kept>('host-now');
    return new Map([...stored.map(({ id, value }) => [id, value] as const), ...waiting, ...this.hosts]);
  }

  /** @throws StoreFailure */
  async ofPerson(person: string): Promise<readonly Kept[]> {
    const stored = (await this.parts.store.documents.get<readonly Kept[]>('recent', person))?.value ?? [];
    return newestFirst(this.people.get(person) ?? [], stored);
  }

  /** Writes what waits, at once. */
  async finish(): Promise<void> {
    this.hurry.abort();
    await this.writing;
  }

  private async write(): Promise<void> {
    const { clock, log, store } = this.parts;
    await clock.sleep(TOGETHER_MS, this.hurry.signal);
    const [hosts, people] = [this.hosts, this.people];
    this.hosts = new Map();
    this.people = new Map();
    this.writing = undefined;
    try {
      await store.documents.putAll(
        'host-now',
        [...hosts].map(([id, value]) => ({ id, value })),
      );
      const lists = await Promise.all(
        [...people].map(async ([id, recent]) => {
          const before = (await store.documents.get<readonly Kept[]>('recent', id))?.value ?? [];
          return { id, value: newestFirst(recent, before) };
        }),
      );
      await store.documents.putAll('recent', lists);
    } catch (error) {
      log.warn({ count: hosts.size, err: error }, 'what was measured could not be kept for the Home tab');
    }
  }
}

const newestFirst = (now: readonly Kept[], before: readonly Kept[]): readonly Kept[] =>
  [...now, ...before.filter(({ host }) => !now.some((it) => it.host === host))].slice(0, RECENT_MAX);
