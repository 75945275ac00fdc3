/** What a sweep tells reaches people, also where hosts or the sweep itself go, Slack is slow, refuses, or a message is deleted. */
import { describe, expect, test } from '@jest/globals';
import type { Place } from '../../src/ports/chat.js';
import { aCaller, settled, wordsOf } from '../support/bot-fakes.js';
import { setUpSweeps, sweep } from '../support/sweep-world.js';

/** An alert of web-1 and web-2 is posted. */
const raised = async (more: Partial<typeof sweep> = {}) => {
  const all = setUpSweeps();
  all.sweepOnly([{ ...sweep, raiseAfter: 1, ...more }]);
  const { sweeps, loop } = all.make();
  await sweeps.start();
  all.how.set('web-1', 'sick');
  all.how.set('web-2', 'sick');
  const turn = () => all.turn(loop);
  await turn();
  const first = () => wordsOf([...all.chat.standing().values()][0]);
  /** posts that stand by themselves */
  const posts = () => all.chat.of('post').filter(({ place }) => place.threadTs === undefined).length;
  expect(first()).toMatch(/on web-1 and web-2/);
  return { ...all, sweeps, loop, turn, first, posts, causes: posts() };
};

describe('an alert whose hosts go', () => {
  test('names only those that are left, and clears with the last, as not known to be over', async () => {
    const { register, turn, first, posts, causes, sweeps } = await raised();
    register('web-2');
    await turn();
    await turn();
    expect(first()).toMatch(/on web-2\n/);
    register('db-1');
    await turn();
    await turn();
    expect(first()).toMatch(/CLEARED/);
    expect(first()).toMatch(/Not known to be over {2}\n?web-2 had it when the sweep last looked/);
    expect(posts()).toBe(causes);
    expect((await sweeps.at(aCaller(), () => true).list()).flatMap(({ open }) => open)).toEqual([]);
  });

  test('all of them for one reload: it stands, and is not raised again', async () => {
    const { register, turn, posts, causes, first } = await raised();
    register();
    await turn();
    register('web-1', 'web-2');
    await turn();
    await turn();
    expect(posts()).toBe(causes);
    expect(first()).toMatch(/on web-1 and web-2/);
    expect(first()).not.toMatch(/CLEARED/);
  });
});

describe('an alert whose sweep goes', () => {
  test('clears and says why, once; added again, the sweep raises it anew', async () => {
    const { sweepOnly, sweeps, loop, turn, first, posts, causes, disk } = await raised();
    sweepOnly([{ ...sweep, name: 'renamed', raiseAfter: 1 }]);
    await sweeps.start();
    await loop.turn();
    await settled();
    expect(first()).toMatch(/CLEARED {2}web:/);
    expect(first()).toMatch(/web-1 and web-2 had it when the sweep last looked, and are no longer measured/);
    await turn();
    expect(posts()).toBe(2 * causes);
    await turn();
    await turn();
    // Told: nothing of it is kept.
    const kept = () => [...disk.documents.values()].filter(({ kind }) => kind === 'sweep').map(({ id }) => id);
    expect(kept()).toEqual(['renamed']);
    sweepOnly([{ ...sweep, raiseAfter: 1 }]);
    await sweeps.start();
    await turn();
    expect(posts()).toBe(3 * causes);
  });

  test('is told later where Slack did not take it', async () => {
    const { sweepOnly, sweeps, chat, loop, turn, first } = await raised();
    sweepOnly([]);
    chat.refuse('update', 'unreachable');
    await sweeps.start();
    await loop.turn();
    await settled();
    expect(first()).not.toMatch(/CLEARED/);
    chat.accept('update');
    await turn();
    await turn();
    expect(first()).toMatch(/CLEARED/);
  });
});

describe('a message that Slack', () => {
  test('does not take says so after the next round: that it is over, and on which hosts it is', async () => {
    const { chat, how, turn, first } = await raised({ clearAfter: 1 });
    chat.refuse('update', 'unreachable');
    how.set('web-1', 'well');
    await turn();
    expect(first()).toMatch(/on web-1 and web-2/);
    chat.accept('update');
    await turn();
    expect(first()).toMatch(/on web-2\n/);
    chat.refuse('update', 'unreachable');
    how.set('web-2', 'well');
    await turn();
    await turn();
    expect(first()).not.toMatch(/CLEARED/);
    chat.accept('update');
    await turn();
    expect(first()).toMatch(/CLEARED/);
    const told = chat.sent.length;
    await turn();
    expect(chat.sent).toHaveLength(told);
  });

  test('does not take is told in ten minutes where the next round is tomorrow, and hosts are not asked for it', async () => {
    const { chat, clock, how, make, rounds, sweepOnly } = setUpSweeps();
    sweepOnly([{ ...sweep, raiseAfter: 1, everySeconds: 86_400 }]);
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'sick');
    chat.refuse('post', 'unreachable');
    await clock.advance(86_400_000);
    await loop.turn();
    await settled();
    expect(chat.sent).toEqual([]);
    chat.accept('post');
    await clock.advance(10 * 60_000);
    await loop.turn();
    await settled();
    expect(chat.of('post').length).toBeGreaterThan(0);
    expect(rounds()).toBe(1);
    const told = chat.sent.length;
    await clock.advance(20 * 60_000);
    await loop.turn();
    await settled();
    expect(chat.sent).toHaveLength(told);
  });

  test('no longer has, because somebody deleted it, is posted again: kept current there, and cleared there', async () => {
    const { chat, how, turn, posts, causes } = await raised({ clearAfter: 1 });
    chat.refuse('update', 'message-gone');
    how.set('web-1', 'well');
    await turn();
    expect(posts()).toBe(2 * causes);
    chat.accept('update');
    how.set('web-2', 'well');
    await turn();
    const standing = [...chat.standing().entries()].map(([ts, message]) => [ts, wordsOf(message)] as const);
    expect(standing.slice(causes, 2 * causes).every(([, words]) => /CLEARED/.test(words))).toBe(true);
    expect(chat.of('post').at(-1)?.place.threadTs).toBe(standing[2 * causes - 1]?.[0]);
  });

  test('no longer has is also told to be over', async () => {
    const { chat, how, turn, posts, causes } = await raised({ clearAfter: 1 });
    chat.refuse('update', 'message-gone');
    how.clear();
    await turn();
    expect(posts()).toBe(2 * causes);
    expect(chat.of('post').at(-1)?.place).toEqual({ channel: 'C0INC' });
    expect(wordsOf(chat.of('post').at(-1)?.message)).toMatch(/CLEARED/);
    await turn();
    expect(posts()).toBe(2 * causes);
  });
});

describe('a Slack that takes its time', () => {
  const slow = () => {
    const all = setUpSweeps();
    all.sweepOnly([{ ...sweep, raiseAfter: 1, clearAfter: 1 }]);
    const post = all.chat.post.bind(all.chat);
    const held: (() => void)[] = [];
    all.chat.post = async (place: Place, message) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return post(place, message);
    };
    const release = async (): Promise<void> => {
      for (const next of held.splice(0)) next();
      await settled();
    };
    return { ...all, held, release };
  };

  test('keeps no round waiting, and is told of each alert one thing at a time: the newest stands last', async () => {
    const { make, turn, how, rounds, release, chat, held } = slow();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'sick');
    await turn(loop);
    const causes = held.length;
    expect(causes).toBeGreaterThan(0);
    how.set('web-2', 'sick');
    await turn(loop);
    await turn(loop);
    how.clear();
    await turn(loop);
    expect(rounds()).toBe(4);
    expect(held).toHaveLength(causes);
    await release();
    // Raised, and then at once that it is over.
    await release();
    expect([...chat.standing().values()].map((message) => /CLEARED/.test(wordsOf(message)))).not.toContain(false);
    await turn(loop);
    await release();
    expect(chat.of('post').filter(({ place }) => place.threadTs === undefined)).toHaveLength(causes);
  });

  test('is waited for by the end of the program', async () => {
    const { make, turn, how, release, chat } = slow();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'sick');
    await turn(loop);
    let stopped = false;
    const stopping = sweeps.stop().then(() => {
      stopped = true;
    });
    await settled();
    expect(stopped).toBe(false);
    await release();
    await stopping;
    expect(chat.of('post').length).toBeGreaterThan(0);
  });
});
