import { describe, expect, test } from '@jest/globals';
import {
  channelMessages,
  type Held,
  nothing,
  take,
  threadMessages,
  unread,
  withClick,
  withNotice,
  withoutAnswer,
  withSeen,
} from '../../src/workspace/page/state.js';
import type { Message } from '../../src/workspace/protocol.js';
import { inputBlocks } from './gallery.js';
import { message, stateWith, view } from './world.js';

const parent = message({ text: 'parent', user: 'U0ADA' });
const reply = message({ text: 'reply', threadTs: parent.ts });
const shared = message({ text: 'also sent to the channel', threadTs: parent.ts, broadcast: true });
const start = (): Held => take(nothing, { type: 'state', state: stateWith('U0ADA', [parent, reply, shared]) });

describe('what the page holds', () => {
  test('a channel shows parents and shared replies, a thread all of its own, in their order', () => {
    const held = start();
    expect(channelMessages(held, 'C0WAR').map(({ text }) => text)).toEqual(['parent', 'also sent to the channel']);
    expect(threadMessages(held, 'C0WAR', parent.ts).map(({ text }) => text)).toEqual([
      'parent',
      'reply',
      'also sent to the channel',
    ]);
  });

  test('an update takes the place of the message; a deletion removes it', () => {
    let held = take(start(), { type: 'message', message: { ...parent, text: 'updated' } });
    expect(channelMessages(held, 'C0WAR')[0]?.text).toBe('updated');
    held = take(held, { type: 'messageDeleted', channel: 'C0WAR', ts: parent.ts });
    expect(channelMessages(held, 'C0WAR').map(({ text }) => text)).toEqual(['also sent to the channel']);
  });

  test('what was there at first sight is read; what others write afterwards is not, until it is looked at', () => {
    let held = start();
    expect(unread(held, 'C0WAR').count).toBe(0);
    held = take(held, { type: 'message', message: message({ text: 'mine', user: 'U0ADA' }) });
    expect(unread(held, 'C0WAR')).toEqual({ count: 0, mentioned: false });
    held = take(held, { type: 'message', message: message({ text: 'ask <@U0ADA>' }) });
    expect(unread(held, 'C0WAR')).toEqual({ count: 1, mentioned: true });
    expect(unread(withSeen(held, 'C0WAR'), 'C0WAR').count).toBe(0);
  });

  test('what the app says in the thread of what was clicked is the answer; nothing else is', () => {
    const atMs = 1_000_000;
    const clicked = withClick(start(), 'C0WAR', reply.ts, atMs);
    const answered = (fields: Partial<Message>, held = clicked, nowMs = atMs + 5_000) =>
      take(held, { type: 'message', message: message({ text: 'answer', threadTs: parent.ts, ...fields }) }, nowMs)
        .answered;
    expect(answered({})).toEqual({ channel: 'C0WAR', ts: parent.ts, replies: 1 });
    for (const other of [
      { user: 'U0GRACE' },
      { threadTs: null },
      { threadTs: '1.1' },
      { channel: 'C0OPS' },
      { ts: reply.ts },
    ])
      expect(answered(other)).toBeNull();
    expect(answered({}, start())).toBeNull();
    expect(answered({}, clicked, atMs + 300_000)).toBeNull();

    const one = take(clicked, { type: 'message', message: message({ text: 'one', threadTs: parent.ts }) }, atMs);
    expect(answered({}, one)).toMatchObject({ replies: 2 });
    // It has been looked at: what comes then is no news of that click.
    expect(answered({}, withoutAnswer(one))).toBeNull();
  });

  test('each person has seen their own', () => {
    const fresh = message({ text: 'for grace' });
    let held = take(start(), { type: 'state', state: stateWith('U0GRACE', [parent]) });
    held = take(held, { type: 'state', state: stateWith('U0ADA', [parent, reply, shared, fresh]) });
    expect(unread(held, 'C0WAR').count).toBe(1);
    held = take(withSeen(held, 'C0WAR'), { type: 'state', state: stateWith('U0GRACE', [parent, fresh]) });
    expect(unread(held, 'C0WAR').count).toBe(1);
  });

  test('errors stay under the inputs until the view changes or closes', () => {
    const first = view({ blocks: inputBlocks });
    let held = take(start(), { type: 'modals', modals: [first] });
    held = take(held, { type: 'viewErrors', viewId: 'V1', errors: { reason: 'why?' } });
    const pushed = take(held, { type: 'modals', modals: [first, view({ id: 'V2', blocks: [] })] });
    expect(pushed.viewErrors.get('V1')).toEqual({ reason: 'why?' });
    expect(take(held, { type: 'modals', modals: [{ ...first, hash: 'h2' }] }).viewErrors.size).toBe(0);
    expect(take(held, { type: 'modals', modals: [] }).viewErrors.size).toBe(0);
  });

  test('the same note is shown once, the newest last', () => {
    let held = start();
    for (const text of ['a', 'b', 'a']) held = withNotice(held, { level: 'error', text, about: { channel: 'C0WAR' } });
    expect(held.notices.map(({ text }) => text)).toEqual(['b', 'a']);
    expect(take(held, { type: 'state', state: stateWith('U0GRACE', []) }).notices).toEqual([]);
  });

  test('a channel and a person are replaced by their id, or added', () => {
    const held = start();
    const [channel] = held.state?.channels ?? [];
    if (channel === undefined) throw new Error('no channel');
    const changed = take(held, { type: 'channel', channel: { ...channel, archived: true } });
    expect(changed.state?.channels.find(({ id }) => id === channel.id)?.archived).toBe(true);
    expect(changed.state?.channels).toHaveLength(held.state?.channels.length ?? 0);
    expect(take(held, { type: 'channel', channel: { ...channel, id: 'C0NEW' } }).state?.channels).toHaveLength(
      (held.state?.channels.length ?? 0) + 1,
    );
  });
});
