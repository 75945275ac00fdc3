/** What is shown where the store fails under somebody, or something is refused: no entry in the log, no action. */
import { refusedModal } from '../blocks/change-modals.js';
import { type RefusedClick, refusedClickMessage } from '../blocks/change-notices.js';
import type { Message, Modal } from '../blocks/message.js';
import type { Shown } from '../command/changes.js';
import type { Place } from '../ports/chat.js';
import { StoreFailure } from '../ports/store.js';
import type { Standpoint } from './change-standpoint.js';

type Here = Pick<Standpoint, 'parts' | 'caller'>;

export const refuse = (refused: RefusedClick): Shown => ({ whisper: refusedClickMessage(refused) });

export const placed = (shown: Shown, place: Place | undefined): Shown =>
  shown !== undefined && 'whisper' in shown && place !== undefined ? { ...shown, at: place } : shown;

const guarded = async <T>(
  { parts }: Here,
  work: () => Promise<T>,
  otherwise: (failure: StoreFailure) => T,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    parts.log.error({ problem: error.problem, err: error }, 'the store failed under a change');
    return otherwise(error);
  }
};

export const shownOr = (here: Here, what: string, work: () => Promise<Shown>): Promise<Shown> =>
  guarded(here, work, ({ message }) => refuse({ what, code: 'store', detail: message }));

/** @param at the channel of the click that opened the modal: a modal itself stands in none */
export const shownAt = async (
  here: Here,
  at: string | undefined,
  what: string,
  work: () => Promise<Shown>,
): Promise<Shown> => placed(await shownOr(here, what, work), at === undefined ? undefined : { channel: at });

export const messageOr = <T>(here: Here, what: string, work: () => Promise<T>): Promise<T | Message> =>
  guarded<T | Message>(here, work, ({ message }) => refusedClickMessage({ what, code: 'store', detail: message }));

export const modalOr = async (here: Here, what: string, work: () => Promise<Modal>): Promise<Modal> => {
  const why = (detail: string): string =>
    `The database can’t be used, so nothing may be done: no entry in the log, no action. ${detail}. What is in force on a host is still taken back by the host itself.`;
  try {
    return await guarded(here, work, ({ message }) => refusedModal({ what, why: why(message) }));
  } catch (error) {
    // An open modal must not be left waiting for an answer that never comes.
    here.parts.log.error({ action: what, user: here.caller.userId, err: error }, 'a modal of a change failed');
    return refusedModal({ what, why: 'Something failed inside the bot; its log says what.' });
  }
};
