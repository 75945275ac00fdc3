/** Whoever is on call, by a file of shifts or by a program, is told first where an approval is waited for: through the whole bot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { watchOnCall } from '../../src/config/oncall.js';
import { textOf } from '../../src/workspace/driver.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { conntrackHost, labPolicy } from '../support/changing-bot.js';
import { quickClock } from '../support/quick-clock.js';

jest.setTimeout(40_000);
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const MARGARET = 'T0TCPLAB001:U0MARGARET1';
const written = (name: string, text: string, mode: number): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-oncall-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text, { mode });
  return join(folder, name);
};
/** user ids that a message mentions, in its order */
const mentioned = (message: { blocks: readonly unknown[] }): string[] =>
  [...JSON.stringify(message.blocks).matchAll(/"user_id":"(\w+)"/g)].map(([, id = '']) => id);

test.each([
  [
    'a file of shifts',
    'oncall.yml',
    `rotation:\n  people: ["${MARGARET}"]\n  from: 2026-01-01T00:00:00Z\n  every: 7d\n`,
    0o600,
  ],
  ['a program', 'oncall', `#!/bin/sh\necho ${MARGARET}\n`, 0o700],
])('%s: told first by the nudge and by the escalation, though they are no approver', async (_, name, text, mode) => {
  const workspace = await startLocalWorkspace();
  const on = conntrackHost();
  const onCall = await watchOnCall(written(name, text, mode), Date.now, (problem) => {
    throw problem;
  });
  ends.push(() => onCall.close());
  await startTestBot(workspace, {
    transport: on.transport,
    inventory: { current: () => on.inventory, problem: () => undefined },
    // Margaret may neither approve nor is she told when it nears its end.
    policy: () =>
      labPolicy((policy) => policy.replace('leads: {people: [grace, margaret]}', 'leads: {people: [grace]}')),
    onCall: onCall.current,
    clock: quickClock(400),
  });
  const ada = workspace.as('Ada');
  await ada.type('/tcpstates web-1', room);
  await ada.on(await ada.waitForMessage(room, 'connection-tracking table is full')).click('Propose');
  await (await ada.waitForModal('Propose a change')).fill({ reason: 'Checkout drops connections' }).submit();
  const card = await ada.waitForMessage(room, 'APPROVAL NEEDED');
  const nudge = await ada.waitForMessage(room, /this waits for an approval/, 15_000);
  expect(nudge.threadTs).toBe(card.ts);
  expect(mentioned(nudge)).toEqual(['U0MARGARET1', 'U0GRACE0001']);
  const escalation = await ada.waitForMessage(room, /it ends soon/, 15_000);
  expect(mentioned(escalation)).toEqual(['U0MARGARET1', 'U0GRACE0001']);
  expect(textOf(escalation)).toContain('web-1');
});
