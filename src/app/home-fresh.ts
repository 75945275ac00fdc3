/**
 * Keeps open Home tabs current. Slack says when somebody opens theirs and never when they leave it: it counts as open for a while.
 * Who has it open is in the store, so that any process tells them of what moved; news that come together are one update, and
 * nobody's Home is made twice at once, lest an older one stands last. A button that is stale all the same acts on nothing: each
 * click loads and authorises anew.
 */
import { type Caller, personKey } from '../core/caller.js';
import type { Subject } from '../core/policy.js';

import { ChatError } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Documents } from '../ports/store.js';

const KIND = 'home-open';
/** since it was opened, or refreshed by its button */
const OPEN_MS = 30 * 60_000;
/** the newest openers; views.publish takes some 100 a minute */
const PEOPLE_MAX = 50;
const TOGETHER_MS = 2_000;
const AT_ONCE = 4;

interface Opened {
  caller: Caller;
  atMs: number;
}

export interface HomeFreshParts {
  store: { documents: Documents };
  clock: Clock;
  log: Log;
  subjectOf: (caller: Caller) => Promise<Subject>;
  publish: (caller: Caller, subject: Subject) => Promise<void>;
}

export class HomeFresh {
  private readonly ending = new AbortController();
  /** by person: what is made now, and whether it must be made again */
  private readonly making = new Map<string, { done: Promise<void>; again: boolean }>();
  private telling: Promise<void> | undefined;
  private news = false;

  constructor(private readonly parts: HomeFreshParts) {}

  /** Makes a person's Home, and keeps it current from now on. Rejects with a ChatError where Slack does not take it. */
  async opened(caller: Caller, subject: Subject): Promise<void> {
    const { clock, log, store } = this.parts;
    const opened: Opened = { caller, atMs: clock.now() };
    await store.documents
      .put(KIND, personKey(caller), opened)
      .catch((error: unknown) => log.warn({ err: error }, 'who has Home open could not be kept'));
    await this.make(caller, async () => subject);
  }

  /** Something that Home shows has moved. Returns at once. */
  moved(): void {
    this.news = true;
    if (this.telling !== undefined || this.ending.signal.aborted) return;
    this.telling = this.tell()
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'open Home tabs could not be kept current'))
      .finally(() => {
        this.telling = undefined;
      });
  }

  async finish(): Promise<void> {
    this.ending.abort();
    await Promise.allSettled([this.telling, ...[...this.making.values()].map(({ done }) => done)]);
  }

  private async tell(): Promise<void> {
    const { clock } = this.parts;
    while (this.news) {
      await clock.sleep(TOGETHER_MS, this.ending.signal);
      if (this.ending.signal.aborted) return;
      this.news = false;
      const people = await this.open();
      const next = async (): Promise<void> => {
        for (let opened = people.shift(); opened !== undefined; opened = people.shift())
          await this.renew(opened.caller);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, next));
    }
  }

  private async open(): Promise<Opened[]> {
    const { clock, store } = this.parts;
    const all = await store.documents.list<Opened>(KIND);
    const sinceMs = clock.now() - OPEN_MS;
    await Promise.all(
      all.filter(({ value }) => value.atMs < sinceMs).map(({ id }) => store.documents.delete(KIND, id)),
    );
    return all
      .map(({ value }) => value)
      .filter(({ atMs }) => atMs >= sinceMs)
      .sort((a, b) => b.atMs - a.atMs)
      .slice(0, PEOPLE_MAX);
  }

  private async renew(caller: Caller): Promise<void> {
    try {
      await this.make(caller, () => this.parts.subjectOf(caller));
    } catch (error) {
      const fields = error instanceof ChatError ? { problem: error.problem, status: error.code } : { err: error };
      this.parts.log.warn({ ...fields, user: caller.userId }, 'an open Home tab could not be kept current');
    }
  }

  /** One at a time per person: what comes meanwhile is made once more afterwards, with what holds then. */
  private make(caller: Caller, subjectOf: () => Promise<Subject>): Promise<void> {
    const key = personKey(caller);
    const now = this.making.get(key);
    if (now !== undefined) {
      now.again = true;
      return now.done;
    }
    const mine = { done: Promise.resolve(), again: true };
    mine.done = (async () => {
      try {
        while (mine.again) {
          mine.again = false;
          await this.parts.publish(caller, await subjectOf());
        }
      } finally {
        this.making.delete(key);
      }
    })();
    this.making.set(key, mine);
    return mine.done;
  }
}
