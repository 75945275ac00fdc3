/** HTTP mode: signed requests to the app's request URL, the acknowledgement is the answer. */
import { createHmac } from 'node:crypto';
import type { Ack, AppLink, Delivery } from './delivery.js';
import { secret } from './ids.js';
import { type Fields, isObject } from './validate/check.js';

const requestTimeoutMs = 10_000;

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const signature = (signingSecret: string, timestampSeconds: number, body: string): string =>
  `v0=${createHmac('sha256', signingSecret).update(`v0:${timestampSeconds}:${body}`).digest('hex')}`;

const form = (fields: Fields): string =>
  new URLSearchParams(Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)])).toString();

export class HttpMode implements AppLink {
  readonly mode = 'http';

  constructor(
    private readonly url: string,
    private readonly signingSecret: string,
    private readonly now: () => number,
  ) {}

  connections(): number {
    return 1;
  }

  /** Slack's check when a request URL is set: the app must answer with the challenge. */
  async verify(): Promise<void> {
    const challenge = secret();
    const response = await this.request(
      'application/json',
      JSON.stringify({ type: 'url_verification', challenge }),
      {},
    );
    if (!(await response.text()).includes(challenge))
      throw new Error(`${this.url} did not answer the url_verification challenge (HTTP ${response.status})`);
  }

  async send({ type, payload, retry }: Delivery): Promise<Ack> {
    const [contentType, body] =
      type === 'events_api'
        ? ['application/json', JSON.stringify(payload)]
        : [
            'application/x-www-form-urlencoded',
            form(type === 'interactive' ? { payload: JSON.stringify(payload) } : payload),
          ];
    try {
      const response = await this.request(
        contentType,
        body,
        retry === undefined ? {} : { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason },
      );
      const text = await response.text();
      if (!response.ok) return { ok: false, error: 'http_service_error' };
      return { ok: true, payload: answer(text) };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      return { ok: false, error: timedOut ? 'operation_timeout' : 'dispatch_failed' };
    }
  }

  private request(contentType: string, body: string, headers: Record<string, string>): Promise<Response> {
    const timestamp = Math.floor(this.now() / 1000);
    return fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': signature(this.signingSecret, timestamp, body),
        ...headers,
      },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
  }
}

/** A command may be answered with plain text, everything else with JSON or nothing. */
const answer = (text: string): Fields => {
  if (text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : { text };
  } catch {
    return { text };
  }
};
