/** The one message of a change or a wave: posted once, by whichever process claims it first in the store, then kept current. */
import type { Message } from '../blocks/message.js';
import { type Chat, ChatError, type Place, type Posted } from '../ports/chat.js';
import { StoreFailure } from '../ports/store.js';
import type { ChangePorts } from './change-ports.js';

/** a process that died while it posted is taken over after this */
const POSTING_MS = 20_000;

/** `posted` absent while it is being posted */
export interface KeptStanding {
  posted?: Posted;
  sinceMs: number;
}

/** Where it stands now, or that another process posts it: whose claim ends after `othersMs`, where that is known. */
export type Kept = { posted: Posted } | { othersMs: number | undefined };

interface Keeping<Standing extends KeptStanding> {
  /** of the document that notes where it stands */
  kind: string;
  id: string;
  place: Place;
  message: Message;
  standing: { value: Standing; version: number } | undefined;
  /** what the claim says beside its time */
  claim: Omit<Standing, 'posted' | 'sinceMs'>;
}

/** Posts the message, or updates it; one that somebody deleted is posted again: what it is about is still there, and must be seen. */
export const keepMessage = async <Standing extends KeptStanding>(
  { store, clock, chat }: Pick<ChangePorts, 'store' | 'clock'> & { chat: Chat },
  { kind, id, place, message, standing, claim }: Keeping<Standing>,
): Promise<Kept> => {
  const posted = standing?.value.posted;
  if (posted !== undefined) {
    try {
      await chat.update(posted, message);
      return { posted };
    } catch (error) {
      if (!(error instanceof ChatError && error.problem === 'message-gone')) throw error;
      return { posted: await chat.post(place, message) };
    }
  }
  // Claimed first: of two processes one posts.
  const claimedMs = standing === undefined ? POSTING_MS : clock.now() - standing.value.sinceMs;
  if (claimedMs < POSTING_MS) return { othersMs: POSTING_MS - claimedMs };
  try {
    await store.documents.put(kind, id, { ...claim, sinceMs: clock.now() }, standing?.version ?? 0);
  } catch (error) {
    if (error instanceof StoreFailure && error.problem === 'conflict') return { othersMs: undefined };
    throw error;
  }
  try {
    return { posted: await chat.post(place, message) };
  } catch (error) {
    await store.documents.delete(kind, id);
    throw error;
  }
};
