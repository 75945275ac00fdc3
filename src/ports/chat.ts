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

export interface Chat {
  post(place: Place, message: Message): Promise<Posted>;
  /** Throttled per message; the newest content wins. */
  update(posted: Posted, message: Message): Promise<void>;
  /** To one person alone in a channel. Can't be updated. */
  whisper(place: Place & { user: string }, message: Message): Promise<void>;
  upload(place: Place, file: { name: string; title: string; content: string | Uint8Array }): Promise<void>;
  openModal(triggerId: string, view: Modal): Promise<void>;
  publishHome(user: string, view: Modal): Promise<void>;
}
