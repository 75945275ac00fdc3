/** User groups as approvers: known for minutes where something is shown, asked anew where something is done. */
import { describe, expect, jest, test } from '@jest/globals';
import { defaultSeed } from '../../src/workspace/default-world.js';
import { type Actor, textOf, wordsOf } from '../../src/workspace/driver.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { CONNTRACK, conntrackHost, labPolicy } from '../support/changing-bot.js';

jest.setTimeout(30_000);

const LIST = 'usergroups.users.list';
const start = async () => {
  const seed = defaultSeed('tcpstates');
  const leads = seed.groups[0]?.userIds ?? [];
  const workspace = await startLocalWorkspace({ seed });
  const on = conntrackHost();
  const running = await startTestBot(workspace, {
    transport: on.transport,
    inventory: { current: () => on.inventory, problem: () => undefined },
    policy: () =>
      labPolicy((text) =>
        text.replace('leads: {people: [grace, margaret]}', 'leads: {userGroups: ["T0TCPLAB001:S0SRELEADS1"]}'),
      ),
    verifyAfterSeconds: [1],
  });
  const ada = workspace.as('Ada');
  const propose = async () => {
    await ada.type('/tcpstates web-1', room);
    await ada.on(await ada.waitForMessage(room, 'connection-tracking table is full')).click('Propose');
    await (await ada.waitForModal('Propose a change')).fill({ reason: 'Checkout drops connections' }).submit();
    return ada.waitForMessage(room, 'APPROVAL NEEDED');
  };
  const lookUps = () => workspace.calls.filter(({ method }) => method === LIST).length;
  return { workspace, on, propose, lookUps, leads, ada, grace: workspace.as('Grace'), ...running };
};
const homeOf = (actor: Actor): string => wordsOf(actor.home()?.blocks ?? []);

describe('a role that is filled from a user group', () => {
  test('is looked up once where it is shown, and anew at the click', async () => {
    const { propose, lookUps, on, grace } = await start();
    const card = await propose();
    await grace.openHome();
    await grace.waitFor(() => /Waiting for your approval: 1/.test(homeOf(grace)), 'what waits for her');
    const known = lookUps();
    for (let times = 0; times < 4; times++) await grace.openHome();
    await grace.type('/tcpstates web-2', room);
    await grace.waitForMessage(room, /CRITICAL {2}web-2/);
    expect(lookUps()).toBe(known);
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /IN FORCE/);
    expect(lookUps()).toBe(known + 1);
    expect(on.model.values.get(CONNTRACK)).toBe('262144');
  });

  test('who has left the group since it was shown is refused', async () => {
    const { propose, on, grace, leads } = await start();
    const card = await propose();
    await grace.openHome();
    await grace.waitFor(() => /Waiting for your approval: 1/.test(homeOf(grace)), 'what waits for her');
    leads.splice(leads.indexOf(grace.id), 1);
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /takes the role leads/);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
  });

  test.each([
    [
      'fails',
      (faults: Awaited<ReturnType<typeof start>>['workspace']['faults']) =>
        faults.failCalls({ method: LIST, error: 'fatal_error', times: 50 }),
    ],
    [
      'is limited',
      (faults: Awaited<ReturnType<typeof start>>['workspace']['faults']) =>
        faults.rateLimit({ method: LIST, retryAfterSeconds: 30, times: 50 }),
    ],
  ])('while asking for it %s nothing is done, and it is said what to do', async (_, breakIt) => {
    const { workspace, propose, on, grace } = await start();
    const card = await propose();
    await grace.openHome();
    await grace.waitFor(() => /Waiting for your approval: 1/.test(homeOf(grace)), 'what waits for her');
    breakIt(workspace.faults);
    await grace.on(card).click('Approve');
    const refused = await grace.waitForMessage(room, /Slack did not say in time whether grace is in the user group/);
    expect(refused.ephemeral).toBe(true);
    expect(textOf(refused)).toContain('click again in a moment');
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
    // What is only shown may still be minutes old.
    await grace.openHome();
    await grace.waitFor(() => /Waiting for your approval: 1/.test(homeOf(grace)), 'what waits for her');
  });

  test('once Slack answers again the next click counts', async () => {
    const { workspace, propose, grace } = await start();
    const card = await propose();
    workspace.faults.failCalls({ method: LIST, error: 'no_such_subteam', times: 1 });
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /Slack did not say in time/);
    await grace.on(card).click('Approve');
    await grace.waitForMessage(room, /IN FORCE/);
  });
});
