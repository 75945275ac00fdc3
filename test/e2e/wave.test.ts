/**
 * A wave as people make it: in a real browser on the local workspace, on three hosts in network namespaces with real sshd, sudo and
 * gate. One asks, another allows the whole list, the canary goes first, the bot is started anew meanwhile, the batch follows,
 * everything is confirmed; and a second one is taken back while its canary is under way.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, jest, test } from '@jest/globals';
import type { Workspace } from '../../src/workspace/workspace.js';
import { aHost } from '../support/bot-fakes.js';
import { type Running, startLocalWorkspace } from '../support/bot-workspace.js';
import { openWorkspace, phone } from '../support/browser.js';
import { REUSE } from '../support/changing-bot.js';
import { asWeb, card, newForEachTry, startGatedBot } from '../support/gated-lab.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(300_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
/** calm ones: what matters here is the way of a change, not what it cures */
const CASES = ['close-wait-transient', 'port-range-overlap', 'old-overflows'] as const;

describeNeeding(
  ['linux', 'root', 'netns', 'sshd', 'ss', 'sudo', 'iptables', 'python3', 'chromium'],
  'a wave in the browser, on three hosts with gates',
  () => {
    const { labs, browser, valuesOf } = newForEachTry(CASES);
    // One host has another value than the others: the list names both.
    beforeEach(() => labs[2]?.running.set(REUSE, '0'));
    const values = () => valuesOf(REUSE);
    const start = (workspace: Workspace, stateDir?: string): Promise<Running> =>
      // The last one is named by the group, and no part of the wave: nothing may be changed there.
      startGatedBot(workspace, asWeb(labs, aHost('web-4', { address: '127.0.0.1' })), {
        verifyAfterSeconds: [3, 8],
        ...(stateDir === undefined ? {} : { stateDir }),
      });

    test('is asked for, allowed once, goes canary first and then the batch, is confirmed; another is taken back', async () => {
      const workspace = await startLocalWorkspace({ pageFolder: buildPage() });
      const first = await start(workspace);
      const page = await openWorkspace(browser(), workspace.url, { as: 'U0ADA000001' });
      await page.openChannel('incident-7');
      const before = await values();
      expect(before[2]).toBe('0');

      await page.say(`/sysctl @web set ${REUSE}=1 --for 10m`);
      const modal = await page.modal('Propose a wave');
      await modal.getByText('Batch 2 of 2').waitFor({ timeout: 30_000 });
      await modal.getByText('it has no gate').waitFor();
      await page.screenshot(join(shots, 'wave-1-modal.png'));
      await modal.getByRole('textbox').first().fill('Ports run out towards the database, INC-7');
      await page.screenshot(join(shots, 'wave-1-modal-filled.png'));
      await page.click(modal, /^Propose$/);
      const proposed = await card(page, 'APPROVAL NEEDED');
      await proposed.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-2-proposed.png'));
      const small = await openWorkspace(browser(), workspace.url, { as: 'U0GRACE0001', viewport: phone });
      await small.openChannel('incident-7');
      await (await card(small, 'APPROVAL NEEDED')).scrollIntoViewIfNeeded();
      await small.screenshot(join(shots, 'wave-2-phone.png'));

      // Who asked may not allow it; nothing is changed anywhere.
      await page.click(proposed, /^Approve/);
      await card(page, 'It is your own request');
      expect(await values()).toEqual(before);
      await page.become('Grace Hopper');
      await page.openChannel('incident-7');
      await proposed.getByRole('button', { name: /^Approve/ }).dblclick();
      const running = await card(page, 'CANARY UNDER WAY');
      await running.getByText('IN FORCE, NOT CONFIRMED').first().waitFor({ timeout: 60_000 });
      await running.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-3-canary.png'));
      // One alone, whatever happens to the bot now.
      await first.bot.stop(500);
      expect(await values()).toEqual(['1', before[1], '0']);
      await start(workspace, first.stateDir);

      const done = page
        .messages()
        .filter({ hasText: /3 IN FORCE, NOT CONFIRMED {2}/ })
        .last();
      await done.waitFor({ timeout: 150_000 });
      expect(await values()).toEqual(['1', '1', '1']);
      await done.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-4-in-force.png'));
      await page.click(done, /^Hosts one by one/);
      const detail = await card(page, 'Host by host');
      await detail.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-5-hosts.png'));
      await page.click(done, /^Confirm all 3/);
      await card(page, /3 CONFIRMED {2}/);
      await page.screenshot(join(shots, 'wave-6-confirmed.png'));
      expect(await values()).toEqual(['1', '1', '1']);

      // Another, taken back while its canary is under way: nobody else is begun.
      await page.say(`/sysctl web-* set ${REUSE}=0 --for 10m`);
      const again = await page.modal('Propose a wave');
      await again.getByRole('textbox').first().fill('To see that it comes back');
      await page.click(again, /^Propose$/);
      const asked = await card(page, 'APPROVAL NEEDED');
      await page.become('Margaret Hamilton');
      await page.openChannel('incident-7');
      await page.click(asked, /^Approve/);
      const tried = await card(page, 'CANARY UNDER WAY');
      await tried.getByText('IN FORCE, NOT CONFIRMED').first().waitFor({ timeout: 60_000 });
      await page.click(tried, /^Revert 1 host/);
      await page.confirm(true);
      const reverted = await card(page, /STOPPED, 1 REVERTED/);
      await reverted.getByText('never begun').first().waitFor({ timeout: 30_000 });
      await reverted.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-7-reverted.png'));
      expect(await values()).toEqual(['1', '1', '1']);
      await page.say('/changes all');
      await card(page, '2 waves');
      await page.screenshot(join(shots, 'wave-8-list.png'));
      expect(page.errors).toEqual([]);
      await (await card(small, /STOPPED, 1 REVERTED/)).scrollIntoViewIfNeeded();
      await small.screenshot(join(shots, 'wave-8-phone.png'));
    });
  },
);
