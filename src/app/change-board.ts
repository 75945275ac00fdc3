/**
 * Keeps the one message of each change current, in its channel or thread. Where it stands and how far it has got is in the
 * store: another process, or this one after a restart, brings it up to date.
 */
import { type ChangeCard, changeMessage } from '../blocks/change-card.js';
import { nudgeMessage, skippedMessage } from '../blocks/change-notices.js';
import type { Mention } from '../blocks/change-words.js';
import type { Message } from '../blocks/message.js';
import type { Change } from '../core/change.js';
import type { Setting } from '../core/plan.js';
import type { Chat, Posted } from '../ports/chat.js';
import type { DueDraft } from '../ports/store.js';
import { DRAFTS, type Draft } from './change-draft.js';
import type { ChangePorts, Notice } from './change-ports.js';
import { type KeptStanding, keepMessage } from './kept-message.js';
import { once } from './once.js';
import { OneLookEach } from './one-look-each.js';

/** Where a change's message stands. */
export interface Standing extends KeptStanding {
  /** the version of the change that it shows */
  version: number;
}
export const MESSAGES = 'change-message';
const RECONCILE_MS = 10_000;
/** ended changes are looked after for so long */
const PAST_MS = 24 * 3_600_000;
const PAST_EVERY_ROUNDS = 30;

export interface BoardParts extends Pick<ChangePorts, 'store' | 'clock' | 'log'> {
  chat: Chat;
  /** what the message shows beside the change itself */
  cardOf: (change: Change, settings: readonly Setting[]) => Promise<ChangeCard>;
  /** who is to be mentioned */
  peopleFor: (change: Change, about: Notice) => readonly Mention[];
}

export class ChangeBoard {
  private readonly looks = new OneLookEach((id) =>
    this.show(id).catch((error: unknown) => {
      this.parts.log.warn({ change: id, err: error }, 'the message of a change could not be kept current');
      return false;
    }),
  );
  /** changes whose message another process may be posting */
  private readonly later = new Set<string>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: BoardParts) {}

  /** Brings the message of a change up to date; one at a time per change, the newest state wins. Never rejects. */
  refresh(id: string): Promise<void> {
    return this.looks.at(id);
  }

  /**
   * Tells people in the thread of the change's message; once per `due`, of several processes too.
   * @throws where they could not be told, or another process is about it: look again
   */
  async tell(change: Change, about: Notice, due: DueDraft): Promise<void> {
    const people = this.parts.peopleFor(change, about);
    const message = about === 'skipped' ? skippedMessage({ change, people }) : nudgeMessage({ change, about, people });
    const told = await once(this.parts, due.id, () => this.inThread(change.id, message));
    if (told === 'elsewhere') throw new Error('another process is telling them');
  }

  /** From now on looks after messages that an earlier run, or another process, left behind. */
  start(): void {
    this.running = (async () => {
      for (let round = 0; !this.stopping.signal.aborted; round++) {
        await this.reconcile(round % PAST_EVERY_ROUNDS === 0).catch((error: unknown) =>
          this.parts.log.warn({ err: error }, 'messages of changes could not be compared with the store'),
        );
        await this.parts.clock.sleep(RECONCILE_MS, this.stopping.signal);
      }
    })();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.looks.finish();
  }

  /** Every change whose message does not show what it is. */
  async reconcile(withPast = true): Promise<void> {
    const { store, clock } = this.parts;
    const [open, past] = await Promise.all([
      store.changes.find({ open: true, wave: 'none', limit: 200 }),
      withPast ? store.changes.find({ open: false, wave: 'none', sinceMs: clock.now() - PAST_MS, limit: 200 }) : [],
    ]);
    for (const change of [...open, ...past]) {
      const standing = await store.documents.get<Standing>(MESSAGES, change.id);
      if (standing?.value.version !== change.version || standing.value.posted === undefined)
        await this.refresh(change.id);
    }
  }

  /** @returns whether the change has moved meanwhile */
  private async show(id: string): Promise<boolean> {
    const { store, clock, cardOf } = this.parts;
    const loaded = await store.changes.load(id);
    const draft = await store.documents.get<Draft>(DRAFTS, id);
    if (loaded === undefined || draft === undefined) return false;
    const { change } = loaded;
    const message = changeMessage(await cardOf(change, draft.value.settings));
    const standing = await store.documents.get<Standing>(MESSAGES, id);
    const kept = await keepMessage<Standing>(this.parts, {
      kind: MESSAGES,
      id,
      place: draft.value.place,
      message,
      standing,
      claim: { version: 0 },
    });
    if (!('posted' in kept)) {
      if (kept.othersMs !== undefined) this.lookAgain(id, kept.othersMs);
      return false;
    }
    const { posted } = kept;
    const shown: Standing = { posted, version: change.version, sinceMs: clock.now() };
    await store.documents.put(MESSAGES, id, shown);
    const now = await store.changes.load(id);
    return now !== undefined && now.change.version !== change.version;
  }

  /** Who claimed it may have died over it, and nothing may ever move the change again: that would leave its first words standing. */
  private lookAgain(id: string, inMs: number): void {
    if (this.later.has(id)) return;
    this.later.add(id);
    void this.parts.clock.sleep(inMs, this.stopping.signal).then(() => {
      this.later.delete(id);
      if (!this.stopping.signal.aborted) void this.refresh(id);
    });
  }

  private async inThread(id: string, message: Message): Promise<void> {
    const { store, chat } = this.parts;
    // It never had a message of its own: there is no thread, and nobody is waited for.
    if ((await store.documents.get<Draft>(DRAFTS, id)) === undefined) return;
    const posted = await this.postedOf(id);
    await chat.post({ channel: posted.channel, threadTs: await this.threadOf(id, posted) }, message);
  }

  private async postedOf(id: string): Promise<Posted> {
    const { documents } = this.parts.store;
    const stands = async () => (await documents.get<Standing>(MESSAGES, id))?.value.posted;
    let posted = await stands();
    if (posted === undefined) {
      await this.refresh(id);
      posted = await stands();
    }
    if (posted === undefined) throw new Error('the message of the change is not posted yet');
    return posted;
  }

  private async threadOf(id: string, posted: Posted): Promise<string> {
    const draft = await this.parts.store.documents.get<Draft>(DRAFTS, id);
    return draft?.value.place.threadTs ?? posted.ts;
  }
}
