/** What people send. Built by `src/slack` from payloads that are already acknowledged; taken in by `src/app`. */
import type { Caller } from '../core/caller.js';
import type { Posted, ResponseUrl } from './chat.js';

export interface Delivery {
  /** the same for a second delivery of the same thing */
  id: string;
  caller: Caller;
  /** opens one modal within 3 s */
  triggerId?: string;
  responseUrl?: ResponseUrl;
}

export interface Question extends Delivery {
  /** `tcpstates`, without the slash */
  command: string;
  text: string;
}

/** `@tcpstates web-1`: works in threads, where slash commands don't. */
export interface Mention extends Delivery {
  /** what follows the bot's name, Slack's markup taken off */
  text: string;
  /** the message that mentions */
  ts: string;
}

export interface Click extends Delivery {
  actionId: string;
  /** the button's value, or what was chosen; foreign until decoded */
  value?: string;
  at:
    | { kind: 'message'; posted: Posted; whispered: boolean }
    | { kind: 'modal'; viewId: string; hash?: string; privateMetadata: string }
    | { kind: 'home' };
}

export interface Submission extends Delivery {
  callbackId: string;
  privateMetadata: string;
  viewId: string;
  /** block id → what stands in its input; several for checkboxes and multi-selects */
  values: Readonly<Record<string, string | readonly string[]>>;
}

export interface Shortcut extends Delivery {
  callbackId: string;
  /** the message that it was used on, with all the words that could be found in it */
  message?: Posted & {
    threadTs?: string;
    text: string;
    /** where its links lead, as far as a label stands in their place: alerts link to pages about a host */
    links?: readonly string[];
  };
}

/** Every method returns at once and never throws: what is to be done is noted and done afterwards. */
export interface Inbox {
  asked(question: Question): void;
  mentioned(mention: Mention): void;
  clicked(click: Click): void;
  /** @returns what is wrong, by block id; the modal then stays open. Pure and quick: it is the acknowledgement. */
  submitted(submission: Submission): Readonly<Record<string, string>> | undefined;
  usedShortcut(shortcut: Shortcut): void;
  openedHome(opened: Delivery): void;
}
