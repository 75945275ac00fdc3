/** Home tabs that are open stay current, within bounds; a stale button acts on nothing. */
import { describe, expect, jest, test } from '@jest/globals';
import { HomeFresh } from '../../src/app/home-fresh.js';
import type { Caller } from '../../src/core/caller.js';
import type { Subject } from '../../src/core/policy.js';
import { type Actor, textOf, wordsOf } from '../../src/workspace/driver.js';
import { aCaller, HandClock, keepingLog, settled } from '../support/bot-fakes.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { CONNTRACK, conntrackHost, labPolicy } from '../support/changing-bot.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';

jest.setTimeout(30_000);

const homeOf = (actor: Actor): string => wordsOf(actor.home()?.blocks ?? []);

describe('in the workspace', () => {
  const start = async () => {
    const workspace = await startLocalWorkspace();
    const on = conntrackHost();
    await startTestBot(workspace, {
      transport: on.transport,
      inventory: { current: () => on.inventory, problem: () => undefined },
      policy: () => labPolicy(),
      verifyAfterSeconds: [1],
    });
    const ada = workspace.as('Ada');
    const propose = async () => {
      await ada.type('/tcpstates web-1', room);
      await ada.on(await ada.waitForMessage(room, 'connection-tracking table is full')).click('Propose');
      await (await ada.waitForModal('Propose a change')).fill({ reason: 'Checkout drops connections' }).submit();
      return ada.waitForMessage(room, 'APPROVAL NEEDED');
    };
    const published = (actor: Actor) =>
      workspace.calls.filter(({ method, args }) => method === 'views.publish' && args['user_id'] === actor.id).length;
    return { workspace, on, ada, grace: workspace.as('Grace'), linus: workspace.as('Linus'), propose, published };
  };

  test('what waits appears and goes by itself, for requester and approver; nobody else is bothered', async () => {
    const { ada, grace, linus, propose, published } = await start();
    await Promise.all([ada.openHome(), grace.openHome()]);
    await grace.waitFor(() => /Waiting for your approval: 0/.test(homeOf(grace)), 'an empty Home');
    const card = await propose();
    await grace.waitFor(() => /Waiting for your approval: 1/.test(homeOf(grace)), 'what waits for her');
    await grace.on(card).click('Approve');
    await ada.waitFor(() => /In force, not confirmed yet: 1/.test(homeOf(ada)), 'what is in force');
    await grace.waitFor(() => /Waiting for your approval: 0/.test(homeOf(grace)), 'nothing waits any more');
    await ada.waitForMessage(room, /BETTER/);
    await ada.on(card).click('Confirm');
    await ada.waitFor(() => /In force, not confirmed yet: 0/.test(homeOf(ada)), 'nothing is in force');
    // A change moves more often than Home is made for it.
    expect(published(ada)).toBeLessThanOrEqual(8);
    expect(published(linus)).toBe(0);
  });

  test('a button of a Home that Slack kept old acts on nothing', async () => {
    const { workspace, on, ada, grace, propose } = await start();
    const card = await propose();
    await grace.openHome();
    await grace.waitFor(() => /Waiting for your approval: 1/.test(homeOf(grace)), 'what waits for her');
    workspace.faults.failCalls({ method: 'views.publish', error: 'internal_error', times: 1_000 });
    await workspace.as('Margaret').on(card).click('Deny');
    const why = await workspace.as('Margaret').waitForModal('Deny');
    await why.fill({ reason: 'not now' }).submit();
    await ada.waitForMessage(room, /DENIED/);
    expect(homeOf(grace)).toMatch(/Waiting for your approval: 1/);
    await grace.home()?.click('Open');
    const shown = await grace.waitForMessage('direct', /DENIED/);
    expect(grace.on(shown).buttons).not.toContain('Approve');
    expect(textOf(shown)).toContain('web-1');
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
  });
});

describe('its bounds', () => {
  const make = (publish: (caller: Caller) => Promise<void>) => {
    const clock = new HandClock();
    const store = memoryStore(memoryDisk());
    const { log, lines } = keepingLog();
    const subject: Subject = { account: '', userGroups: [], member: true };
    const fresh = new HomeFresh({ store, clock, log, subjectOf: async () => subject, publish });
    return { clock, store, lines, fresh, subject };
  };

  test('a hundred moves are one update, and after half an hour a Home counts as left', async () => {
    const published: string[] = [];
    const { clock, fresh, subject, store } = make(async ({ userId }) => void published.push(userId));
    await fresh.opened(aCaller({ userId: 'U1' }), subject);
    await clock.advance(20 * 60_000);
    await fresh.opened(aCaller({ userId: 'U2' }), subject);
    published.length = 0;
    for (let times = 0; times < 100; times++) fresh.moved();
    await clock.advance(2_000);
    expect(published.sort()).toEqual(['U1', 'U2']);
    await clock.advance(11 * 60_000);
    fresh.moved();
    await clock.advance(2_000);
    expect(published.sort()).toEqual(['U1', 'U2', 'U2']);
    expect((await store.documents.list('home-open')).map(({ id }) => id)).toEqual(['T1:U2']);
  });

  test('of many people the latest fifty are told, a few at once', async () => {
    let now = 0;
    let most = 0;
    const published: string[] = [];
    const { clock, fresh, subject } = make(async ({ userId }) => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now -= 1;
      published.push(userId);
    });
    for (let at = 0; at < 80; at++) {
      await fresh.opened(aCaller({ userId: `U${at}` }), subject);
      await clock.advance(1);
    }
    published.length = 0;
    fresh.moved();
    await clock.advance(2_000);
    expect(published).toHaveLength(50);
    expect(published).toContain('U79');
    expect(published).not.toContain('U29');
    expect(most).toBeLessThanOrEqual(4);
  }, 20_000);

  test('one person is never made two at once, and the last one made knows the last news', async () => {
    let state = 0;
    let now = 0;
    const made: number[] = [];
    const { clock, fresh, subject } = make(async () => {
      expect(++now).toBe(1);
      const seen = state;
      await settled();
      made.push(seen);
      now -= 1;
    });
    const first = fresh.opened(aCaller(), subject);
    await settled();
    state = 1;
    const second = fresh.opened(aCaller(), subject);
    fresh.moved();
    state = 2;
    await clock.advance(2_000);
    await Promise.all([first, second]);
    await settled();
    expect(made.at(-1)).toBe(2);
    expect(made.length).toBeLessThanOrEqual(3);
  });

  test('a failure is logged and forgotten: the next news tries again', async () => {
    let broken = true;
    let made = 0;
    const { clock, fresh, subject, lines } = make(async () => {
      if (broken) throw new Error('no');
      made += 1;
    });
    await expect(fresh.opened(aCaller(), subject)).rejects.toThrow('no');
    fresh.moved();
    await clock.advance(2_000);
    expect(lines.some(({ what }) => what.includes('could not be kept current'))).toBe(true);
    broken = false;
    fresh.moved();
    await clock.advance(2_000);
    expect(made).toBe(1);
    await fresh.finish();
  });
});
