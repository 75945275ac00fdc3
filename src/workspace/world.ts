/** The workspace itself: people, channels, messages, files. Knows who sees what; tells the hub what changed. */
import type { AnyBlock } from '../blocks/message.js';
import { appUserId, type Seed, type UserGroup } from './default-world.js';
import type { Hub } from './hub.js';
import { byTs, Timestamps } from './ids.js';
import type { Channel, ChannelId, Message, Person, PersonId, SharedFile, Team, Ts } from './protocol.js';

/** A channel keeps this many messages; older ones are forgotten. */
const messagesPerChannelMax = 5000;

export interface StoredMessage {
  readonly channel: ChannelId;
  readonly ts: Ts;
  readonly threadTs: Ts | null;
  readonly broadcast: boolean;
  readonly user: PersonId;
  readonly ephemeralTo: PersonId | null;
  readonly subtype: string | null;
  text: string;
  blocks: readonly AnyBlock[];
  files: readonly SharedFile[];
  reactions: { name: string; users: PersonId[] }[];
  editedTs: Ts | null;
  metadata: unknown;
}

export interface NewMessage {
  channel: ChannelId;
  user: PersonId;
  text: string;
  blocks?: readonly AnyBlock[];
  files?: readonly SharedFile[];
  threadTs?: Ts | undefined;
  broadcast?: boolean;
  ephemeralTo?: PersonId;
  subtype?: string;
  metadata?: unknown;
}

export class World {
  readonly team: Team;
  readonly people: Map<PersonId, Person>;
  readonly channels: Map<ChannelId, Channel>;
  readonly groups: readonly UserGroup[];
  private readonly messages = new Map<ChannelId, Map<Ts, StoredMessage>>();
  private readonly timestamps: Timestamps;

  constructor(
    seed: Seed,
    private readonly hub: Hub,
    now: () => number,
  ) {
    this.team = seed.team;
    this.people = new Map(seed.people.map((person) => [person.id, person]));
    this.channels = new Map(seed.channels.map((channel) => [channel.id, channel]));
    this.groups = seed.groups;
    this.timestamps = new Timestamps(now);
  }

  nextTs(): Ts {
    return this.timestamps.next();
  }

  /** By id, `#name`, `name` or (for a direct message) the id of the person. */
  findChannel(reference: string): Channel | undefined {
    const name = reference.replace(/^#/, '');
    return (
      this.channels.get(reference) ??
      [...this.channels.values()].find((channel) => channel.kind !== 'direct' && channel.name === name)
    );
  }

  /** By id, handle, first or real name, in any case. */
  findPerson(reference: string): Person | undefined {
    const wanted = reference.replace(/^@/, '').toLowerCase();
    return (
      this.people.get(reference) ??
      [...this.people.values()].find(
        ({ name, realName }) => name.toLowerCase() === wanted || realName.toLowerCase() === wanted,
      )
    );
  }

  /** The direct channel of the app and a person, made when first needed. */
  directChannel(person: Person): Channel {
    const id = `D${person.id.slice(1)}`;
    const existing = this.channels.get(id);
    if (existing !== undefined) return existing;
    const channel: Channel = {
      id,
      name: person.name,
      kind: 'direct',
      topic: '',
      archived: false,
      memberIds: [person.id, appUserId],
    };
    this.setChannel(channel);
    return channel;
  }

  setChannel(channel: Channel): void {
    this.channels.set(channel.id, channel);
    this.hub.tell((person) => this.sees(person, channel.id), { type: 'channel', channel });
  }

  isMember(person: PersonId, channel: ChannelId): boolean {
    return this.channels.get(channel)?.memberIds.includes(person) ?? false;
  }

  /** Full members see every public channel; guests, people from elsewhere and apps only where they are members. */
  sees(person: PersonId, channelId: ChannelId): boolean {
    const channel = this.channels.get(channelId);
    if (channel === undefined) return false;
    return (
      (channel.kind === 'public' && this.people.get(person)?.kind === 'member') || this.isMember(person, channelId)
    );
  }

  message(channel: ChannelId, ts: Ts): StoredMessage | undefined {
    return this.messages.get(channel)?.get(ts);
  }

  /** Oldest first, replies and everybody's ephemeral messages included. */
  messagesIn(channel: ChannelId): readonly StoredMessage[] {
    return [...(this.messages.get(channel)?.values() ?? [])];
  }

  /** What one person sees in a channel. */
  visible(person: PersonId, channel: ChannelId): readonly StoredMessage[] {
    if (!this.sees(person, channel)) return [];
    return this.messagesIn(channel).filter(({ ephemeralTo }) => ephemeralTo === null || ephemeralTo === person);
  }

  replies(channel: ChannelId, threadTs: Ts): readonly StoredMessage[] {
    return this.messagesIn(channel).filter(
      (message) => message.threadTs === threadTs && message.ts !== threadTs && message.ephemeralTo === null,
    );
  }

  post(message: NewMessage): StoredMessage {
    const stored: StoredMessage = {
      channel: message.channel,
      ts: this.nextTs(),
      threadTs: message.threadTs ?? null,
      broadcast: message.broadcast ?? false,
      user: message.user,
      ephemeralTo: message.ephemeralTo ?? null,
      subtype: message.subtype ?? null,
      text: message.text,
      blocks: message.blocks ?? [],
      files: message.files ?? [],
      reactions: [],
      editedTs: null,
      metadata: message.metadata,
    };
    const inChannel = this.messages.get(message.channel) ?? new Map<Ts, StoredMessage>();
    this.messages.set(message.channel, inChannel);
    inChannel.set(stored.ts, stored);
    const [oldest] = inChannel.keys();
    if (inChannel.size > messagesPerChannelMax && oldest !== undefined) inChannel.delete(oldest);
    this.show(stored);
    this.showParent(stored);
    return stored;
  }

  change(
    message: StoredMessage,
    content: Partial<Pick<StoredMessage, 'text' | 'blocks' | 'files' | 'metadata'>>,
  ): void {
    Object.assign(message, content, { editedTs: this.nextTs() });
    this.show(message);
  }

  react(message: StoredMessage, name: string, user: PersonId): 'added' | 'already' {
    const reaction = message.reactions.find((one) => one.name === name);
    if (reaction?.users.includes(user)) return 'already';
    if (reaction === undefined) message.reactions.push({ name, users: [user] });
    else reaction.users.push(user);
    this.show(message);
    return 'added';
  }

  remove(message: StoredMessage): void {
    this.messages.get(message.channel)?.delete(message.ts);
    this.hub.tell((person) => this.seesMessage(person, message), {
      type: 'messageDeleted',
      channel: message.channel,
      ts: message.ts,
    });
    this.showParent(message);
  }

  /** As the page gets it. */
  shown(message: StoredMessage): Message {
    const replies = message.ephemeralTo === null ? this.replies(message.channel, message.ts) : [];
    return {
      channel: message.channel,
      ts: message.ts,
      threadTs: message.threadTs ?? (replies.length > 0 ? message.ts : null),
      broadcast: message.broadcast,
      user: message.user,
      text: message.text,
      blocks: message.blocks,
      files: message.files,
      reactions: message.reactions.map(({ name, users }) => ({ name, users: [...users] })),
      ephemeral: message.ephemeralTo !== null,
      edited: message.editedTs !== null,
      replyCount: replies.length,
      replyUsers: [...new Set(replies.map(({ user }) => user))],
      latestReply:
        replies
          .map(({ ts }) => ts)
          .sort(byTs)
          .at(-1) ?? null,
      subtype: message.subtype,
    };
  }

  private seesMessage(person: PersonId, { channel, ephemeralTo }: StoredMessage): boolean {
    return this.sees(person, channel) && (ephemeralTo === null || ephemeralTo === person);
  }

  private show(message: StoredMessage): void {
    this.hub.tell((person) => this.seesMessage(person, message), { type: 'message', message: this.shown(message) });
  }

  private showParent({ channel, threadTs, ts, ephemeralTo }: StoredMessage): void {
    if (threadTs === null || threadTs === ts || ephemeralTo !== null) return;
    const parent = this.message(channel, threadTs);
    if (parent !== undefined) this.show(parent);
  }
}
