/** What people do outside of blocks: type, run commands and shortcuts, open Home, react, archive. */
import { ContentRefused, checkedContent, hasContent } from './app-messages.js';
import type { Ack } from './delivery.js';
import { type Inside, Refused } from './inside.js';
import type { Channel, ChannelId, Person, PersonId, Request, Ts } from './protocol.js';
import { mentioned, slackText } from './typed-text.js';
import type { Fields } from './validate/check.js';
import type { StoredMessage } from './world.js';

const typedMax = 12_000;

export class Acts {
  constructor(private readonly inside: Inside) {}

  /** Sends what stands in a composer: a command, or a message. Resolves when the app has acknowledged. */
  async type(personId: PersonId, channelId: ChannelId, text: string, threadTs?: Ts): Promise<void> {
    const { person, channel } = this.standing(personId, channelId);
    if (text.trim() === '') throw new Refused('There is nothing to send.');
    if (text.length > typedMax) throw new Refused(`Your message is too long: at most ${typedMax} characters.`);
    if (text.startsWith('/')) await this.command(person, channel, text, threadTs);
    else this.post(person, channel, text, threadTs);
  }

  /** Runs a shortcut from the menu of a message, or from the search bar. */
  async shortcut(personId: PersonId, callbackId: string, message?: { channel: ChannelId; ts: Ts }): Promise<void> {
    const { shortcuts, payloads, triggers, responseUrls, dispatcher, world } = this.inside;
    const person = this.person(personId);
    const kind = message === undefined ? 'global' : 'message';
    const shortcut = shortcuts.find((one) => one.callbackId === callbackId && one.kind === kind);
    if (shortcut === undefined) throw new Refused(`There is no ${kind} shortcut ${callbackId}.`);
    const base = {
      callback_id: callbackId,
      trigger_id: triggers.give(personId),
      action_ts: world.nextTs(),
    };
    let payload: Fields = { ...payloads.interaction('shortcut', person), ...base };
    if (message !== undefined) {
      const { channel } = this.standing(personId, message.channel, 'look');
      const target = this.seenMessage(personId, message.channel, message.ts);
      payload = {
        ...payloads.interaction('message_action', person),
        ...base,
        message_ts: target.ts,
        message: payloads.message(target),
        channel: { id: channel.id, name: channel.kind === 'direct' ? 'directmessage' : channel.name },
        response_url: responseUrls.give({ channel: channel.id, person: personId, original: target.ts }),
      };
    }
    this.acknowledged(await dispatcher.ask('interactive', payload), `“${shortcut.name}”`);
  }

  openHome(personId: PersonId): void {
    const person = this.person(personId);
    const view = this.inside.views.home(personId);
    this.announce('app_home_opened', {
      type: 'app_home_opened',
      user: person.id,
      channel: this.inside.world.directChannel(person).id,
      tab: 'home',
      event_ts: this.inside.world.nextTs(),
      ...(view === undefined ? {} : { view: this.inside.views.payload(view) }),
    });
  }

  react(personId: PersonId, channel: ChannelId, ts: Ts, name: string): void {
    const message = this.seenMessage(personId, channel, ts);
    if (!/^[a-z0-9_+'-]{1,100}$/.test(name)) throw new Refused(`There is no emoji :${name}:.`);
    if (this.inside.world.react(message, name, personId) === 'already') return;
    this.announce('reaction_added', {
      type: 'reaction_added',
      user: personId,
      reaction: name,
      item: { type: 'message', channel, ts },
      item_user: message.user,
      event_ts: this.inside.world.nextTs(),
    });
  }

  dismiss(personId: PersonId, channel: ChannelId, ts: Ts): void {
    const message = this.inside.world.message(channel, ts);
    if (message?.ephemeralTo !== personId) throw new Refused('Only your own private message can be dismissed.');
    this.inside.world.remove(message);
  }

  administer(personId: PersonId, channelId: ChannelId, act: Extract<Request, { type: 'administer' }>['act']): void {
    const { world, app } = this.inside;
    const { channel } = this.standing(personId, channelId, 'look');
    const without = (id: PersonId): PersonId[] => channel.memberIds.filter((one) => one !== id);
    const line = (subtype: string, text: string): void => {
      world.post({ channel: channelId, user: personId, subtype, text });
    };
    const eventTs = world.nextTs();
    if (act === 'archive' || act === 'unarchive') {
      if (channel.archived === (act === 'archive')) return;
      line(`channel_${act}`, act === 'archive' ? 'archived the channel' : 'un-archived the channel');
      world.setChannel({ ...channel, archived: act === 'archive' });
      const type = `channel_${act}`;
      this.announce(type, { type, channel: channelId, user: personId, event_ts: eventTs });
    } else if (act === 'removeApp') {
      if (!channel.memberIds.includes(app.botUserId)) return;
      world.setChannel({ ...channel, memberIds: without(app.botUserId) });
      line('channel_leave', `removed <@${app.botUserId}> from the channel`);
      this.announce('channel_left', {
        type: 'channel_left',
        channel: channelId,
        actor_id: personId,
        event_ts: eventTs,
      });
    } else this.join(act === 'inviteApp' ? app.botUserId : personId, channel, personId);
  }

  /** Adds a member; the app hears of it. */
  join(joiner: PersonId, channel: Channel, inviter?: PersonId): void {
    const { world } = this.inside;
    if (channel.memberIds.includes(joiner)) return;
    world.setChannel({ ...channel, memberIds: [...channel.memberIds, joiner] });
    const ts = world.post({
      channel: channel.id,
      user: joiner,
      subtype: 'channel_join',
      text: `<@${joiner}> has joined the channel`,
    }).ts;
    this.announce('member_joined_channel', {
      type: 'member_joined_channel',
      user: joiner,
      channel: channel.id,
      channel_type: 'C',
      team: world.team.id,
      ...(inviter === undefined || inviter === joiner ? {} : { inviter }),
      event_ts: ts,
    });
  }

  private async command(person: Person, channel: Channel, typed: string, threadTs?: Ts): Promise<void> {
    const { commands, payloads, triggers, responseUrls, dispatcher, world } = this.inside;
    const [name = ''] = typed.split(/\s/);
    const command = commands.find((one) => one.name === name.toLowerCase());
    if (command === undefined)
      throw new Refused(
        `${name} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands. To send a message, put a space before the "/".`,
      );
    if (threadTs !== undefined) throw new Refused(`${name} is not supported in threads. Sorry!`);
    const ack = await dispatcher.ask(
      'slash_commands',
      payloads.command(
        person,
        channel,
        command.name,
        typed.slice(name.length).trim(),
        triggers.give(person.id),
        responseUrls.give({ channel: channel.id, person: person.id }),
      ),
    );
    const payload = this.acknowledged(ack, command.name);
    const inChannel = payload['response_type'] === 'in_channel';
    if (inChannel) world.post({ channel: channel.id, user: person.id, text: slackText(this.inside, typed) });
    if (hasContent(payload)) this.answer(payload, channel.id, person.id, inChannel, command.name);
  }

  private answer(payload: Fields, channel: ChannelId, person: PersonId, inChannel: boolean, command: string): void {
    try {
      const { text, blocks } = checkedContent(payload, this.inside.faults);
      this.inside.world.post({
        channel,
        user: this.inside.app.botUserId,
        text,
        ...(blocks === undefined ? {} : { blocks }),
        ...(inChannel ? {} : { ephemeralTo: person }),
      });
    } catch (error) {
      if (!(error instanceof ContentRefused)) throw error;
      this.inside.log('error', `the answer to ${command} was refused: ${error.message}`);
      throw new Refused(`${command} failed with the error "invalid_command_response".`);
    }
  }

  private post(person: Person, channel: Channel, typed: string, threadTs?: Ts): void {
    const { world, app } = this.inside;
    if (threadTs !== undefined && world.message(channel.id, threadTs) === undefined)
      throw new Refused('This thread is gone.');
    const text = slackText(this.inside, typed);
    const message = world.post({ channel: channel.id, user: person.id, text, threadTs });
    const parent = threadTs === undefined ? undefined : world.message(channel.id, threadTs);
    const event = {
      ...this.inside.payloads.message(message),
      channel: channel.id,
      event_ts: message.ts,
      ...(parent === undefined ? {} : { parent_user_id: parent.user }),
    };
    const isMember = channel.memberIds.includes(app.botUserId);
    const channelType = { public: 'channel', private: 'group', direct: 'im' }[channel.kind];
    const subscription = { channel: 'message.channels', group: 'message.groups', im: 'message.im' }[channelType] ?? '';
    if (isMember) this.announce(subscription, { ...event, type: 'message', channel_type: channelType });
    if (channel.kind === 'direct' || !mentioned(text).includes(app.botUserId)) return;
    if (isMember) this.announce('app_mention', { ...event, type: 'app_mention' });
    else
      world.post({
        channel: channel.id,
        user: 'USLACKBOT',
        ephemeralTo: person.id,
        threadTs,
        text: `<@${app.botUserId}> is not in this channel, so it was not told. Invite it first.`,
      });
  }

  private announce(subscription: string, event: Fields): void {
    if (this.inside.events.has(subscription)) this.inside.dispatcher.announce(this.inside.payloads.event(event));
  }

  private acknowledged(ack: Ack, what: string): Fields {
    if (ack.ok) return ack.payload;
    this.inside.log('warn', `${what}: ${ack.error}`);
    throw new Refused(failure(what, ack.error));
  }

  private person(id: PersonId): Person {
    const person = this.inside.world.people.get(id);
    if (person === undefined) throw new Refused(`There is nobody with the id ${id}.`);
    return person;
  }

  private standing(
    personId: PersonId,
    channelId: ChannelId,
    to: 'write' | 'look' = 'write',
  ): { person: Person; channel: Channel } {
    const person = this.person(personId);
    const channel = this.inside.world.channels.get(channelId);
    if (channel === undefined || !this.inside.world.sees(personId, channelId))
      throw new Refused('This channel is not yours to see.');
    if (to === 'write' && channel.archived) throw new Refused(`#${channel.name} is archived.`);
    if (to === 'write' && !channel.memberIds.includes(personId)) throw new Refused(`Join #${channel.name} first.`);
    return { person, channel };
  }

  private seenMessage(personId: PersonId, channel: ChannelId, ts: Ts): StoredMessage {
    const message = this.inside.world.message(channel, ts);
    const hidden = message?.ephemeralTo !== null && message?.ephemeralTo !== personId;
    if (message === undefined || hidden || !this.inside.world.sees(personId, channel))
      throw new Refused('This message is gone.');
    return message;
  }
}

/** Slack's words when the app does not do its part. */
export const failure = (what: string, error: Extract<Ack, { ok: false }>['error']): string =>
  ({
    operation_timeout: `${what} failed because the app did not respond (operation_timeout).`,
    dispatch_failed: `${what} failed with the error "dispatch_failed": the app is not connected.`,
    http_service_error: `${what} failed with the error "http_service_error": the app refused the request.`,
  })[error];
