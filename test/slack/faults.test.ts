/**
 * The whole bot while Slack is difficult for as long as an incident lasts: late, doubled and reordered deliveries, sockets that
 * are cut every few seconds, rate limits, refused blocks, a lost channel. Nothing is lost, nothing is done twice, and where a
 * person must act it is said.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { type Actor, textOf } from '../../src/workspace/driver.js';
import type { Message } from '../../src/workspace/protocol.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { CONNTRACK, conntrackHost, labPolicy } from '../support/changing-bot.js';

jest.setTimeout(90_000);

const shortcuts = [
  { callbackId: 'diagnose-message', name: 'Diagnose hosts in it', description: '', kind: 'message' as const },
];

const start = async () => {
  const workspace = await startLocalWorkspace({ shortcuts });
  const on = conntrackHost();
  const running = await startTestBot(workspace, {
    transport: on.transport,
    inventory: { current: () => on.inventory, problem: () => undefined },
    policy: () => labPolicy(),
    verifyAfterSeconds: [1],
  });
  const [ada, grace, margaret] = ['Ada', 'Grace', 'Margaret'].map((who) => workspace.as(who)) as [Actor, Actor, Actor];
  const fromBot = (): Message[] =>
    workspace.messages(room).filter(({ user, ephemeral }) => user === workspace.botUserId && !ephemeral) as Message[];
  const cards = (): Message[] => fromBot().filter((it) => /nf_conntrack_max 65,536 → 262,144/.test(it.text));
  const words = (): string => cards().map(textOf).join('\n');
  const propose = async (): Promise<Message> => {
    await ada.type('/tcpstates web-1', room);
    await ada.on(await ada.waitForMessage(room, 'connection-tracking table is full')).click('Propose');
    await (await ada.waitForModal('Propose a change')).fill({ reason: 'Checkout drops connections' }).submit();
    return ada.waitForMessage(room, 'APPROVAL NEEDED');
  };
  return { workspace, on, ada, grace, margaret, fromBot, cards, words, propose, ...running };
};
const quietly = (act: Promise<unknown>): Promise<unknown> => act.catch((error: unknown) => error);

describe('late', () => {
  test('a click that arrives after a newer one of somebody else does not win', async () => {
    const { workspace, on, ada, grace, margaret, propose, words } = await start();
    const card = await propose();
    workspace.faults.delayNext(2_500, 1);
    const late = quietly(grace.on(card).click('Approve'));
    await margaret.on(card).click('Deny');
    await (await margaret.waitForModal('Deny')).fill({ reason: 'not during the launch' }).submit();
    await ada.waitFor(() => /DENIED/.test(words()), 'the denial');
    await late;
    await grace.waitForMessage(room, /Approving: not done/);
    expect(words()).toMatch(/DENIED/);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
  });

  test('a doubled click of which one is seconds late approves once', async () => {
    const { workspace, on, ada, grace, propose, words } = await start();
    const card = await propose();
    workspace.faults.delayNext(2_000, 1);
    const late = quietly(grace.on(card).click('Approve'));
    await grace.on(card).click('Approve');
    await ada.waitFor(() => /IN FORCE/.test(words()), 'the change in force');
    await late;
    await grace.waitForMessage(room, /Approving: not done/);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set']);
  });

  test('a click that is too late for its dialog says so, and the next one opens it', async () => {
    const { workspace, ada, propose, margaret, on } = await start();
    const card = await propose();
    workspace.faults.delayNext(3_400, 1);
    await quietly(margaret.on(card).click('Deny'));
    const told = await margaret.waitForMessage(room, /too late for its dialog/);
    expect(told.ephemeral).toBe(true);
    expect(textOf(told)).toContain('Click again');
    await margaret.on(card).click('Deny');
    await margaret.waitForModal('Deny');
    // A rate limit on dialogs that is over before the 3 s are: it opens late, but it opens.
    workspace.faults.rateLimit({ method: 'views.open', retryAfterSeconds: 1 });
    await ada.on(card).click('Dry run');
    await ada.waitForModal('Dry run');
    workspace.faults.rateLimit({ method: 'views.open', retryAfterSeconds: 4 });
    await workspace.as('Linus').on(card).click('Dry run');
    await workspace.as('Linus').waitForMessage(room, /too late for its dialog/, 10_000);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
  });

  test('a question that the person was told had failed is answered all the same, once', async () => {
    const { workspace, ada, fromBot, on } = await start();
    workspace.faults.delayNext(3_300, 1);
    expect(String(await quietly(ada.type('/tcpstates web-1', room)))).toContain('operation_timeout');
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    expect(fromBot().filter(({ text }) => text.startsWith('CRITICAL'))).toHaveLength(1);
    expect(on.transport.asked).toHaveLength(1);
  });

  test('answers to a watch and to its end that come in the wrong order leave it ended', async () => {
    const { workspace, ada, fromBot } = await start();
    await ada.type('/tcpstates web-1 --watch 10m', room);
    const watch = await ada.waitForMessage(room, /Watching {2}CRITICAL/);
    workspace.faults.delayNext(1_500, 1);
    const late = quietly(ada.on(watch).click('Stop watching'));
    await workspace.as('Grace').on(watch).click('Stop watching');
    await ada.waitForMessage(room, /Watch ended/);
    await late;
    await ada.waitForMessage(room, /has ended already/);
    expect(textOf(fromBot()[0] as Message)).toMatch(/Watch ended/);
  });
});

describe('sockets that are cut every few seconds', () => {
  test('a whole incident: alert, diagnosis, proposal, approval, measurement, confirmation, story', async () => {
    const { workspace, on, ada, grace, cards, words, fromBot } = await start();
    // As people do: again, when Slack says that it did not work; never when it did.
    const insist = async <T>(act: () => Promise<T>): Promise<T> => {
      for (let tries = 0; ; tries++) {
        try {
          return await act();
        } catch (error) {
          if (tries > 40 || !/dispatch_failed|operation_timeout|trouble connecting/.test(String(error))) throw error;
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      }
    };
    const within = 30_000;
    const opened = () => workspace.calls.filter(({ method }) => method === 'apps.connections.open').length;
    const before = opened();
    // On a fast machine the whole incident fits between two cuts: it goes on when there was one.
    const cut = (times: number) => ada.waitFor(() => opened() - before >= times, `cut ${times}`, within);
    workspace.faults.dropSocketsEvery(3_700);
    try {
      await ada.type('[FIRING:1] instance="web-1:9100" conntrack table full', room);
      const [alert] = ada.messages(room).filter(({ user }) => user === ada.id);
      if (alert === undefined) throw new Error('no alert');
      await insist(() => ada.shortcut('diagnose-message', alert));
      const diagnosis = await ada.waitForMessage(room, /CRITICAL {2}web-1/, within);
      expect(diagnosis.threadTs).toBe(alert.ts);
      await cut(1);
      for (;;) {
        await insist(() => ada.on(diagnosis).click('Propose'));
        // A dialog whose click was lost in the middle is asked for again.
        const modal = await ada.waitForModal('Propose a change', 6_000).catch(() => undefined);
        if (modal === undefined) continue;
        modal.fill({ reason: 'Checkout drops connections' });
        await insist(() => modal.submit());
        break;
      }
      await ada.waitFor(() => /APPROVAL NEEDED/.test(words()), 'the proposal', within);
      const [card] = cards();
      if (card === undefined) throw new Error('no card');
      await cut(2);
      await insist(() => grace.on(card).click('Approve'));
      await ada.waitFor(() => /BETTER/.test(words()), 'the measurement', within);
      await insist(() => ada.on(card).click('Confirm'));
      await ada.waitFor(() => /(?<!NOT )CONFIRMED {2}/.test(words()), 'the confirmation', within);
      await insist(() => ada.type('/changes timeline --since 1h', room));
      const story = await ada.waitForMessage(room, /Timeline of the last 1 h/, within);
      for (const step of ['proposed', 'approved', 'in force', 'confirmed']) expect(textOf(story)).toContain(step);
    } finally {
      workspace.faults.clear();
    }
    expect(opened() - before).toBeGreaterThanOrEqual(2);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set', 'confirm']);
    expect(cards()).toHaveLength(1);
    expect(fromBot().filter(({ text }) => /^(CRITICAL|HEALTHY) {2}web-1/.test(text))).toHaveLength(1);
    await workspace.connected(2, 20_000);
  });
});

describe('everything at once', () => {
  test('doubled, reordered, limited, without newer blocks: one of each, and every word arrives', async () => {
    const { workspace, on, ada, grace, propose, cards, words, fromBot } = await start();
    workspace.faults.refuseNewerBlocks();
    workspace.faults.doubleNext(1_000);
    for (const method of ['chat.postMessage', 'chat.update', 'views.open', 'chat.postEphemeral'])
      workspace.faults.rateLimit({ method, retryAfterSeconds: 1, times: 2 });
    const card = await propose();
    workspace.faults.reverseNext(2);
    await Promise.all([
      quietly(grace.on(card).click('Approve')),
      quietly(workspace.as('Margaret').on(card).click('Approve')),
    ]);
    await ada.waitFor(() => /BETTER/.test(words()), 'the measurement', 20_000);
    workspace.faults.rateLimit({ method: 'chat.update', retryAfterSeconds: 1, times: 1 });
    await ada.on(card).click('Confirm');
    await ada.waitFor(() => /(?<!NOT )CONFIRMED {2}/.test(words()), 'the confirmation', 20_000);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set', 'confirm']);
    expect(cards()).toHaveLength(1);
    expect(fromBot().filter(({ text }) => text.startsWith('CRITICAL'))).toHaveLength(1);
    expect(on.transport.asked.filter(({ script }) => script === 'state').length).toBeLessThanOrEqual(4);
  });
});

describe('a channel that the bot is removed from', () => {
  test('in the middle of a change: it goes on, and whoever asked for it is told where it stands', async () => {
    const { on, ada, grace, propose } = await start();
    const card = await propose();
    await grace.on(card).click('Approve');
    await ada.waitFor(() => on.model.values.get(CONNTRACK) === '262144', 'the change in force');
    await ada.administer(room, 'removeApp');
    const [id = ''] = /[a-z0-9]{16}/.exec(textOf(card)) ?? [];
    await ada.type(`/changes ${id}`, room);
    const shown = await ada.waitForMessage(room, /IN FORCE/);
    expect(shown.ephemeral).toBe(true);
    await ada.on(shown).click('Confirm');
    await ada.waitFor(() => on.model.effects.some(({ verb }) => verb === 'confirm'), 'the confirmation');
  });
});
