/** Messages and views onto Slack. What Slack refuses as too new or too long is sent again plainer: an answer is never lost to its looks. */
import { createHash } from 'node:crypto';
import type { AnyBlock as SlackBlock, View } from '@slack/types';
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { Message, Modal } from '../blocks/message.js';
import { type Chat, ChatError, type Place, type Posted, type ResponseUrl } from '../ports/chat.js';
import type { Log } from '../ports/log.js';
import { postToResponseUrl } from './response-url.js';
import { Updates } from './updates.js';
import type { Web } from './web.js';

/** Slack's words for blocks that it does not take. */
const TOO_MUCH = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'invalid_attachments',
]);
/** `text` is cut by Slack at 40,000; beside blocks it is a notification, without them the whole message */
const TEXT_MAX = 3_000;

interface Body {
  text: string;
  blocks: SlackBlock[];
}

const cut = (text: string): string => {
  const one = text === '' ? 'tcpstates' : text;
  return one.length <= TEXT_MAX ? one : `${one.slice(0, TEXT_MAX - 1).replace(/[\ud800-\udbff]$/, '')}…`;
};

/** The same message three times, each plainer: as designed, in the oldest blocks, as text alone. */
export const plainerAndPlainer = (message: Message): Body[] => [
  // data_visualization is Slack's, but not yet in its types
  { text: cut(message.text), blocks: message.blocks as SlackBlock[] },
  ...(message.fallback === undefined
    ? []
    : [{ text: cut(message.text), blocks: message.fallback as readonly SlackBlock[] as SlackBlock[] }]),
  { text: cut(message.text), blocks: [] },
];

const blocksRefused = (error: unknown): string | undefined => {
  const code =
    error instanceof WebAPIPlatformError
      ? String(error.data.error)
      : error instanceof ChatError && error.problem === 'refused'
        ? error.code
        : undefined;
  return code !== undefined && TOO_MUCH.has(code) ? code : undefined;
};

export class SlackChat implements Chat {
  private readonly updates: Updates<Message>;
  /** updates and posts that are on their way */
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly client: WebClient,
    private readonly web: Web,
    private readonly log: Log,
    options: { updateEveryMs?: number } = {},
  ) {
    this.updates = new Updates((key, message) => this.writeUpdate(key, message), options.updateEveryMs);
  }

  post(place: Place, message: Message): Promise<Posted> {
    return this.track(
      this.plainer(message, async (body) => {
        const sent = await this.web.call(
          'chat.postMessage',
          place.channel,
          () =>
            this.client.chat.postMessage({
              channel: place.channel,
              ...(place.threadTs === undefined ? {} : { thread_ts: place.threadTs }),
              unfurl_links: false,
              unfurl_media: false,
              ...body,
            }),
          { repeatable: false },
        );
        if (sent.ts === undefined) throw new ChatError('refused', 'no_ts');
        return { channel: sent.channel ?? place.channel, ts: sent.ts };
      }),
    );
  }

  update(posted: Posted, message: Message): Promise<void> {
    return this.track(this.updates.update(`${posted.channel} ${posted.ts}`, message));
  }

  private async writeUpdate(key: string, message: Message): Promise<void> {
    const [channel = '', ts = ''] = key.split(' ');
    await this.plainer(message, (body) =>
      this.web.call('chat.update', channel, () => this.client.chat.update({ channel, ts, ...body }), {
        repeatable: true,
      }),
    );
  }

  async remove({ channel, ts }: Posted): Promise<void> {
    await this.web.call('chat.delete', channel, () => this.client.chat.delete({ channel, ts }), { repeatable: true });
  }

  whisper(place: Place & { user: string; responseUrl?: ResponseUrl }, message: Message): Promise<void> {
    return this.track(
      this.plainer(message, async (body) => {
        try {
          await this.web.call(
            'chat.postEphemeral',
            place.channel,
            () =>
              this.client.chat.postEphemeral({
                channel: place.channel,
                user: place.user,
                ...(place.threadTs === undefined ? {} : { thread_ts: place.threadTs }),
                ...body,
              }),
            { repeatable: false },
          );
        } catch (error) {
          // Where the bot is no member the response URL still reaches the person.
          if (place.responseUrl === undefined || blocksRefused(error) !== undefined) throw error;
          await this.respond(place.channel, place.responseUrl, { ...body, response_type: 'ephemeral' });
        }
      }),
    );
  }

  replace(responseUrl: ResponseUrl, message: Message): Promise<void> {
    return this.track(
      this.plainer(message, (body) => this.respond('', responseUrl, { ...body, replace_original: true })),
    );
  }

  private async respond(channel: string, url: ResponseUrl, body: Record<string, unknown>): Promise<void> {
    // The lane's name is logged, the address must not be.
    const lane = channel === '' ? createHash('sha256').update(url).digest('hex').slice(0, 12) : channel;
    await this.web.call('response_url', lane, () => postToResponseUrl(url, body), { repeatable: false });
  }

  async upload(place: Place, file: { name: string; title: string; content: string | Uint8Array }): Promise<void> {
    await this.track(
      this.web.call(
        'files.upload',
        place.channel,
        () =>
          this.client.filesUploadV2({
            channel_id: place.channel,
            ...(place.threadTs === undefined ? {} : { thread_ts: place.threadTs }),
            filename: file.name,
            title: file.title,
            file: Buffer.from(file.content),
          } as Parameters<WebClient['filesUploadV2']>[0]),
        { repeatable: false },
      ),
    );
  }

  async openModal(triggerId: string, view: Modal): Promise<{ viewId: string; hash: string }> {
    const opened = await this.web.call(
      'views.open',
      triggerId,
      () => this.client.views.open({ trigger_id: triggerId, view: view as View }),
      { repeatable: false },
    );
    return { viewId: opened.view?.id ?? '', hash: opened.view?.hash ?? '' };
  }

  async updateModal(opened: { viewId: string; hash?: string }, view: Modal): Promise<void> {
    await this.web.call(
      'views.update',
      opened.viewId,
      () =>
        this.client.views.update({
          view_id: opened.viewId,
          ...(opened.hash === undefined ? {} : { hash: opened.hash }),
          view: view as View,
        }),
      { repeatable: true },
    );
  }

  async publishHome(user: string, view: Modal): Promise<void> {
    await this.web.call('views.publish', user, () => this.client.views.publish({ user_id: user, view: view as View }), {
      repeatable: true,
    });
  }

  /** Waits until everything that was asked for stands, or has failed. */
  async drained(): Promise<void> {
    this.updates.hurry();
    while (this.underWay.size > 0) await Promise.allSettled([...this.underWay]);
  }

  private async plainer<T>(message: Message, send: (body: Body) => Promise<T>): Promise<T> {
    const bodies = plainerAndPlainer(message);
    for (const [index, body] of bodies.entries()) {
      try {
        return await send(body);
      } catch (error) {
        const code = blocksRefused(error);
        if (code === undefined || index === bodies.length - 1) throw error;
        this.log.warn(
          { status: code, count: body.blocks.length },
          'Slack refused the blocks; a plainer message is sent',
        );
      }
    }
    throw new ChatError('refused', 'nothing_to_send');
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.underWay.add(work);
    const done = (): void => {
      this.underWay.delete(work);
    };
    work.then(done, done);
    return work;
  }
}
