/** The Web API's door: who calls, with which token, how often; every answer is logged for tests to read. */
import type { Inside } from '../inside.js';
import type { SocketMode } from '../socket-mode.js';
import { type Fields, isObject } from '../validate/check.js';
import { ApiRefused, Args, type Method } from './call.js';
import { chatMethods } from './chat.js';
import { peopleMethods } from './people.js';
import { RateLimits } from './rate-limits.js';
import { restMethods } from './rest.js';
import { viewMethods } from './views.js';

const botMethods: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...viewMethods,
  ...peopleMethods,
  ...restMethods,
};
const callsKeptMax = 5000;

export interface ApiCall {
  method: string;
  args: Fields;
  /** `ok`, or Slack's error code, or `ratelimited`, or `http <status>` */
  answer: string;
  atMs: number;
}

export interface ApiAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Fields;
}

const json = (body: Fields): ApiAnswer => ({ status: 200, headers: {}, body });

/** Fields of a body: a form, or one JSON object. */
export const bodyFields = (contentType: string, body: string): Fields => {
  if (contentType.startsWith('application/json')) {
    const parsed: unknown = body.trim() === '' ? {} : JSON.parse(body);
    if (!isObject(parsed)) throw new Error('the body is no JSON object');
    return parsed;
  }
  return Object.fromEntries(new URLSearchParams(body));
};

export class WebApi {
  readonly calls: ApiCall[] = [];
  private readonly rateLimits: RateLimits;

  constructor(
    private readonly inside: Inside,
    private readonly socketMode: SocketMode,
    enforceRateLimits: boolean,
  ) {
    this.rateLimits = new RateLimits(enforceRateLimits, inside.now);
  }

  async call(method: string, authorization: string | undefined, contentType: string, body: string): Promise<ApiAnswer> {
    let fields: Fields;
    try {
      fields = bodyFields(contentType, body);
    } catch {
      return this.logged(method, {}, json({ ok: false, error: 'invalid_json' }));
    }
    const { token: fieldToken, ...args } = fields;
    const token =
      /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? (typeof fieldToken === 'string' ? fieldToken : undefined);
    return this.logged(method, args, await this.answer(method, token, new Args(args)));
  }

  private async answer(method: string, token: string | undefined, args: Args): Promise<ApiAnswer> {
    const { app, faults, log } = this.inside;
    const channel = args.text('channel') ?? args.text('channel_id');
    if (faults.isOut) return { status: 503, headers: {}, body: { ok: false, error: 'service_unavailable' } };
    const hit = faults.hit(method, channel);
    if (hit?.kind === 'status')
      return { status: hit.status, headers: {}, body: { ok: false, error: 'internal_error' } };
    if (hit?.kind === 'error') return json({ ok: false, error: hit.error });
    const waitSeconds = hit?.kind === 'rate' ? hit.retryAfterSeconds : this.rateLimits.wait(method, channel);
    if (waitSeconds !== undefined)
      return {
        status: 429,
        headers: { 'retry-after': String(waitSeconds) },
        body: { ok: false, error: 'ratelimited' },
      };
    if (token === undefined && method !== 'api.test') return json({ ok: false, error: 'not_authed' });
    if (method === 'apps.connections.open') {
      if (token === app.botToken) return json({ ok: false, error: 'not_allowed_token_type' });
      if (token !== app.appToken) return json({ ok: false, error: 'invalid_auth' });
      return json({ ok: true, url: `${this.inside.baseUrl().replace(/^http/, 'ws')}${this.socketMode.ticket()}` });
    }
    const known = Object.hasOwn(botMethods, method) ? botMethods[method] : undefined;
    if (known === undefined) {
      log('error', `the app called ${method}, which the local workspace does not have: answered unknown_method`);
      return json({ ok: false, error: 'unknown_method', req_method: method });
    }
    if (method !== 'api.test' && token === app.appToken) return json({ ok: false, error: 'not_allowed_token_type' });
    if (method !== 'api.test' && token !== app.botToken) return json({ ok: false, error: 'invalid_auth' });
    try {
      return json({ ok: true, ...(await known(args, this.inside)) });
    } catch (error) {
      if (error instanceof ApiRefused) {
        const { messages } = isObject(error.more['response_metadata']) ? error.more['response_metadata'] : {};
        log('warn', `${method} refused: ${error.code}${Array.isArray(messages) ? ` ${messages.join('; ')}` : ''}`);
        return json({ ok: false, error: error.code, ...error.more });
      }
      log('error', `${method} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return json({ ok: false, error: 'internal_error' });
    }
  }

  private logged(method: string, args: Fields, answer: ApiAnswer): ApiAnswer {
    const { status, body } = answer;
    this.calls.push({
      method,
      args,
      answer: status !== 200 && status !== 429 ? `http ${status}` : body['ok'] === true ? 'ok' : String(body['error']),
      atMs: this.inside.now(),
    });
    if (this.calls.length > callsKeptMax) this.calls.shift();
    return answer;
  }
}
