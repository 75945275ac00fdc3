/**
 * Keeps the one message of each wave current, in its channel or thread. Where it stands and how far it has got is in the store:
 * another process, or this one after a restart, brings it up to date at the wave's next look.
 */
import type { Mention } from '../blocks/change-words.js';
import type { Message } from '../blocks/message.js';
import { type WaveCard, waveMessage } from '../blocks/wave-card.js';
import { waveNudgeMessage } from '../blocks/wave-list.js';
import type { Change } from '../core/change.js';
import type { Wave } from '../core/wave.js';
import { type Chat, ChatError, type Place, type Posted } from '../ports/chat.js';
import { type DueDraft, StoreFailure } from '../ports/store.js';
import { mentionsOf } from './change-people.js';
import type { PermissionParts } from './change-permission.js';
import type { ChangePorts, Nudge } from './change-ports.js';
import { once } from './once.js';
import { WAVE_DRAFTS, type WaveDraft, wordsOf } from './wave-draft.js';
import { waveApprovers, waveStepUp } from './wave-people.js';
import type { WaveRecords } from './wave-records.js';

/** Where a wave's message stands; `posted` absent while it is being posted. */
export interface WaveStanding {
  posted?: Posted;
  /** the sum of all versions that it shows: each move adds to it */
  shows: number;
  sinceMs: number;
}
export const WAVE_MESSAGES = 'wave-message';
/** a process that died while it posted is taken over after this */
const POSTING_MS = 20_000;
const TURNS_MAX = 20;

export interface WaveBoardParts extends Pick<ChangePorts, 'store' | 'clock' | 'log'>, PermissionParts {
  chat: Chat;
  records: WaveRecords;
  /** who is to be mentioned */
  peopleFor: (wave: Wave, about: Nudge, change?: Change) => readonly Mention[];
}

const sumOf = (wave: Wave, changes: ReadonlyMap<string, Change>): number =>
  [...changes.values()].reduce((sum, { version }) => sum + version, wave.version);

export class WaveBoard {
  private readonly turns = new Map<string, { again: boolean; done: Promise<void> }>();

  constructor(private readonly parts: WaveBoardParts) {}

  /** What a wave's message shows. */
  async cardOf(wave: Wave): Promise<WaveCard> {
    const { parts } = this;
    const changes = await parts.records.changesOf(wave);
    const draft = (await parts.store.documents.get<WaveDraft>(WAVE_DRAFTS, wave.id))?.value;
    return {
      wave,
      changes,
      words: wordsOf(draft?.hosts ?? []),
      leftOut: draft?.leftOut ?? [],
      approvers: wave.state === 'proposed' ? mentionsOf(parts.policy(), waveApprovers(parts, wave)) : [],
      stepUp: waveStepUp(parts, changes),
    };
  }

  /** Brings the message of a wave up to date; one at a time per wave, the newest state wins. Never rejects. */
  refresh(id: string): Promise<void> {
    const turn = this.turns.get(id);
    if (turn !== undefined) {
      turn.again = true;
      return turn.done;
    }
    const mine = { again: false, done: Promise.resolve() };
    mine.done = (async () => {
      for (let turns = 0; turns < TURNS_MAX; turns++) {
        mine.again = false;
        await this.show(id).catch((error: unknown) => {
          this.parts.log.warn({ change: id, err: error }, 'the message of a wave could not be kept current');
        });
        if (!mine.again) break;
      }
      this.turns.delete(id);
    })();
    this.turns.set(id, mine);
    return mine.done;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.turns.values()].map(({ done }) => done));
  }

  /**
   * Tells people in the thread of the wave's message; once per `due`, of several processes too.
   * @throws where they could not be told, or another process is about it: look again
   */
  async tell(wave: Wave, about: Nudge, due: DueDraft, change?: Change): Promise<void> {
    const { store, chat } = this.parts;
    const posted = (await store.documents.get<WaveStanding>(WAVE_MESSAGES, wave.id))?.value.posted;
    const place = (await store.documents.get<WaveDraft>(WAVE_DRAFTS, wave.id))?.value.place;
    if (posted === undefined) return;
    const people = this.parts.peopleFor(wave, about, change);
    const message = waveNudgeMessage({ wave, about, people, ...(change === undefined ? {} : { change }) });
    const told = await once(this.parts, due.id, async () => {
      await chat.post({ channel: posted.channel, threadTs: place?.threadTs ?? posted.ts }, message);
    });
    if (told === 'elsewhere') throw new Error('another process is telling them');
  }

  private async show(id: string): Promise<void> {
    const { store, clock, records } = this.parts;
    const stored = await records.load(id);
    const draft = (await store.documents.get<WaveDraft>(WAVE_DRAFTS, id))?.value;
    const standing = await store.documents.get<WaveStanding>(WAVE_MESSAGES, id);
    let posted = standing?.value.posted;
    if (stored === undefined || draft === undefined) return;
    // What was never wholly proposed has no message: who asked is told.
    if (stored.wave.state === 'proposing' || (posted === undefined && stored.wave.state === 'denied')) return;
    const card = await this.cardOf(stored.wave);
    const shows = sumOf(stored.wave, card.changes);
    if (posted !== undefined && standing?.value.shows === shows) return;
    const message = waveMessage(card);
    if (posted === undefined) {
      // Claimed first: of two processes one posts.
      if (standing !== undefined && clock.now() - standing.value.sinceMs < POSTING_MS) return;
      try {
        const claim: WaveStanding = { shows: 0, sinceMs: clock.now() };
        await store.documents.put(WAVE_MESSAGES, id, claim, standing?.version ?? 0);
      } catch (error) {
        if (error instanceof StoreFailure && error.problem === 'conflict') return;
        throw error;
      }
      posted = await this.post(id, draft.place, message);
    } else posted = await this.update(posted, draft.place, message);
    const shown: WaveStanding = { posted, shows, sinceMs: clock.now() };
    await store.documents.put(WAVE_MESSAGES, id, shown);
  }

  private async post(id: string, place: Place, message: Message): Promise<Posted> {
    try {
      return await this.parts.chat.post(place, message);
    } catch (error) {
      await this.parts.store.documents.delete(WAVE_MESSAGES, id);
      throw error;
    }
  }

  private async update(posted: Posted, place: Place, message: Message): Promise<Posted> {
    try {
      await this.parts.chat.update(posted, message);
      return posted;
    } catch (error) {
      // Somebody deleted it: the wave is still there, and must be seen.
      if (error instanceof ChatError && error.problem === 'message-gone') return this.parts.chat.post(place, message);
      throw error;
    }
  }
}
