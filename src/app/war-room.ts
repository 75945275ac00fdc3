/** Watches, Home, the story and the first word in a channel: what makes the bot live where an incident is worked. */
import { firstUseMessage } from '../blocks/first-use.js';
import type { StoryDesk } from '../command/timeline.js';
import type { Desk, Investigated } from '../command.js';
import type { AuditEntry } from '../core/audit.js';
import type { Caller } from '../core/caller.js';
import type { Host } from '../core/inventory.js';
import type { Subject } from '../core/policy.js';
import type { Posted } from '../ports/chat.js';
import type { Store } from '../ports/store.js';
import { StoreFailure } from '../ports/store.js';
import { Waiting } from './desk-waiting.js';
import { Homes, type HomesParts } from './home.js';
import { HomeFresh } from './home-fresh.js';
import { saysNothing } from './investigate.js';
import { Watches, type WatchesParts } from './watch.js';

/** entries of one story: a few hours of a busy room; the newest stay */
const ENTRIES_MAX = 20_000;

export interface WarRoomParts extends Omit<HomesParts, 'store'>, Omit<WatchesParts, 'store'> {
  store: Store;
  maySee: (caller: Caller, host: Host, subject: Subject) => boolean;
  /** who somebody is to the policy now */
  subjectOf: (caller: Caller) => Promise<Subject>;
}

export class WarRoom {
  readonly watches: Watches;
  readonly homes: Homes;
  private readonly fresh: HomeFresh;
  readonly waiting = new Waiting();
  private readonly greeted = new Set<string>();
  private readonly noting = new Set<Promise<void>>();

  constructor(private readonly parts: WarRoomParts) {
    this.watches = new Watches(parts);
    this.homes = new Homes(parts);
    this.fresh = new HomeFresh({ ...parts, publish: (caller, subject) => this.homes.publish(caller, subject) });
  }

  /** Somebody looks at their Home; it is kept current for a while. */
  openedHome(caller: Caller, subject: Subject): Promise<void> {
    return this.fresh.opened(caller, subject);
  }

  /** A change has moved: whoever has Home open sees it. */
  changeMoved(): void {
    this.fresh.moved();
  }

  /** Remembers what was measured; nobody waits for it. */
  measured(caller: Caller, investigated: Investigated): void {
    if (investigated.status === 'failed' && saysNothing(investigated.failure)) return;
    const noted = this.homes.measured(caller, investigated);
    this.noting.add(noted);
    void noted.finally(() => this.noting.delete(noted));
  }

  /** How a host is now, as a watch or a change found it. */
  seen(investigated: Investigated): void {
    if (investigated.status === 'failed' && saysNothing(investigated.failure)) return;
    const noted = this.homes.keep(investigated);
    this.noting.add(noted);
    void noted.finally(() => this.noting.delete(noted));
  }

  /** The audit log for one person. */
  storyFor(caller: Caller, subject: Subject): StoryDesk {
    const { inventory, maySee, store } = this.parts;
    return {
      read: async ({ sinceMs, channel, host }) => {
        const entries: AuditEntry[] = [];
        let cut = false;
        const filter = {
          sinceMs,
          ...(channel === undefined ? {} : { channel }),
          ...(host === undefined ? {} : { host }),
        };
        for await (const entry of store.audit.read(filter)) {
          // What a person may not see is not told; of a host that is gone nobody can say it any more.
          const on = entry.host === undefined ? undefined : inventory().hosts.get(entry.host);
          if (entry.host === undefined || on === undefined || !maySee(caller, on, subject)) continue;
          entries.push(entry);
          if (entries.length > ENTRIES_MAX * 2) {
            entries.splice(0, entries.length - ENTRIES_MAX);
            cut = true;
          }
        }
        return { entries, cut };
      },
    };
  }

  /**
   * Two lines to the room under the first answer that it sees; once per channel, over restarts too. In the answer's thread: the
   * channel is not flooded, and whoever wonders what spoke there finds it.
   */
  async greet(desk: Desk, answer: Posted | undefined): Promise<void> {
    const { channel, threadTs } = desk.caller;
    if (answer === undefined || !/^[CG]/.test(channel) || this.greeted.has(channel)) return;
    this.greeted.add(channel);
    try {
      await this.parts.store.documents.put('greeted', channel, { atMs: this.parts.clock.now() }, 0);
    } catch (error) {
      // Said before, or nobody knows: then better not twice.
      if (error instanceof StoreFailure) return;
      throw error;
    }
    await this.parts.chat.post({ channel, threadTs: threadTs ?? answer.ts }, firstUseMessage()).catch(() => undefined);
  }

  async start(): Promise<number> {
    return this.watches.resume();
  }

  /** Waits for what is under way. */
  async finish(): Promise<void> {
    await Promise.allSettled([this.watches.finish(), this.fresh.finish(), this.homes.finish(), ...this.noting]);
  }
}
