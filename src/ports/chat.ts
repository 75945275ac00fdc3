/** How answers reach people. Implemented by `src/slack`; knows channels and people by id, nothing of blocks' insides. */
import type { Message, Modal } from '../blocks/message.js';

/** Where a message stands: enough to update it after a restart. */
export interface Posted {
  channel: string;
  ts: string;
}

export interface Place {
  channel: string;
  threadTs?: string;
}

/** A way to one person that also works where the bot is no member: five uses in 30 minutes. As good as a password: never logged. */
export type ResponseUrl = string;

export const CHAT_PROBLEMS = [
  /** not invited, removed, or the channel is private and unknown to the bot */
  'not-in-channel',
  'archived',
  /** the message to update is gone, or no longer ours to change */
  'message-gone',
  'rate-limited',
  /** refused even as plain text */
  'refused',
  'expired',
  'not-allowed',
  'unreachable',
] as const;

export type ChatProblem = (typeof CHAT_PROBLEMS)[number];

export class ChatError extends Error {
  override readonly name = 'ChatError';
  constructor(
    readonly problem: ChatProblem,
    /** Slack's own word for it, e.g. `channel_not_found`; never a secret */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`Slack said ${code} (${problem})`, options);
  }
}

/** Every call rejects with a ChatError and nothing else. */
export interface Chat {
  post(place: Place, message: Message): Promise<Posted>;
  /** Throttled per message; the newest content wins. Resolves when this content, or newer, stands. */
  update(posted: Posted, message: Message): Promise<void>;
  remove(posted: Posted): Promise<void>;
  /** To one person alone in a channel. Can't be updated, only replaced through a response URL. */
  whisper(place: Place & { user: string; responseUrl?: ResponseUrl }, message: Message): Promise<void>;
  /** Replaces the message, whispered ones too, whose button gave this response URL. */
  replace(responseUrl: ResponseUrl, message: Message): Promise<void>;
  upload(place: Place, file: { name: string; title: string; content: string | Uint8Array }): Promise<void>;
  /** @returns what is needed to update it; a trigger lives 3 s, so open first and fill in later */
  openModal(triggerId: string, view: Modal): Promise<{ viewId: string; hash: string }>;
  updateModal(opened: { viewId: string; hash?: string }, view: Modal): Promise<void>;
  publishHome(user: string, view: Modal): Promise<void>;
}
