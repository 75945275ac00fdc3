/** chat.*: post, change and delete messages. */
import { checkedContent } from '../app-messages.js';
import type { Inside } from '../inside.js';
import type { Fields } from '../validate/check.js';
import { ApiRefused, type Args, knownChannel, knownMessage, type Method, orRefuse, writableChannel } from './call.js';

const content = (args: Args, { faults }: Inside) => {
  const checked = orRefuse(() => checkedContent(args.all, faults));
  if (checked.text === '' && (checked.blocks === undefined || checked.blocks.length === 0))
    throw new ApiRefused('no_text');
  return checked;
};

const metadata = (args: Args): { metadata?: unknown } => {
  const value = args.json('metadata');
  return value === undefined ? {} : { metadata: value };
};

const thread = (args: Args, inside: Inside, channel: string): string | undefined => {
  const ts = args.text('thread_ts');
  if (ts === undefined) return undefined;
  const parent = inside.world.message(channel, ts);
  if (parent === undefined || parent.ephemeralTo !== null) throw new ApiRefused('thread_not_found');
  // A reply's own ts leads to its thread, as at Slack.
  return parent.threadTs ?? parent.ts;
};

const postMessage: Method = (args, inside) => {
  const channel = writableChannel(inside, args.required('channel'));
  const { text, blocks } = content(args, inside);
  const message = inside.world.post({
    channel: channel.id,
    user: inside.app.botUserId,
    text,
    ...(blocks === undefined ? {} : { blocks }),
    threadTs: thread(args, inside, channel.id),
    broadcast: args.flag('reply_broadcast'),
    ...metadata(args),
  });
  return { channel: channel.id, ts: message.ts, message: inside.payloads.message(message) };
};

const postEphemeral: Method = (args, inside) => {
  const channel = writableChannel(inside, args.required('channel'));
  const user = args.required('user');
  if (!channel.memberIds.includes(user)) throw new ApiRefused('user_not_in_channel');
  const { text, blocks } = content(args, inside);
  const message = inside.world.post({
    channel: channel.id,
    user: inside.app.botUserId,
    text,
    ...(blocks === undefined ? {} : { blocks }),
    threadTs: thread(args, inside, channel.id),
    ephemeralTo: user,
  });
  return { message_ts: message.ts };
};

const update: Method = (args, inside) => {
  const channel = writableChannel(inside, args.required('channel'));
  const message = knownMessage(inside, channel, args.required('ts'));
  if (message.user !== inside.app.botUserId) throw new ApiRefused('cant_update_message');
  const { text, blocks } = content(args, inside);
  inside.world.change(message, { text, blocks: blocks ?? [], ...metadata(args) });
  const answer: Fields = { channel: channel.id, ts: message.ts, text, message: inside.payloads.message(message) };
  return answer;
};

const remove: Method = (args, inside) => {
  const channel = knownChannel(inside, args.required('channel'));
  const message = knownMessage(inside, channel, args.required('ts'));
  if (message.user !== inside.app.botUserId) throw new ApiRefused('cant_delete_message');
  inside.world.remove(message);
  return { channel: channel.id, ts: message.ts };
};

const getPermalink: Method = (args, inside) => {
  const channel = knownChannel(inside, args.required('channel'));
  const { ts, threadTs } = knownMessage(inside, channel, args.required('message_ts'));
  const inThread = threadTs === null || threadTs === ts ? '' : `?thread_ts=${threadTs}&cid=${channel.id}`;
  return {
    channel: channel.id,
    permalink: `${inside.baseUrl()}/archives/${channel.id}/p${ts.replace('.', '')}${inThread}`,
  };
};

export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': postMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.update': update,
  'chat.delete': remove,
  'chat.getPermalink': getPermalink,
};
