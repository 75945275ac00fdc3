/** auth, team, bots, reactions, files, blocks, api: the small ones. */
import { assignIds } from '../block-ids.js';
import type { Inside } from '../inside.js';
import type { SharedFile } from '../protocol.js';
import { isObject } from '../validate/check.js';
import { validateBlocks, validateView } from '../validate/index.js';
import {
  ApiRefused,
  type Args,
  knownChannel,
  knownMessage,
  type Method,
  orRefuse,
  parsedBlocks,
  withMessages,
  writableChannel,
} from './call.js';

const completeUpload: Method = (args, inside) => {
  const wanted = args.json('files');
  if (!Array.isArray(wanted) || wanted.length === 0)
    throw withMessages('invalid_arguments', ['must name files [json-pointer:/files]']);
  const reference = args.text('channel_id') ?? args.text('channels')?.split(',')[0];
  // Checked first: a refused upload leaves nothing behind.
  const channel = reference === undefined ? undefined : writableChannel(inside, reference);
  const blocks = orRefuse(() => parsedBlocks(args.all['blocks']));
  if (blocks !== undefined) {
    const problems = validateBlocks(blocks, 'message');
    if (problems.length > 0) throw withMessages('invalid_blocks', problems);
  }
  const files = wanted.map((one: unknown): SharedFile => {
    const id = isObject(one) ? String(one['id']) : '';
    const title = isObject(one) && typeof one['title'] === 'string' ? one['title'] : undefined;
    const file = inside.files.complete(id, title);
    if (file === undefined) throw new ApiRefused('file_not_found');
    return file;
  });
  if (channel !== undefined)
    inside.world.post({
      channel: channel.id,
      user: inside.app.botUserId,
      text: args.text('initial_comment') ?? '',
      ...(blocks === undefined ? {} : { blocks: assignIds(blocks) }),
      files,
      threadTs: args.text('thread_ts'),
    });
  return { files: files.map((file) => filePayload(inside, file, channel?.id)) };
};

const filePayload = (inside: Inside, file: SharedFile, channel: string | undefined) => ({
  id: file.id,
  name: file.name,
  title: file.title,
  mimetype: file.mimetype,
  size: file.sizeBytes,
  user: inside.app.botUserId,
  url_private: `${inside.baseUrl()}${file.path}`,
  permalink: `${inside.baseUrl()}${file.path}`,
  channels: channel === undefined ? [] : [channel],
});

const validate: Method = (args) => {
  const view = args.json('view');
  const message = args.json('message');
  const blocks = isObject(message) ? message['blocks'] : orRefuse(() => parsedBlocks(args.all['blocks']));
  const problems = view === undefined ? validateBlocks(blocks ?? [], 'message') : validateView(view);
  if (problems.length === 0) return {};
  throw new ApiRefused('invalid_blocks', {
    errors: problems.map((problem) => ({ message: problem, pointer: /\[json-pointer:(.*)\]$/.exec(problem)?.[1] })),
    response_metadata: { messages: problems },
  });
};

const react: Method = (args: Args, inside) => {
  const channel = knownChannel(inside, args.required('channel'));
  if (channel.archived) throw new ApiRefused('is_archived');
  const message = knownMessage(inside, channel, args.required('timestamp'));
  if (inside.world.react(message, args.required('name').replaceAll(':', ''), inside.app.botUserId) === 'already')
    throw new ApiRefused('already_reacted');
  return {};
};

export const restMethods: Readonly<Record<string, Method>> = {
  'api.test': (args) => (args.text('error') === undefined ? { args: args.all } : refuse(args.required('error'))),
  'auth.test': (_args, { world, app, baseUrl }) => ({
    url: `${baseUrl()}/`,
    team: world.team.name,
    user: app.name,
    team_id: world.team.id,
    user_id: app.botUserId,
    bot_id: app.botId,
    is_enterprise_install: false,
  }),
  'team.info': (_args, { world }) => ({ team: { ...world.team, email_domain: '' } }),
  'bots.info': (_args, { app }) => ({
    bot: {
      id: app.botId,
      deleted: false,
      name: app.name,
      updated: 1_700_000_000,
      app_id: app.appId,
      user_id: app.botUserId,
    },
  }),
  'reactions.add': react,
  'files.getUploadURLExternal': (args, inside) => {
    const length = args.number('length');
    if (length === undefined || length < 1)
      throw withMessages('invalid_arguments', ['length must be a positive number']);
    const id = inside.files.announce(args.required('filename'), length);
    if (id === undefined) throw new ApiRefused('file_upload_size_restricted');
    return { upload_url: `${inside.baseUrl()}/upload/${id}`, file_id: id };
  },
  'files.completeUploadExternal': completeUpload,
  'blocks.validate': validate,
};

const refuse = (code: string): never => {
  throw new ApiRefused(code);
};
