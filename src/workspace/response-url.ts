/** What the app posts to a response_url: five times in half an hour, to the person or the channel, over or beside the original. */
import { ContentRefused, checkedContent, hasContent } from './app-messages.js';
import type { Inside } from './inside.js';
import type { ResponseTarget } from './tickets.js';
import { type Fields, isObject } from './validate/check.js';
import type { StoredMessage } from './world.js';

export interface ResponseUrlAnswer {
  status: number;
  body: string;
}

const ok: ResponseUrlAnswer = { status: 200, body: 'ok' };
const refused = (status: number, error: string): ResponseUrlAnswer => ({
  status,
  body: JSON.stringify({ ok: false, error }),
});

/** @param id the secret part of the address */
export const respond = (inside: Inside, id: string, body: string): ResponseUrlAnswer => {
  const used = inside.responseUrls.use(id);
  if ('refusal' in used) {
    inside.log('warn', `a response_url was refused: ${used.refusal}`);
    return refused(404, used.refusal);
  }
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return refused(400, 'invalid_payload');
  }
  if (!isObject(answer)) return refused(400, 'invalid_payload');
  try {
    return act(inside, used.target, answer);
  } catch (error) {
    if (!(error instanceof ContentRefused)) throw error;
    inside.log('warn', `a response_url was refused: ${error.message}`);
    return refused(400, error.code);
  }
};

const act = (inside: Inside, target: ResponseTarget, answer: Fields): ResponseUrlAnswer => {
  const { world } = inside;
  const channel = world.channels.get(target.channel);
  if (channel === undefined || channel.archived) return refused(410, 'channel_is_archived');
  const original = originalOf(inside, target);
  if (answer['delete_original'] === true) {
    if (original !== undefined) world.remove(original);
    return ok;
  }
  if (!hasContent(answer)) return refused(400, 'no_text');
  const { text, blocks } = checkedContent(answer, inside.faults);
  if (answer['replace_original'] === true && original !== undefined) {
    world.change(original, { text, blocks: blocks ?? [] });
    return ok;
  }
  const asked = answer['thread_ts'];
  const threadTs = typeof asked === 'string' ? asked : original?.ephemeralTo == null ? undefined : target.threadTs;
  world.post({
    channel: target.channel,
    user: inside.app.botUserId,
    text,
    ...(blocks === undefined ? {} : { blocks }),
    threadTs,
    ...(answer['response_type'] === 'in_channel' ? {} : { ephemeralTo: target.person }),
  });
  return ok;
};

/** Only the app's own messages can be replaced: a message shortcut's target may be anybody's. */
const originalOf = (inside: Inside, { channel, original }: ResponseTarget): StoredMessage | undefined => {
  const message = original === undefined ? undefined : inside.world.message(channel, original);
  return message?.user === inside.app.botUserId ? message : undefined;
};
