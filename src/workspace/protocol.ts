/**
 * What the page in the browser and the local workspace say to one another: JSON texts over one WebSocket at `/page/ws`.
 *
 * The page connects with `/page/ws?as=<person id>` (or without: the first person), gets one `state`, then events. Every
 * event is whole: a message, channel or view in it replaces the one that the page holds (messages by channel + ts, channels
 * and people by id). The page shows, the server decides: it builds Slack's payloads, times the app's acknowledgements and
 * keeps what each person may see. Types only; no code, no Node, no DOM.
 */
import type { AnyBlock } from '../blocks/message.js';

export type PersonId = string;
export type ChannelId = string;
/** Slack's message id: seconds since 1970, a dot and six digits. */
export type Ts = string;

// ---------------------------------------------------------------- the world

export interface Team {
  id: string;
  name: string;
  /** as in `<domain>.slack.com` */
  domain: string;
}

export interface Person {
  id: PersonId;
  /** differs from the workspace's own id for people from another organisation (Slack Connect) */
  teamId: string;
  /** the handle, as after an @ */
  name: string;
  realName: string;
  title: string;
  /** IANA name, e.g. `Europe/Berlin` */
  timeZone: string;
  kind: 'member' | 'guest' | 'external' | 'app' | 'slackbot';
}

export interface Channel {
  id: ChannelId;
  /** without the #; for a direct message the other one's name */
  name: string;
  kind: 'public' | 'private' | 'direct';
  topic: string;
  archived: boolean;
  memberIds: readonly PersonId[];
}

export interface SharedFile {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  sizeBytes: number;
  /** path on this server, to link to; sent as an attachment, never as a page */
  path: string;
  /** the beginning of a text file (≤ 4,000 characters), else null */
  preview: string | null;
  previewTruncated: boolean;
}

export interface Message {
  channel: ChannelId;
  ts: Ts;
  /** set on replies and on the parent of a thread (there equal to `ts`) */
  threadTs: Ts | null;
  /** whether a reply was also sent to the channel */
  broadcast: boolean;
  user: PersonId;
  /** mrkdwn, Slack-escaped (&amp; &lt; &gt;), mentions as `<@U…>`, `<#C…>`, `<!here>`; the fallback where there are blocks */
  text: string;
  /** every block has a `block_id`, every interactive element an `action_id`, whether the app gave them or not */
  blocks: readonly AnyBlock[];
  files: readonly SharedFile[];
  reactions: readonly { name: string; users: readonly PersonId[] }[];
  /** only the person who gets this event sees it; it has no place in threads' counts and is gone with the server */
  ephemeral: boolean;
  edited: boolean;
  /** on a thread's parent */
  replyCount: number;
  replyUsers: readonly PersonId[];
  latestReply: Ts | null;
  /** `channel_join`, `channel_archive` …: shown as a grey line */
  subtype: string | null;
}

/** A modal or the Home tab, as Slack sends it to clients. */
export interface OpenView {
  id: string;
  /** changes with every update */
  hash: string;
  kind: 'modal' | 'home';
  callbackId: string;
  title: string;
  /** label of the button that submits; null: none */
  submit: string | null;
  close: string;
  blocks: readonly AnyBlock[];
  clearOnClose: boolean;
  submitDisabled: boolean;
}

export interface Command {
  /** with the slash */
  name: string;
  description: string;
  usageHint: string;
}

export interface Shortcut {
  callbackId: string;
  name: string;
  description: string;
  kind: 'message' | 'global';
}

export interface AppStatus {
  /** the app's user in `people` */
  userId: PersonId;
  name: string;
  /** Socket Mode: open sockets; HTTP mode: 1 where a request URL is set */
  connections: number;
  mode: 'socket' | 'http';
}

/** All that one person sees. */
export interface State {
  team: Team;
  me: PersonId;
  people: readonly Person[];
  /** those that this person may see; archived ones included */
  channels: readonly Channel[];
  /** oldest first; replies too */
  messages: readonly Message[];
  commands: readonly Command[];
  shortcuts: readonly Shortcut[];
  /** the stack of open modals, the topmost last */
  modals: readonly OpenView[];
  home: OpenView | null;
  app: AppStatus;
  /** who a person may be: those to switch between */
  switchable: readonly PersonId[];
  /** lines that main shows to newcomers: what is real, what is replayed, what to try */
  banner: readonly string[];
}

// ---------------------------------------------------------------- page → server

/** Where a block stands. */
export type Surface = { in: 'message'; channel: ChannelId; ts: Ts } | { in: 'view'; viewId: string };

/**
 * What a person entered or picked in one element, by the element's type:
 * - plain_text_input, email, url, number, rich_text_input (its plain text): the text
 * - static / external select, radio_buttons, overflow: the option's `value`
 * - users_select, conversations_select, channels_select: the id
 * - datepicker `2026-11-22`, timepicker `13:05`; datetimepicker: seconds since 1970 as text
 * - checkboxes and every multi select: an array of the above
 * - button, icon_button: null; feedback_buttons: the picked button's `value`
 * - nothing entered or picked: null
 */
export type Entered = string | readonly string[] | null;

/** By block_id, then action_id. Elements that the person has not touched may be left out: the server takes their initial value. */
export type EnteredValues = Readonly<Record<string, Readonly<Record<string, Entered>>>>;

export type Request =
  /** Be somebody else: answered by a new `state`. */
  | { type: 'switch'; person: PersonId }
  /**
   * What was typed into a composer and sent. A text that begins with `/` is a slash command (refused in a thread, as Slack
   * does); any other is posted, `@tcpstates` in it becomes a mention (and an app_mention for the app), as do `@handle`, `#channel`.
   */
  | { type: 'type'; channel: ChannelId; threadTs?: Ts; text: string }
  /** What could stand at the end of this text. Answer: `completions`. */
  | { type: 'complete'; channel: ChannelId; threadTs?: Ts; text: string }
  /** An element was clicked, picked or (dispatch_action) entered. The page has asked the element's `confirm` before. */
  | { type: 'act'; surface: Surface; blockId: string; actionId: string; entered: Entered; values: EnteredValues }
  /** Options of an external select. Answer: `options`. */
  | { type: 'suggest'; surface: Surface; blockId: string; actionId: string; query: string }
  | { type: 'submit'; viewId: string; values: EnteredValues }
  /** The × or the close button; `all`: the whole stack (Slack's × with clear_on_close). */
  | { type: 'close'; viewId: string; all: boolean; values?: EnteredValues }
  | { type: 'shortcut'; callbackId: string; message?: { channel: ChannelId; ts: Ts } }
  /** The person looks at the app's Home tab: the app gets app_home_opened and may publish. */
  | { type: 'openHome' }
  | { type: 'react'; channel: ChannelId; ts: Ts; name: string }
  /** Dismiss an ephemeral message. */
  | { type: 'dismiss'; channel: ChannelId; ts: Ts }
  | { type: 'administer'; channel: ChannelId; act: 'archive' | 'unarchive' | 'removeApp' | 'inviteApp' | 'join' };

/** What the page sends. `id` is the page's own number, repeated in the reply. */
export type PageMessage = Request & { id: number };

// ---------------------------------------------------------------- server → page

export interface Completion {
  kind: 'command' | 'person' | 'channel';
  /** the whole text after picking it */
  text: string;
  label: string;
  detail: string;
}

export interface SelectOption {
  text: { type: 'plain_text' | 'mrkdwn'; text: string };
  value: string;
  description?: { type: 'plain_text' | 'mrkdwn'; text: string };
}

/**
 * What Slack itself tells a person without having been asked. What a request came to (e.g. that the app did not respond) is in
 * its reply instead, never in both. `about` says where to show it: under the composer of a channel, at a message, in a modal.
 */
export interface Notice {
  level: 'info' | 'error';
  /** plain text */
  text: string;
  about: { channel?: ChannelId; threadTs?: Ts; ts?: Ts; viewId?: string };
}

/** The answer to a request, sent when the workspace is through with it (for the app's part: when it has acknowledged). */
export type Reply =
  | { type: 'reply'; to: number; ok: true; completions?: readonly Completion[]; options?: readonly SelectOption[] }
  | { type: 'reply'; to: number; ok: false; error: string };

export type ServerEvent =
  | { type: 'state'; state: State }
  /** new or changed */
  | { type: 'message'; message: Message }
  | { type: 'messageDeleted'; channel: ChannelId; ts: Ts }
  | { type: 'channel'; channel: Channel }
  | { type: 'person'; person: Person }
  /** this person's whole stack of modals; empty: none is open */
  | { type: 'modals'; modals: readonly OpenView[] }
  /** The app refused a submission: words under the inputs, by block_id. */
  | { type: 'viewErrors'; viewId: string; errors: Readonly<Record<string, string>> }
  | { type: 'home'; home: OpenView | null }
  | { type: 'notice'; notice: Notice }
  | { type: 'app'; app: AppStatus };

export type ServerMessage = ServerEvent | Reply;
