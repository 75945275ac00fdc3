/** The one message of a change, with two processes, restarts, a deleted message and a channel that can't be written to. */
import { describe, expect, test } from '@jest/globals';
import { ChangeBoard } from '../../src/app/change-board.js';
import { DRAFTS, type Draft } from '../../src/app/change-draft.js';
import type { Change, ChangeEvent } from '../../src/core/change.js';
import { FakeChat, HandClock, keepingLog, wordsOf } from '../support/bot-fakes.js';
import { type MemoryDisk, memoryDisk, memoryStore } from '../support/memory-store.js';

const ID = 'change0000000001';
const ada = { person: 'ada', account: 'T0H:U0ADA' };
const grace = { person: 'grace', account: 'T0H:U0GRACE' };
const AT = Date.UTC(2026, 10, 22, 12);
const proposed: ChangeEvent = {
  type: 'proposed',
  id: ID,
  plan: {
    host: { name: 'web-1', address: '10.0.0.1', port: 22, keys: '' },
    entries: [{ key: 'net.ipv4.tcp_tw_reuse', from: '2', to: '1' }],
    confirmWindowSeconds: 300,
    persistent: false,
  },
  digest: 'ab12'.repeat(16),
  by: ada,
  reason: 'ports run out',
  atMs: AT,
  expiresAtMs: AT + 3_600_000,
  approvalsNeeded: 1,
};
const glass: ChangeEvent = {
  type: 'approval-given',
  by: ada,
  atMs: AT,
  digest: 'ab12'.repeat(16),
  breakGlass: { reason: 'all is down', skipped: ['grace'] },
};
const denied: ChangeEvent = { type: 'denied', by: grace, atMs: AT, reason: 'not now' };

const chat = () => new FakeChat();
const world = async (place: Draft['place'] = { channel: 'C1' }) => {
  const disk: MemoryDisk = memoryDisk();
  const clock = new HandClock(AT);
  const store = memoryStore(disk);
  const slack = chat();
  const draft: Draft = { place, by: ada.account, host: 'web-1', settings: [], mayPersist: true, createdAtMs: AT };
  await store.documents.put(DRAFTS, ID, draft);
  let version = 0;
  const happens = async (...events: ChangeEvent[]) => {
    await store.changes.append({ id: ID, expectedVersion: version, events, audit: [] });
    version += events.length;
  };
  const board = () =>
    new ChangeBoard({
      store: memoryStore(disk),
      chat: slack,
      clock,
      log: keepingLog().log,
      cardOf: async (change) => ({ change, words: [], approvers: [], stepUp: false, glass: false }),
      peopleFor: (_change, about) => (about === 'skipped' ? [{ user: 'U0GRACE' }] : [{ user: 'U0MARG' }]),
    });
  await happens(proposed);
  return { disk, clock, slack, board, happens, store };
};
const posts = (slack: FakeChat) => slack.of('post');

describe('the message of a change', () => {
  test('is one, whoever posts it: two processes at once', async () => {
    const { slack, board } = await world();
    await Promise.all([board().refresh(ID), board().refresh(ID), board().refresh(ID)]);
    expect(posts(slack)).toHaveLength(1);
  });

  test('is brought up to date by another process, and after a restart by looking', async () => {
    const { slack, board, happens } = await world();
    await board().refresh(ID);
    await happens(denied);
    await board().reconcile();
    expect(posts(slack)).toHaveLength(1);
    expect(wordsOf([...slack.standing().values()])).toContain('DENIED');
    const sent = slack.sent.length;
    await board().reconcile();
    expect(slack.sent).toHaveLength(sent);
  });

  test('is posted by looking, where the process died before it could; and in its thread', async () => {
    const { slack, board } = await world({ channel: 'C1', threadTs: '9.9' });
    await board().reconcile();
    expect(posts(slack).map(({ place }) => place)).toEqual([{ channel: 'C1', threadTs: '9.9' }]);
  });

  test('is posted by another process when the first died while it posted', async () => {
    const { slack, board, store, clock } = await world();
    await store.documents.put('change-message', ID, { version: 0, sinceMs: clock.now() }, 0);
    await board().refresh(ID);
    expect(posts(slack)).toHaveLength(0);
    await clock.advance(21_000);
    await board().reconcile();
    expect(posts(slack)).toHaveLength(1);
  });

  test('is not left as it was when whoever posted it died and the change ended in the same moment', async () => {
    const w = await world();
    // Posted, but not written down where; then nothing moves the change any more.
    await memoryStore(w.disk).documents.put('change-message', ID, { version: 0, sinceMs: AT }, 0);
    await w.happens(denied);
    const board = w.board();
    await board.refresh(ID);
    expect(w.slack.of('post')).toEqual([]);
    await w.clock.advance(20_001);
    expect(w.slack.of('post').map(({ message }) => wordsOf(message))).toEqual([expect.stringContaining('DENIED')]);
    await board.stop();
  });

  test('that somebody deleted is posted anew', async () => {
    const { slack, board, happens } = await world();
    await board().refresh(ID);
    slack.refuse('update', 'message-gone');
    await happens(denied);
    await board().refresh(ID);
    expect(posts(slack)).toHaveLength(2);
    slack.accept('update');
    await board().refresh(ID);
    expect(slack.of('update').at(-1)?.posted.ts).toBe('2.000001');
  });

  test('is owed while the channel can’t be written to, and posted as soon as it can', async () => {
    const { slack, board } = await world();
    slack.refuse('post', 'not-in-channel');
    await board().refresh(ID);
    slack.accept('post');
    await board().reconcile();
    expect(posts(slack)).toHaveLength(1);
  });

  test('shows the newest state, however many moves there were meanwhile', async () => {
    const { slack, board, happens } = await world();
    const one = board();
    const first = one.refresh(ID);
    await happens(denied);
    await Promise.all([first, one.refresh(ID)]);
    expect(wordsOf([...slack.standing().values()])).toContain('DENIED');
  });

  const noticeDue = (about: string) => ({ id: `${ID}:${about}`, kind: `change-${about}`, subject: ID, atMs: AT });
  const now = async (store: Awaited<ReturnType<typeof world>>['store']): Promise<Change> => {
    const change = (await store.changes.load(ID))?.change;
    if (change === undefined) throw new Error('no change');
    return change;
  };

  test('has those who were passed over told once, in its thread, by one of two processes', async () => {
    const { slack, board, happens, store, clock } = await world();
    await happens(glass);
    const change = await now(store);
    const told = () => posts(slack).filter(({ message }) => wordsOf(message).includes('passed over'));
    // Not posted yet: it is posted first, so that there is a thread.
    const both = await Promise.allSettled([
      board().tell(change, 'skipped', noticeDue('skipped')),
      board().tell(change, 'skipped', noticeDue('skipped')),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(told().map(({ place }) => place)).toEqual([{ channel: 'C1', threadTs: '1.000001' }]);
    expect(JSON.stringify(told())).toContain('U0GRACE');
    await clock.advance(120_000);
    await board().tell(change, 'skipped', noticeDue('skipped'));
    expect(told()).toHaveLength(1);
  });

  test('has reminders in its thread, each once; one that could not be posted is posted later', async () => {
    const { slack, board, store } = await world();
    await board().refresh(ID);
    const change = await now(store);
    slack.refuse('post', 'not-in-channel');
    await expect(board().tell(change, 'approval', noticeDue('nudge'))).rejects.toThrow();
    slack.accept('post');
    await board().tell(change, 'approval', noticeDue('nudge'));
    await board().tell(change, 'approval', noticeDue('nudge'));
    await board().tell(change, 'escalation', noticeDue('escalation'));
    expect(posts(slack).slice(-2)).toMatchObject([{ place: { threadTs: '1.000001' } }, { place: { channel: 'C1' } }]);
    expect(posts(slack).filter(({ message }) => JSON.stringify(message).includes('U0MARG'))).toHaveLength(2);
  });

  test('is told by another process when the first died while it told', async () => {
    const { slack, board, store, clock } = await world();
    await board().refresh(ID);
    const change = await now(store);
    await store.documents.put('once', `${ID}:nudge`, { sinceMs: clock.now() }, 0);
    await expect(board().tell(change, 'approval', noticeDue('nudge'))).rejects.toThrow('another process');
    await clock.advance(61_000);
    await board().tell(change, 'approval', noticeDue('nudge'));
    expect(posts(slack)).toHaveLength(2);
  });
});
