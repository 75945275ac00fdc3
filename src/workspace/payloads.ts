/** The JSON that Slack sends: messages, people, channels, and the envelopes around commands, interactions and events. */

import type { AppIdentity } from './identity.js';
import { slackId } from './ids.js';
import type { Channel, Person } from './protocol.js';
import type { Fields } from './validate/check.js';
import type { StoredMessage, World } from './world.js';

/** Offset of a time zone from UTC at a moment, in seconds. */
const zoneOffsetSeconds = (timeZone: string, atMs: number): number => {
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(atMs)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name ?? '');
  const seconds = Number(match?.[2] ?? 0) * 3600 + Number(match?.[3] ?? 0) * 60;
  return match?.[1] === '-' ? -seconds : seconds;
};

export class Payloads {
  constructor(
    private readonly world: World,
    private readonly app: AppIdentity,
    private readonly now: () => number,
  ) {}

  message(message: StoredMessage): Fields {
    const { world, app } = this;
    const shown = world.shown(message);
    const byApp = message.user === app.botUserId;
    return {
      type: 'message',
      ...(message.subtype === null ? {} : { subtype: message.subtype }),
      user: message.user,
      ts: message.ts,
      text: message.text,
      team: world.people.get(message.user)?.teamId ?? world.team.id,
      ...(byApp
        ? {
            bot_id: app.botId,
            app_id: app.appId,
            bot_profile: { id: app.botId, app_id: app.appId, name: app.name, deleted: false, team_id: world.team.id },
          }
        : {}),
      ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
      ...(message.files.length > 0 ? { files: message.files.map(({ id, name, title }) => ({ id, name, title })) } : {}),
      ...(shown.threadTs === null ? {} : { thread_ts: shown.threadTs }),
      ...(shown.replyCount > 0
        ? { reply_count: shown.replyCount, reply_users: shown.replyUsers, latest_reply: shown.latestReply }
        : {}),
      ...(message.editedTs === null ? {} : { edited: { user: message.user, ts: message.editedTs } }),
      ...(message.reactions.length > 0
        ? { reactions: message.reactions.map(({ name, users }) => ({ name, users: [...users], count: users.length })) }
        : {}),
      ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
    };
  }

  user(person: Person): Fields {
    const [first, ...rest] = person.realName.split(' ');
    const external = person.kind === 'external';
    return {
      id: person.id,
      team_id: person.teamId,
      name: person.name,
      deleted: false,
      real_name: person.realName,
      tz: person.timeZone,
      tz_label: person.timeZone,
      tz_offset: zoneOffsetSeconds(person.timeZone, this.now()),
      is_admin: false,
      is_owner: false,
      is_primary_owner: false,
      is_restricted: person.kind === 'guest',
      is_ultra_restricted: false,
      is_bot: person.kind === 'app',
      is_app_user: false,
      is_stranger: external,
      updated: 1_700_000_000,
      profile: {
        title: person.title,
        real_name: person.realName,
        real_name_normalized: person.realName,
        display_name: person.name,
        display_name_normalized: person.name,
        first_name: first ?? '',
        last_name: rest.join(' '),
        team: person.teamId,
        ...(person.kind === 'app' ? { api_app_id: this.app.appId, bot_id: this.app.botId } : {}),
      },
    };
  }

  channel(channel: Channel): Fields {
    const shared = this.isShared(channel);
    return {
      id: channel.id,
      name: channel.name,
      name_normalized: channel.name,
      is_channel: channel.kind === 'public',
      is_group: channel.kind === 'private',
      is_im: channel.kind === 'direct',
      is_mpim: false,
      is_private: channel.kind !== 'public',
      is_archived: channel.archived,
      is_general: false,
      is_member: channel.memberIds.includes(this.app.botUserId),
      is_shared: shared,
      is_ext_shared: shared,
      is_org_shared: false,
      context_team_id: this.world.team.id,
      num_members: channel.memberIds.length,
      topic: { value: channel.topic, creator: '', last_set: 0 },
      purpose: { value: '', creator: '', last_set: 0 },
      ...(channel.kind === 'direct' ? { user: channel.memberIds.find((id) => id !== this.app.botUserId) } : {}),
    };
  }

  command(
    person: Person,
    channel: Channel,
    command: string,
    text: string,
    triggerId: string,
    responseUrl: string,
  ): Fields {
    return {
      token: this.app.verificationToken,
      team_id: this.world.team.id,
      team_domain: this.world.team.domain,
      channel_id: channel.id,
      channel_name: channel.kind === 'direct' ? 'directmessage' : channel.name,
      user_id: person.id,
      user_name: person.name,
      command,
      text,
      api_app_id: this.app.appId,
      is_enterprise_install: 'false',
      response_url: responseUrl,
      trigger_id: triggerId,
    };
  }

  /** What every interaction has: who, where from, which app. */
  interaction(type: string, person: Person): Fields {
    return {
      type,
      token: this.app.verificationToken,
      api_app_id: this.app.appId,
      team: this.team(),
      enterprise: null,
      is_enterprise_install: false,
      // Somebody from another organisation carries that one's team id.
      user: { id: person.id, username: person.name, name: person.name, team_id: person.teamId },
    };
  }

  /** with another organisation */
  private isShared(channel: Channel): boolean {
    return channel.memberIds.some((id) => this.world.people.get(id)?.kind === 'external');
  }

  private team(): Fields {
    return { id: this.world.team.id, domain: this.world.team.domain };
  }

  event(event: Fields): Fields {
    const teamId = this.world.team.id;
    const channel = this.world.channels.get(String(event['channel']));
    return {
      token: this.app.verificationToken,
      team_id: teamId,
      context_team_id: teamId,
      context_enterprise_id: null,
      api_app_id: this.app.appId,
      event,
      type: 'event_callback',
      event_id: slackId('Ev'),
      event_time: Math.floor(this.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: teamId,
          user_id: this.app.botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: channel !== undefined && this.isShared(channel),
      event_context: slackId('EC'),
    };
  }
}
