/**
 * Answers that were promised and are not given yet. An entry is opened in the same tick in which a command is acknowledged
 * and settled when its message stands; what is still open when the program starts was cut short and is asked again.
 */
import type { Caller } from '../core/caller.js';
import type { Posted } from './chat.js';

export interface PendingAnswer {
  /** the delivery's own id, so that Slack's second delivery of it is known for what it is */
  id: string;
  /** what was asked, enough to ask it again */
  command: string;
  text: string;
  caller: Caller;
  /** milliseconds since the epoch */
  since: number;
  /** the message that says "measuring", once it stands */
  posted?: Posted;
}

export interface PendingAnswers {
  /** Recorded when it returns: survives the death of the process. */
  open(answer: PendingAnswer): void;
  posted(id: string, posted: Posted): void;
  settle(id: string): void;
  /** What was open when the program started, oldest first. */
  unsettled(): readonly PendingAnswer[];
  /** Ids of the last minutes, settled or not: deliveries that are not new. */
  recentIds(): readonly string[];
  close(): void;
}
