/** What may come in over the page's WebSocket: checked before anything acts on it. */
import { z } from 'zod';
import type { PageMessage } from './protocol.js';

const id = z.string().min(1).max(255);
const words = z.string().max(100_000);
const entered = z.union([z.string().max(100_000), z.array(z.string().max(3000)).max(1000), z.null()]);
const values = z.record(z.string(), z.record(z.string(), entered));
const surface = z.discriminatedUnion('in', [
  z.object({ in: z.literal('message'), channel: id, ts: id }),
  z.object({ in: z.literal('view'), viewId: id }),
]);
const to = { id: z.number() };
const ofElement = { ...to, surface, blockId: id, actionId: id };

const pageMessage: z.ZodType<PageMessage> = z.discriminatedUnion('type', [
  z.object({ ...to, type: z.literal('switch'), person: id }),
  z.object({ ...to, type: z.literal('type'), channel: id, threadTs: id.optional(), text: words }),
  z.object({ ...to, type: z.literal('complete'), channel: id, threadTs: id.optional(), text: words }),
  z.object({ ...ofElement, type: z.literal('act'), entered, values }),
  z.object({ ...ofElement, type: z.literal('suggest'), query: words }),
  z.object({ ...to, type: z.literal('submit'), viewId: id, values }),
  z.object({ ...to, type: z.literal('close'), viewId: id, all: z.boolean(), values: values.optional() }),
  z.object({
    ...to,
    type: z.literal('shortcut'),
    callbackId: id,
    message: z.object({ channel: id, ts: id }).optional(),
  }),
  z.object({ ...to, type: z.literal('openHome') }),
  z.object({ ...to, type: z.literal('react'), channel: id, ts: id, name: id }),
  z.object({ ...to, type: z.literal('dismiss'), channel: id, ts: id }),
  z.object({
    ...to,
    type: z.literal('administer'),
    channel: id,
    act: z.enum(['archive', 'unarchive', 'removeApp', 'inviteApp', 'join']),
  }),
]);

/** @returns undefined where the text is no request of the protocol */
export const parsePageMessage = (text: string): PageMessage | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return pageMessage.safeParse(value).data;
};
