/**
 * Slack's payloads → deliveries. Only what we use is read, strictly by shape; anything else is not for us. Fields: Slack's
 * reference of slash commands, block_actions, view_submission, shortcuts and the Events API.
 */
import { z } from 'zod';
import type { Caller } from '../core/caller.js';
import type { Click, Delivery, Mention, Question, Shortcut, Submission } from '../ports/inbox.js';
import { chosenConversation, inputValues } from './inputs.js';
import { plainWords, wordsOfMessage } from './words.js';

const id = z.string().regex(/^[A-Z0-9]{1,40}$/);
const ts = z.string().regex(/^\d{1,12}\.\d{1,8}$/);
const short = z.string().max(300);

const command = z.object({
  command: z.string().regex(/^\/[a-z0-9_-]{1,40}$/),
  text: z.string().max(8_000).default(''),
  team_id: id,
  enterprise_id: id.optional(),
  is_enterprise_install: z.union([z.boolean(), z.string()]).optional(),
  user_id: id,
  channel_id: id,
  trigger_id: short,
  response_url: z.string().max(2_000).optional(),
});

const sender = {
  user: z.object({ id, team_id: id.optional() }),
  team: z.object({ id, enterprise_id: id.optional() }).nullish(),
  enterprise: z.object({ id }).nullish(),
  is_enterprise_install: z.boolean().optional(),
};

const view = z.object({
  id: short,
  hash: short.optional(),
  type: z.string().optional(),
  callback_id: z.string().max(255).default(''),
  private_metadata: z.string().max(3_000).default(''),
  state: z.object({ values: z.record(z.string(), z.record(z.string(), z.unknown())) }).optional(),
});

const action = z.object({
  action_id: z.string().max(255),
  type: z.string(),
  action_ts: short.optional(),
  value: z.string().max(2_000).optional(),
  url: z.string().optional(),
  selected_option: z.object({ value: z.string().max(2_000) }).nullish(),
});

const blockActions = z.object({
  ...sender,
  type: z.literal('block_actions'),
  trigger_id: short.optional(),
  response_url: z.string().max(2_000).optional(),
  channel: z.object({ id }).nullish(),
  container: z.object({ is_ephemeral: z.boolean().optional(), message_ts: ts.optional(), channel_id: id.optional() }),
  message: z.object({ ts, thread_ts: ts.optional() }).nullish(),
  view: view.nullish(),
  actions: z.array(action).min(1),
});

const viewSubmission = z.object({ ...sender, type: z.literal('view_submission'), trigger_id: short.optional(), view });

const shortcut = z.object({
  ...sender,
  type: z.enum(['shortcut', 'message_action']),
  callback_id: z.string().max(255),
  trigger_id: short,
  action_ts: short.optional(),
  response_url: z.string().max(2_000).optional(),
  channel: z.object({ id }).nullish(),
  message: z.looseObject({ ts, thread_ts: ts.optional() }).nullish(),
});

const mention = z.object({
  type: z.literal('event_callback'),
  event_id: short,
  team_id: id,
  enterprise_id: id.nullish(),
  event: z.object({
    type: z.literal('app_mention'),
    user: id,
    bot_id: z.string().optional(),
    subtype: z.string().optional(),
    text: z.string().max(40_000),
    channel: id,
    ts,
    thread_ts: ts.optional(),
    user_team: id.optional(),
  }),
});

/** A direct message to the app: a question without having to mention it. */
const directMessage = z.object({
  type: z.literal('event_callback'),
  event_id: short,
  team_id: id,
  enterprise_id: id.nullish(),
  event: z.object({
    type: z.literal('message'),
    channel_type: z.literal('im'),
    user: id,
    bot_id: z.string().optional(),
    subtype: z.string().optional(),
    text: z.string().min(1).max(40_000),
    channel: id,
    ts,
    thread_ts: ts.optional(),
    user_team: id.optional(),
  }),
});

const homeOpened = z.object({
  type: z.literal('event_callback'),
  event_id: short,
  team_id: id,
  enterprise_id: id.nullish(),
  event: z.object({ type: z.literal('app_home_opened'), user: id, channel: id, tab: z.string() }),
});

export type Arrived =
  | ({ kind: 'question' } & Question)
  | ({ kind: 'mention' } & Mention)
  | ({ kind: 'click' } & Click)
  | ({ kind: 'submission' } & Submission)
  | ({ kind: 'shortcut' } & Shortcut)
  | ({ kind: 'home' } & Delivery);

/** In an org-wide installation the organisation is the home, elsewhere the person's workspace. */
const homeOf = (from: {
  user: { team_id?: string | undefined };
  team?: { id: string; enterprise_id?: string | undefined } | null | undefined;
  enterprise?: { id: string } | null | undefined;
  is_enterprise_install?: boolean | undefined;
}): string =>
  (from.is_enterprise_install === true ? (from.enterprise?.id ?? from.team?.enterprise_id) : undefined) ??
  from.user.team_id ??
  from.team?.id ??
  from.enterprise?.id ??
  '';

/**
 * The thread that a message is a reply in. A message that has replies carries its own time as `thread_ts`: it stands in the channel,
 * and what comes of a click on it belongs there.
 */
const threadOf = (message: { ts: string; thread_ts?: string | undefined } | null | undefined): string | undefined =>
  message?.thread_ts === message?.ts ? undefined : message?.thread_ts;

const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

const readCommand = (body: unknown): Arrived | undefined => {
  const { data } = command.safeParse(body);
  if (data === undefined) return undefined;
  const orgWide = data.is_enterprise_install === true || data.is_enterprise_install === 'true';
  return {
    kind: 'question',
    id: `command:${data.trigger_id}`,
    caller: {
      teamId: (orgWide ? data.enterprise_id : undefined) ?? data.team_id,
      userId: data.user_id,
      channel: data.channel_id,
    },
    command: data.command.slice(1),
    text: plainWords(data.text),
    triggerId: data.trigger_id,
    ...optional('responseUrl', data.response_url),
  };
};

const readClick = (body: unknown): Arrived | undefined => {
  const { data } = blockActions.safeParse(body);
  const first = data?.actions[0];
  // A button that opens a link is Slack's business alone.
  if (data === undefined || first === undefined || first.url !== undefined) return undefined;
  const channel = data.channel?.id ?? data.container.channel_id;
  const messageTs = data.message?.ts ?? data.container.message_ts;
  const at: Click['at'] | undefined =
    channel !== undefined && messageTs !== undefined
      ? { kind: 'message', posted: { channel, ts: messageTs }, whispered: data.container.is_ephemeral === true }
      : data.view?.type === 'home'
        ? { kind: 'home' }
        : data.view != null
          ? {
              kind: 'modal',
              viewId: data.view.id,
              ...optional('hash', data.view.hash),
              privateMetadata: data.view.private_metadata,
            }
          : undefined;
  if (at === undefined) return undefined;
  const caller: Caller = {
    teamId: homeOf(data),
    userId: data.user.id,
    // Outside of a channel the answer goes to the person: Slack takes a user id as the direct message with them.
    channel: channel ?? data.user.id,
    ...optional('threadTs', threadOf(data.message)),
  };
  return {
    kind: 'click',
    id: `click:${data.trigger_id ?? `${data.user.id}:${first.action_id}:${first.action_ts ?? ''}:${messageTs ?? ''}`}`,
    caller,
    actionId: first.action_id,
    at,
    ...optional('value', first.selected_option?.value ?? first.value),
    ...optional('triggerId', data.trigger_id),
    ...optional('responseUrl', data.response_url),
  };
};

const readSubmission = (body: unknown): Arrived | undefined => {
  const { data } = viewSubmission.safeParse(body);
  if (data === undefined) return undefined;
  const chosen = chosenConversation(data.view.state?.values ?? {});
  return {
    kind: 'submission',
    id: `view:${data.view.id}:${data.view.hash ?? ''}:${data.trigger_id ?? ''}`,
    // A modal that asks for the channel asks on behalf of that channel: who reads along there is checked as for any other.
    caller: { teamId: homeOf(data), userId: data.user.id, channel: chosen ?? data.user.id },
    callbackId: data.view.callback_id,
    privateMetadata: data.view.private_metadata,
    viewId: data.view.id,
    values: inputValues(data.view.state?.values ?? {}),
    ...optional('triggerId', data.trigger_id),
  };
};

const readShortcut = (body: unknown): Arrived | undefined => {
  const { data } = shortcut.safeParse(body);
  if (data === undefined) return undefined;
  const channel = data.channel?.id;
  const on = data.message;
  return {
    kind: 'shortcut',
    id: `shortcut:${data.trigger_id}`,
    caller: {
      teamId: homeOf(data),
      userId: data.user.id,
      channel: channel ?? data.user.id,
      ...optional('threadTs', on?.thread_ts ?? on?.ts),
    },
    callbackId: data.callback_id,
    triggerId: data.trigger_id,
    ...optional('responseUrl', data.response_url),
    ...(on == null || channel === undefined
      ? {}
      : { message: { channel, ts: on.ts, ...optional('threadTs', on.thread_ts), ...wordsOfMessage(on) } }),
  };
};

const readMention = (body: unknown): Arrived | undefined => {
  const data = mention.safeParse(body).data ?? directMessage.safeParse(body).data;
  // A bot that mentions us, ourselves included, is not a person who asks.
  if (data === undefined || data.event.bot_id !== undefined || data.event.subtype !== undefined) return undefined;
  const { event } = data;
  return {
    kind: 'mention',
    id: `event:${data.event_id}`,
    caller: {
      teamId: event.user_team ?? data.team_id,
      userId: event.user,
      channel: event.channel,
      ...optional('threadTs', event.thread_ts),
    },
    text: plainWords(
      event.type === 'message' ? event.text : event.text.replace(/^[\s\S]*?<@[A-Z0-9]+(?:\|[^>]*)?>/, ''),
    ),
    ts: event.ts,
  };
};

const readHome = (body: unknown): Arrived | undefined => {
  const { data } = homeOpened.safeParse(body);
  if (data === undefined || data.event.tab !== 'home') return undefined;
  return {
    kind: 'home',
    id: `event:${data.event_id}`,
    caller: { teamId: data.team_id, userId: data.event.user, channel: data.event.channel },
  };
};

/** @returns undefined for what is not for us */
export const readPayload = (body: unknown): Arrived | undefined =>
  readCommand(body) ??
  readClick(body) ??
  readSubmission(body) ??
  readShortcut(body) ??
  readMention(body) ??
  readHome(body);
