/** Who somebody is to the workspace: minutes old where something is shown, asked anew where something is done. */
import { describe, expect, jest, test } from '@jest/globals';
import { defaultSeed } from '../../src/workspace/default-world.js';
import { textOf } from '../../src/workspace/driver.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { CONNTRACK, conntrackHost, labPolicy } from '../support/changing-bot.js';

jest.setTimeout(30_000);

const INFO = 'users.info';
const proposed = async () => {
  const seed = defaultSeed('tcpstates');
  const workspace = await startLocalWorkspace({ seed });
  const on = conntrackHost();
  await startTestBot(workspace, {
    transport: on.transport,
    inventory: { current: () => on.inventory, problem: () => undefined },
    policy: () => labPolicy(),
    verifyAfterSeconds: [1],
  });
  const [ada, grace] = [workspace.as('Ada'), workspace.as('Grace')];
  await ada.type('/tcpstates web-1', room);
  await ada.on(await ada.waitForMessage(room, 'connection-tracking table is full')).click('Propose');
  await (await ada.waitForModal('Propose a change')).fill({ reason: 'Checkout drops connections' }).submit();
  const card = await ada.waitForMessage(room, 'APPROVAL NEEDED');
  // The bot has seen her as a member before, and would believe it for minutes.
  await grace.on(card).click('Who can?');
  await grace.waitForMessage(room, /You can approve it/);
  const person = seed.people.find(({ id }) => id === grace.id);
  if (person === undefined) throw new Error('no Grace');
  return { workspace, on, card, grace, person };
};

describe('at a click that approves', () => {
  test('who has become a guest since is refused', async () => {
    const { on, card, grace, person } = await proposed();
    person.kind = 'guest';
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /only full members of the home workspace/);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
  });

  test.each(['fails', 'is limited'] as const)(
    'where asking %s nothing is done, and it is said what to do',
    async (how) => {
      const { workspace, on, card, grace } = await proposed();
      if (how === 'fails') workspace.faults.failCalls({ method: INFO, error: 'fatal_error', times: 50 });
      else workspace.faults.rateLimit({ method: INFO, retryAfterSeconds: 30, times: 50 });
      await grace.on(card).click('Approve');
      const refused = await grace.waitForMessage(
        room,
        /Slack did not say in time whether grace is still a full member/,
      );
      expect(refused.ephemeral).toBe(true);
      expect(textOf(refused)).toContain('click again in a moment');
      expect(on.model.values.get(CONNTRACK)).toBe('65536');
    },
  );

  test('once Slack answers again the next click counts', async () => {
    const { workspace, card, grace } = await proposed();
    workspace.faults.failCalls({ method: INFO, error: 'users_list_not_supplied', times: 1 });
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /Slack did not say in time/);
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /IN FORCE/);
  });
});
