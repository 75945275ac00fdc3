import { describe, expect, test } from '@jest/globals';
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import fc from 'fast-check';
import { plainerAndPlainer } from '../../src/slack/chat.js';
import { Deliveries } from '../../src/slack/deliveries.js';
import { inputValues } from '../../src/slack/inputs.js';
import { readPayload } from '../../src/slack/payloads.js';
import { REMEMBERED_MS, ReplayGuard } from '../../src/slack/replay.js';
import { Updates } from '../../src/slack/updates.js';
import { understand, Web } from '../../src/slack/web.js';
import { plainWords, wordsOfMessage } from '../../src/slack/words.js';
import { keepingLog } from '../support/bot-fakes.js';

const signature = (seed: number): string => `v0=${seed.toString(16).padStart(64, '0')}`;

describe('the replay guard', () => {
  const start = Date.UTC(2026, 10, 22, 12);
  test('takes a request once, and only a young one', () => {
    let now = start;
    const guard = new ReplayGuard(() => now);
    const at = String(start / 1000);
    expect(guard.check(at, signature(1))).toBe('fresh');
    guard.remember(signature(1));
    expect(guard.check(at, signature(1))).toBe('seen before');
    expect(guard.check(String(start / 1000 - 301), signature(2))).toBe('outside the time window');
    expect(guard.check(String(start / 1000 + 301), signature(2))).toBe('outside the time window');
    expect(guard.check(String(start / 1000 + 300), signature(2))).toBe('fresh');
    now += REMEMBERED_MS;
    // Forgotten by now, but no longer young.
    expect(guard.check(at, signature(1))).toBe('outside the time window');
  });
  test.each([
    [undefined, signature(1)],
    ['', signature(1)],
    ['NaN', signature(1)],
    ['1e9', signature(1)],
    [String(start / 1000), undefined],
    [String(start / 1000), 'v0=xyz'],
    [String(start / 1000), ['v0=a']],
  ])('refuses what is malformed: %j %j', (at, sig) => {
    expect(new ReplayGuard(() => start).check(at, sig)).toBe('malformed');
  });
  test('a request that passes once never passes again, at whatever time', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400, max: 400 }), fc.integer({ min: 0, max: 3_600_000 }), (skew, laterMs) => {
        let now = start;
        const guard = new ReplayGuard(() => now);
        const at = String(start / 1000 + skew);
        if (guard.check(at, signature(7)) !== 'fresh') return;
        guard.remember(signature(7));
        now += laterMs;
        expect(guard.check(at, signature(7))).not.toBe('fresh');
      }),
    );
  });
});

test('a delivery is taken once, those before the start included', () => {
  let now = 0;
  const deliveries = new Deliveries(() => now, ['old']);
  expect(deliveries.take('old')).toBe(false);
  expect(deliveries.take('a')).toBe(true);
  now += 29 * 60_000;
  expect(deliveries.take('a')).toBe(false);
});

describe('what an error of Slack means', () => {
  const platform = (error: string) => new WebAPIPlatformError({ ok: false, error });
  test.each([
    [platform('not_in_channel'), 'not-in-channel', 'never'],
    [platform('is_archived'), 'archived', 'never'],
    [platform('message_not_found'), 'message-gone', 'never'],
    [platform('ratelimited'), 'rate-limited', 'safely'],
    [platform('internal_error'), 'unreachable', 'if repeatable'],
    [platform('never_heard_of'), 'refused', 'never'],
    [new WebAPIRateLimitedError(3), 'rate-limited', 'safely'],
    [new WebAPIHTTPError(503, 'x', {}, ''), 'unreachable', 'safely'],
    [new WebAPIHTTPError(500, 'x', {}, ''), 'unreachable', 'if repeatable'],
    [new WebAPIHTTPError(404, 'x', {}, ''), 'unreachable', 'never'],
    [
      new WebAPIRequestError(
        new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
      ),
      'unreachable',
      'safely',
    ],
    [
      new WebAPIRequestError(
        new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) }),
      ),
      'unreachable',
      'if repeatable',
    ],
    [new Error('a bug'), 'unreachable', 'never'],
  ])('%s', (error, problem, again) => {
    expect(understand(error)).toMatchObject({ error: { problem }, again });
  });
  test('Retry-After is kept to, within bounds', () => {
    expect(understand(new WebAPIRateLimitedError(3)).retryAfterMs).toBe(3_000);
    expect(understand(new WebAPIRateLimitedError(99_999)).retryAfterMs).toBe(120_000);
  });
});

describe('lanes', () => {
  test('calls of one channel go out in order, a waiting one holds up no other channel', async () => {
    const web = new Web(keepingLog().log);
    const done: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const slow = web.call('m', 'A', () => gate.then(() => done.push('A1')), { repeatable: false });
    const next = web.call('m', 'A', async () => done.push('A2'), { repeatable: false });
    await web.call('m', 'B', async () => done.push('B'), { repeatable: false });
    expect(done).toEqual(['B']);
    open();
    await Promise.all([slow, next]);
    expect(done).toEqual(['B', 'A1', 'A2']);
    await web.drained();
  });
  test('a post whose fate is unknown is not made twice, an update is', async () => {
    const web = new Web(keepingLog().log);
    const reset = () => new WebAPIRequestError(Object.assign(new Error('fetch failed'), { code: 'ECONNRESET' }));
    let posts = 0;
    await expect(
      web.call(
        'post',
        'A',
        async () => {
          posts++;
          throw reset();
        },
        { repeatable: false },
      ),
    ).rejects.toThrow('no_connection');
    expect(posts).toBe(1);
    let updates = 0;
    await web.call(
      'update',
      'A',
      async () => {
        if (updates++ === 0) throw reset();
      },
      { repeatable: true },
    );
    expect(updates).toBe(2);
  });
  test('a failed call does not stop its lane', async () => {
    const web = new Web(keepingLog().log);
    await expect(
      web.call(
        'm',
        'A',
        async () => {
          throw new WebAPIPlatformError({ ok: false, error: 'is_archived' });
        },
        { repeatable: true },
      ),
    ).rejects.toMatchObject({ problem: 'archived' });
    expect(await web.call('m', 'A', async () => 'fine', { repeatable: true })).toBe('fine');
  });
});

test('updates: the newest wins, every caller is told, a failure reaches those it concerns', async () => {
  const written: number[] = [];
  let release: (() => void)[] = [];
  const updates = new Updates<number>(async (_key, content) => {
    written.push(content);
    if (content === 9) throw new Error('refused');
    await new Promise<void>((resolve) => release.push(resolve));
  }, 0);
  const first = updates.update('m', 1);
  await new Promise((resolve) => setImmediate(resolve));
  const all = [first, ...[2, 3, 4].map((content) => updates.update('m', content))];
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const go of release) go();
    release = [];
  }
  await Promise.all(all);
  expect(written).toEqual([1, 4]);
  await expect(updates.update('m', 9)).rejects.toThrow('refused');
});

test('a message is sent as designed, then plainer, then as text alone, never longer than Slack takes', () => {
  const bodies = plainerAndPlainer({ text: 'x'.repeat(5_000), blocks: [{ type: 'divider' }], fallback: [] });
  expect(bodies.map(({ blocks }) => blocks.length)).toEqual([1, 0, 0]);
  expect(bodies.every(({ text }) => text.length <= 3_000)).toBe(true);
  expect(plainerAndPlainer({ text: '', blocks: [] })[0]?.text).toBe('tcpstates');
});

describe('words', () => {
  test.each([
    ['<http://web-1.example|web-1.example>', 'web-1.example'],
    ['&lt;host&gt; &amp;amp;', '<host> &amp;'],
    ['<@U1|ann> x', '@U1 x'],
    ['web-1 \u2014private', 'web-1 --private'],
    ['\u201ca b\u201d', '"a b"'],
  ])('%s', (typed, expected) => expect(plainWords(typed)).toBe(expected));

  test('an alert keeps its host anywhere: text, blocks, attachments; bounded and without end', () => {
    expect(
      wordsOfMessage({
        text: 'FIRING',
        attachments: [{ fields: [{ title: 'instance', value: 'web-1:9100' }] }],
        blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'on <http://x|db-2>' } }],
      }),
    ).toEqual({ text: 'FIRING\non db-2\ninstance\nweb-1:9100', links: ['http://x'] });
    const deep: Record<string, unknown> = {};
    deep['blocks'] = [deep];
    expect(wordsOfMessage(deep)).toEqual({ text: '', links: [] });
  });

  test('where links lead is kept apart from what they say: marked-up, rich text, buttons, titles', () => {
    const url = (name: string) => `https://mon.example/d?var-instance=${name}`;
    expect(
      wordsOfMessage({
        text: `<${url('a')}&amp;x=1|Dashboard> <@U1|ann> <mailto:x@y|mail> <${url('shown')}>`,
        blocks: [
          {
            type: 'rich_text',
            elements: [
              {
                type: 'rich_text_section',
                elements: [
                  { type: 'link', url: url('b'), text: 'Runbook' },
                  { type: 'link', url: url('bare') },
                ],
              },
            ],
          },
          {
            type: 'actions',
            elements: [{ type: 'button', url: url('c'), text: { type: 'plain_text', text: 'Silence' } }],
          },
        ],
        attachments: [{ title: 'Firing', title_link: url('d') }],
      }),
    ).toEqual({
      text: `Dashboard @U1 mail ${url('shown')}\nRunbook\n${url('bare')}\nSilence\nFiring`,
      links: [`${url('a')}&x=1`, url('b'), url('c'), url('d')],
    });
    const many = Array.from({ length: 500 }, (_, at) => `<${url(`h${at}`)}${'y'.repeat(3_000)}|l>`).join(' ');
    const { links } = wordsOfMessage({ text: many });
    expect(links.length).toBeLessThanOrEqual(50);
    expect(links.every(({ length }) => length <= 2_000)).toBe(true);
  });
});

describe('payloads', () => {
  const base = { user: { id: 'U1', team_id: 'T1' }, team: { id: 'T1' } };
  test('whatever arrives, nothing is thrown, and what is not ours is nothing', () => {
    fc.assert(fc.property(fc.anything(), (body) => void readPayload(body)));
    for (const body of [null, 'x', {}, { type: 'event_callback' }, { command: 'no slash' }])
      expect(readPayload(body)).toBeUndefined();
  });
  test('a command', () => {
    expect(
      readPayload({
        command: '/tcpstates',
        text: 'web-1',
        team_id: 'T1',
        user_id: 'U1',
        channel_id: 'C1',
        trigger_id: '1.2',
        response_url: 'u',
      }),
    ).toMatchObject({
      kind: 'question',
      id: 'command:1.2',
      command: 'tcpstates',
      text: 'web-1',
      caller: { teamId: 'T1', userId: 'U1', channel: 'C1' },
    });
  });
  test('in an org-wide installation the organisation is the home', () => {
    expect(
      readPayload({
        command: '/x',
        team_id: 'T1',
        enterprise_id: 'E1',
        is_enterprise_install: 'true',
        user_id: 'U1',
        channel_id: 'C1',
        trigger_id: '1',
      }),
    ).toMatchObject({ caller: { teamId: 'E1' } });
  });
  test('clicks: in a message, whispered, in a modal, on Home; a link is none', () => {
    const click = {
      ...base,
      type: 'block_actions',
      trigger_id: 't',
      actions: [{ action_id: 'a', type: 'button', value: 'v' }],
    };
    const inMessage = {
      ...click,
      channel: { id: 'C1' },
      container: { message_ts: '1.1', is_ephemeral: true },
      message: { ts: '1.1', thread_ts: '0.5' },
    };
    expect(readPayload(inMessage)).toMatchObject({
      kind: 'click',
      value: 'v',
      caller: { channel: 'C1', threadTs: '0.5' },
      at: { kind: 'message', whispered: true, posted: { ts: '1.1' } },
    });
    // A message with replies carries its own time: what comes of a click on it stands in the channel, beside it.
    expect(readPayload({ ...inMessage, message: { ts: '1.1', thread_ts: '1.1' } })).toMatchObject({
      caller: { channel: 'C1' },
    });
    expect(readPayload({ ...inMessage, message: { ts: '1.1', thread_ts: '1.1' } })).not.toHaveProperty(
      'caller.threadTs',
    );
    expect(
      readPayload({ ...click, container: {}, view: { id: 'V1', type: 'modal', private_metadata: 'm' } }),
    ).toMatchObject({ at: { kind: 'modal', viewId: 'V1', privateMetadata: 'm' }, caller: { channel: 'U1' } });
    expect(readPayload({ ...click, container: {}, view: { id: 'V1', type: 'home' } })).toMatchObject({
      at: { kind: 'home' },
    });
    expect(
      readPayload({ ...inMessage, actions: [{ action_id: 'a', type: 'button', url: 'https://x' }] }),
    ).toBeUndefined();
  });
  test('bots that mention us do not ask', () => {
    const event = { type: 'app_mention', user: 'U1', text: '<@UBOT> web-1', channel: 'C1', ts: '1.1' };
    const body = { type: 'event_callback', event_id: 'Ev1', team_id: 'T1', event };
    expect(readPayload(body)).toMatchObject({ kind: 'mention', text: 'web-1', ts: '1.1' });
    expect(readPayload({ ...body, event: { ...event, bot_id: 'B1' } })).toBeUndefined();
  });
  test('what was entered in a modal, by block', () => {
    expect(
      inputValues({
        a: { x: { value: 'typed' } },
        b: { x: { selected_option: { value: 'one' } } },
        c: { x: { selected_options: [{ value: 'p' }, { value: 'q' }] } },
        d: { x: { value: null } },
        e: {},
      }),
    ).toEqual({ a: 'typed', b: 'one', c: ['p', 'q'] });
  });
});
