/** users.*, usergroups.*, conversations.*: who is here and where. */
import type { Inside } from '../inside.js';
import type { Fields } from '../validate/check.js';
import { ApiRefused, type Args, knownChannel, knownMessage, knownPerson, type Method } from './call.js';

const pageMax = 1000;

/** One page of a list, with Slack's cursor. */
const page = <T>(args: Args, items: readonly T[]): { items: readonly T[]; response_metadata: Fields } => {
  const start = Number(Buffer.from(args.text('cursor') ?? '', 'base64').toString() || 0);
  if (!Number.isInteger(start) || start < 0) throw new ApiRefused('invalid_cursor');
  const size = Math.min(args.number('limit') ?? pageMax, pageMax);
  if (size < 1) throw new ApiRefused('invalid_limit');
  const next = start + size < items.length ? Buffer.from(String(start + size)).toString('base64') : '';
  return { items: items.slice(start, start + size), response_metadata: { next_cursor: next } };
};

const group = (inside: Inside, { id, handle, name, userIds }: Inside['world']['groups'][number]): Fields => ({
  id,
  team_id: inside.world.team.id,
  is_usergroup: true,
  name,
  handle,
  date_delete: 0,
  user_count: userIds.length,
  users: userIds,
});

const messages = (inside: Inside, args: Args, which: 'history' | 'replies'): Fields => {
  const channel = knownChannel(inside, args.required('channel'));
  if (!channel.memberIds.includes(inside.app.botUserId)) throw new ApiRefused('not_in_channel');
  const all = inside.world.messagesIn(channel.id).filter(({ ephemeralTo }) => ephemeralTo === null);
  const oldest = args.text('oldest') ?? '0';
  const latest = args.text('latest') ?? '9';
  const parent = which === 'replies' ? knownMessage(inside, channel, args.required('ts')) : undefined;
  const wanted = all.filter(({ ts, threadTs }) =>
    parent === undefined
      ? (threadTs === null || threadTs === ts) && ts >= oldest && ts <= latest
      : ts === parent.ts || threadTs === parent.ts,
  );
  const { items, response_metadata } = page(args, which === 'history' ? [...wanted].reverse() : wanted);
  return { messages: items.map((message) => inside.payloads.message(message)), has_more: false, response_metadata };
};

export const peopleMethods: Readonly<Record<string, Method>> = {
  'users.info': (args, inside) => ({ user: inside.payloads.user(knownPerson(inside, args.required('user'))) }),
  'users.list': (args, inside) => {
    const { items, response_metadata } = page(args, [...inside.world.people.values()]);
    return { members: items.map((person) => inside.payloads.user(person)), response_metadata };
  },
  'usergroups.list': (args, inside) => ({
    usergroups: inside.world.groups.map((one) => {
      const { users, ...without } = group(inside, one);
      return args.flag('include_users') ? { ...without, users } : without;
    }),
  }),
  'usergroups.users.list': (args, inside) => {
    const found = inside.world.groups.find(({ id }) => id === args.required('usergroup'));
    if (found === undefined) throw new ApiRefused('no_such_subteam');
    return { users: [...found.userIds] };
  },
  'conversations.info': (args, inside) => ({
    channel: inside.payloads.channel(knownChannel(inside, args.required('channel'))),
  }),
  'conversations.list': (args, inside) => {
    const types = (args.text('types') ?? 'public_channel').split(',');
    const wanted = [...inside.world.channels.values()].filter(
      ({ kind, archived, memberIds }) =>
        types.includes({ public: 'public_channel', private: 'private_channel', direct: 'im' }[kind]) &&
        (kind === 'public' || memberIds.includes(inside.app.botUserId)) &&
        !(archived && args.flag('exclude_archived')),
    );
    const { items, response_metadata } = page(args, wanted);
    return { channels: items.map((channel) => inside.payloads.channel(channel)), response_metadata };
  },
  'conversations.members': (args, inside) => {
    const { items, response_metadata } = page(args, knownChannel(inside, args.required('channel')).memberIds);
    return { members: items, response_metadata };
  },
  'conversations.open': (args, inside) => {
    const channel =
      args.text('channel') === undefined
        ? inside.world.directChannel(knownPerson(inside, args.required('users').split(',')[0] ?? ''))
        : knownChannel(inside, args.required('channel'));
    return { channel: args.flag('return_im') ? inside.payloads.channel(channel) : { id: channel.id } };
  },
  'conversations.join': (args, inside) => {
    const channel = knownChannel(inside, args.required('channel'));
    if (channel.kind !== 'public') throw new ApiRefused('method_not_supported_for_channel_type');
    if (channel.archived) throw new ApiRefused('is_archived');
    if (!channel.memberIds.includes(inside.app.botUserId))
      inside.world.setChannel({ ...channel, memberIds: [...channel.memberIds, inside.app.botUserId] });
    return { channel: inside.payloads.channel(knownChannel(inside, channel.id)) };
  },
  'conversations.history': (args, inside) => messages(inside, args, 'history'),
  'conversations.replies': (args, inside) => messages(inside, args, 'replies'),
};
