/**
 * Keeps the one message of each wave current, in its channel or thread. Where it stands and how far it has got is in the store:
 * another process, or this one after a restart, brings it up to date at the wave's next look.
 */
import type { Mention } from '../blocks/change-words.js';
import { type WaveCard, waveMessage } from '../blocks/wave-card.js';
import { waveNudgeMessage } from '../blocks/wave-list.js';
import type { Change } from '../core/change.js';
import type { Wave } from '../core/wave.js';
import { isInForce } from '../core/wave-course.js';
import type { Chat } from '../ports/chat.js';
import type { DueDraft } from '../ports/store.js';
import { mentionsOf } from './change-people.js';
import type { PermissionParts } from './change-permission.js';
import type { ChangePorts, Nudge } from './change-ports.js';
import { type KeptStanding, keepMessage } from './kept-message.js';
import { once } from './once.js';
import { OneLookEach } from './one-look-each.js';
import { WAVE_DRAFTS, type WaveDraft, wordsOf } from './wave-draft.js';
import { waveApprovers, waveStepUp } from './wave-people.js';
import type { WaveRecords } from './wave-records.js';

/** Where a wave's message stands. */
export interface WaveStanding extends KeptStanding {
  /** the sum of all versions that it shows: each move adds to it */
  shows: number;
}
export const WAVE_MESSAGES = 'wave-message';
const MEND_WITHIN_MS = 3_600_000;

export interface WaveBoardParts extends Pick<ChangePorts, 'store' | 'clock' | 'log'>, PermissionParts {
  chat: Chat;
  records: WaveRecords;
  /** who is to be mentioned */
  peopleFor: (wave: Wave, about: Nudge, change?: Change) => readonly Mention[];
}

const sumOf = (wave: Wave, changes: ReadonlyMap<string, Change>): number =>
  [...changes.values()].reduce((sum, { version }) => sum + version, wave.version);

/** Hosts of its batch that are in force beside it. */
const othersOf = (wave: Wave, { id }: Change, changes: ReadonlyMap<string, Change>): number =>
  (wave.batches.find((members) => members.some(({ change }) => change === id)) ?? []).filter(
    ({ change }) => change !== id && isInForce(changes.get(change)),
  ).length;

export class WaveBoard {
  private readonly looks = new OneLookEach(async (id) => {
    await this.show(id).catch((error: unknown) => {
      this.parts.log.warn({ change: id, err: error }, 'the message of a wave could not be kept current');
    });
    return false;
  });

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
    return this.looks.at(id);
  }

  /**
   * Whether the message shows less than has become of the wave. One that can't be mended for an hour is left as it is: its channel
   * may be gone.
   */
  async isBehind(wave: Wave, changes: ReadonlyMap<string, Change>): Promise<boolean> {
    const standing = (await this.parts.store.documents.get<WaveStanding>(WAVE_MESSAGES, wave.id))?.value;
    const endedMs = Math.max(wave.endedAtMs ?? 0, ...[...changes.values()].map(({ endedAtMs = 0 }) => endedAtMs));
    const isLate = this.parts.clock.now() - endedMs > MEND_WITHIN_MS;
    return standing?.posted !== undefined && standing.shows !== sumOf(wave, changes) && !isLate;
  }

  async stop(): Promise<void> {
    await this.looks.finish();
  }

  /**
   * Tells people in the thread of the wave's message; once per `due`, of several processes too.
   * @throws where they could not be told, or another process is about it: look again
   */
  async tell(wave: Wave, about: Nudge, due: DueDraft, change?: Change): Promise<void> {
    const { store, chat } = this.parts;
    const posted = (await store.documents.get<WaveStanding>(WAVE_MESSAGES, wave.id))?.value.posted;
    const place = (await store.documents.get<WaveDraft>(WAVE_DRAFTS, wave.id))?.value.place;
    if (posted === undefined) {
      // Without its message there is no thread to tell them in: it is posted first, and this tried again.
      await this.refresh(wave.id);
      throw new Error('the message of the wave is not posted yet');
    }
    const people = this.parts.peopleFor(wave, about, change);
    const others = change !== undefined && othersOf(wave, change, await this.parts.records.changesOf(wave)) > 0;
    const message = waveNudgeMessage({ wave, about, people, others, ...(change === undefined ? {} : { change }) });
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
    const posted = standing?.value.posted;
    if (stored === undefined || draft === undefined) return;
    // What was never wholly proposed has no message: who asked is told.
    if (stored.wave.state === 'proposing' || (posted === undefined && stored.wave.state === 'denied')) return;
    const card = await this.cardOf(stored.wave);
    const shows = sumOf(stored.wave, card.changes);
    if (posted !== undefined && standing?.value.shows === shows) return;
    const kept = await keepMessage<WaveStanding>(this.parts, {
      kind: WAVE_MESSAGES,
      id,
      place: draft.place,
      message: waveMessage(card),
      standing,
      claim: { shows: 0 },
    });
    // Another process posts it; the wave's next look brings it up to date.
    if (!('posted' in kept)) return;
    const shown: WaveStanding = { posted: kept.posted, shows, sinceMs: clock.now() };
    await store.documents.put(WAVE_MESSAGES, id, shown);
  }
}
