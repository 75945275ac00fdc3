/** What the page holds, and how an event of the server changes it. Pure: no socket, no DOM. */
import type { ChannelId, Message, Notice, PersonId, ServerEvent, State, Ts } from '../protocol.js';

export interface HeldNotice extends Notice {
  id: number;
}

/** A click in a message: what the app says in its thread soon after is the answer. */
interface Clicked {
  channel: ChannelId;
  /** the beginning of the thread */
  ts: Ts;
  atMs: number;
}

export interface Held {
  state: Omit<State, 'messages'> | null;
  /** by `messageKey` */
  messages: ReadonlyMap<string, Message>;
  /** the newest message, or the newest change of one: what is read out */
  latest: Message | null;
  notices: readonly HeldNotice[];
  /** the app's words under inputs, by view, then block_id */
  viewErrors: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** by person, then channel: the newest message that was looked at */
  seen: ReadonlyMap<PersonId, ReadonlyMap<ChannelId, Ts>>;
  nextNotice: number;
  clicked: Clicked | null;
  /** the thread in which the app has answered a click of this person, and how many replies that were; until it is looked at */
  answered: { channel: ChannelId; ts: Ts; replies: number } | null;
}

export const nothing: Held = {
  state: null,
  messages: new Map(),
  latest: null,
  notices: [],
  viewErrors: new Map(),
  seen: new Map(),
  nextNotice: 1,
  clicked: null,
  answered: null,
};

/** A reply later than this after a click has a cause of its own: a look that was scheduled, somebody else. */
const answerWithinMs = 60_000;
/** Notices kept at once; older ones have been read or never will be. */
const noticesMax = 20;

export const messageKey = (channel: ChannelId, ts: Ts): string => `${channel} ${ts}`;

const replaced = <T extends { id: string }>(all: readonly T[], one: T): T[] =>
  all.some(({ id }) => id === one.id) ? all.map((old) => (old.id === one.id ? one : old)) : [...all, one];

export const withNotice = (held: Held, notice: Notice): Held => {
  const same = held.notices.filter(
    (one) => !(one.text === notice.text && JSON.stringify(one.about) === JSON.stringify(notice.about)),
  );
  return {
    ...held,
    notices: [...same, { ...notice, id: held.nextNotice }].slice(-noticesMax),
    nextNotice: held.nextNotice + 1,
  };
};

export const withoutNotice = (held: Held, gone: (notice: HeldNotice) => boolean): Held => ({
  ...held,
  notices: held.notices.filter((notice) => !gone(notice)),
});

/** This person has clicked in a message. */
export const withClick = (held: Held, channel: ChannelId, ts: Ts, nowMs: number): Held => ({
  ...held,
  clicked: { channel, ts: held.messages.get(messageKey(channel, ts))?.threadTs ?? ts, atMs: nowMs },
});

/** The answer has been looked at, or is not wanted: what else comes into that thread is no news of that click. */
export const withoutAnswer = (held: Held): Held =>
  held.answered === null ? held : { ...held, clicked: null, answered: null };

const answeredBy = (held: Held, message: Message, nowMs: number): Held['answered'] => {
  const { clicked, answered, state } = held;
  const isAnswer =
    clicked !== null &&
    nowMs - clicked.atMs <= answerWithinMs &&
    message.user === state?.app.userId &&
    message.channel === clicked.channel &&
    message.threadTs === clicked.ts &&
    message.ts !== clicked.ts &&
    !message.broadcast &&
    !held.messages.has(messageKey(message.channel, message.ts));
  if (!isAnswer) return answered;
  return { channel: clicked.channel, ts: clicked.ts, replies: answered?.ts === clicked.ts ? answered.replies + 1 : 1 };
};

/** What this person has seen when they first look: everything that is there. */
const firstSight = (messages: readonly Message[]): ReadonlyMap<ChannelId, Ts> => {
  const latest = new Map<ChannelId, Ts>();
  for (const { channel, ts } of messages) if (ts > (latest.get(channel) ?? '')) latest.set(channel, ts);
  return latest;
};

export const take = (held: Held, event: ServerEvent, nowMs = Date.now()): Held => {
  if (event.type === 'state') {
    const { messages, ...state } = event.state;
    const known = held.seen.has(state.me);
    return {
      ...held,
      state,
      messages: new Map(messages.map((message) => [messageKey(message.channel, message.ts), message])),
      latest: null,
      notices: held.state?.me === state.me ? held.notices : [],
      viewErrors: new Map(),
      seen: known ? held.seen : new Map(held.seen).set(state.me, firstSight(messages)),
      clicked: null,
      answered: null,
    };
  }
  const { state } = held;
  if (state === null) return held;
  switch (event.type) {
    case 'message':
      return {
        ...held,
        latest: event.message,
        answered: answeredBy(held, event.message, nowMs),
        messages: new Map(held.messages).set(messageKey(event.message.channel, event.message.ts), event.message),
      };
    case 'messageDeleted': {
      const messages = new Map(held.messages);
      messages.delete(messageKey(event.channel, event.ts));
      return { ...held, messages };
    }
    case 'channel':
      return { ...held, state: { ...state, channels: replaced(state.channels, event.channel) } };
    case 'person':
      return { ...held, state: { ...state, people: replaced(state.people, event.person) } };
    case 'modals': {
      const open = new Set(event.modals.map((view) => view.id));
      return {
        ...held,
        state: { ...state, modals: event.modals },
        // An updated view has answered its errors; a closed one needs none.
        viewErrors: new Map(
          [...held.viewErrors].filter(
            ([id]) =>
              open.has(id) &&
              state.modals.find((view) => view.id === id)?.hash === event.modals.find((view) => view.id === id)?.hash,
          ),
        ),
        notices: held.notices.filter(({ about }) => about.viewId === undefined || open.has(about.viewId)),
      };
    }
    case 'viewErrors':
      return { ...held, viewErrors: new Map(held.viewErrors).set(event.viewId, event.errors) };
    case 'home':
      return { ...held, state: { ...state, home: event.home } };
    case 'notice':
      return withNotice(held, event.notice);
    case 'app':
      return { ...held, state: { ...state, app: event.app } };
  }
};

const byTime = (left: Message, right: Message): number => (left.ts < right.ts ? -1 : left.ts > right.ts ? 1 : 0);

/** The channel itself: no replies, but those that were also sent to it. */
export const channelMessages = (held: Held, channel: ChannelId): Message[] =>
  [...held.messages.values()]
    .filter(
      (message) =>
        message.channel === channel &&
        (message.threadTs === null || message.threadTs === message.ts || message.broadcast),
    )
    .sort(byTime);

/** A thread: its parent, then its replies. */
export const threadMessages = (held: Held, channel: ChannelId, ts: Ts): Message[] =>
  [...held.messages.values()]
    .filter((message) => message.channel === channel && (message.ts === ts || message.threadTs === ts))
    .sort(byTime);

export const withSeen = (held: Held, channel: ChannelId): Held => {
  const me = held.state?.me;
  if (me === undefined) return held;
  const latest = [...held.messages.values()].reduce(
    (newest, message) => (message.channel === channel && message.ts > newest ? message.ts : newest),
    '',
  );
  const mine = held.seen.get(me);
  if ((mine?.get(channel) ?? '') >= latest) return held;
  return { ...held, seen: new Map(held.seen).set(me, new Map(mine).set(channel, latest)) };
};

/** Messages of others in the channel that this person has not looked at, and whether one names them. */
export const unread = (held: Held, channel: ChannelId): { count: number; mentioned: boolean } => {
  const me = held.state?.me ?? '';
  const since = held.seen.get(me)?.get(channel) ?? '';
  const fresh = [...held.messages.values()].filter(
    (message) => message.channel === channel && message.ts > since && message.user !== me && message.subtype === null,
  );
  return {
    count: fresh.length,
    mentioned: fresh.some((message) => message.text.includes(`<@${me}>`) || message.text.includes('<!here>')),
  };
};
