/**
 * A cause that several hosts share, cured on all of them at once, as people make it: in a real browser on the local workspace, on two
 * hosts in network namespaces under a real SYN flood without syncookies. One look at the group names the cause; its remedy is
 * proposed, allowed once, tried on one host and judged there by the finding's own measure, then made on the other.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { startLocalWorkspace } from '../support/bot-workspace.js';
import { openWorkspace, phone } from '../support/browser.js';
import { asWeb, card, newForEachTry, startGatedBot } from '../support/gated-lab.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(300_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const COOKIES = 'net.ipv4.tcp_syncookies';
/** the same flood: once the listener's own backlog is the limit, once the system's */
const CASES = ['syn-flood', 'syn-flood-backlog'] as const;

describeNeeding(
  ['linux', 'root', 'netns', 'sshd', 'ss', 'sudo', 'iptables', 'python3', 'chromium'],
  'the cause that two hosts share, cured in the browser',
  () => {
    const { labs, browser, valuesOf } = newForEachTry(CASES);

    test('is named once, proposed for both, allowed once, better on the canary, then on the other, confirmed', async () => {
      const workspace = await startLocalWorkspace({ pageFolder: buildPage() });
      await startGatedBot(workspace, asWeb(labs), { verifyAfterSeconds: [4, 10] });
      for (const { running } of labs) await running.start();
      expect(await valuesOf(COOKIES)).toEqual(['0', '0']);
      const page = await openWorkspace(browser(), workspace.url, { as: 'U0ADA000001' });
      await page.openChannel('incident-7');

      await page.say('/tcpstates @web');
      const fleet = await card(page, /2 of 2 hosts in trouble/);
      await fleet.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-cause-1-fleet.png'));
      await page.click(fleet, /^Propose/);
      const modal = await page.modal('Propose a wave');
      await modal.getByText('Batch 2 of 2').waitFor({ timeout: 30_000 });
      await modal.getByRole('textbox').first().fill('SYN flood on both, INC-7');
      await page.screenshot(join(shots, 'wave-cause-2-modal.png'));
      await page.click(modal, /^Propose$/);
      const proposed = await card(page, 'APPROVAL NEEDED');
      await page.become('Grace Hopper');
      await page.openChannel('incident-7');
      await page.click(proposed, /^Approve/);
      await card(page, 'CANARY UNDER WAY');
      const done = page
        .messages()
        .filter({ hasText: /2 IN FORCE, NOT CONFIRMED {2}/ })
        .last();
      await done.waitFor({ timeout: 150_000 });
      expect(await valuesOf(COOKIES)).toEqual(['1', '1']);
      // What it did by the finding's own measure, host by host.
      const told = [
        ...(await done.innerText()).matchAll(/(\w+) after \d+ s: before CRITICAL: (\w+) ([\d,.]+).*; now gone: \2/g),
      ];
      expect(told.map(([, outcome]) => outcome)).toEqual(['BETTER', 'BETTER']);
      for (const [, , , before = ''] of told) expect(Number(before.replaceAll(',', ''))).toBeGreaterThan(0);
      await done.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-cause-3-in-force.png'));
      await page.click(done, /^Hosts one by one/);
      const detail = await card(page, 'Host by host');
      await detail.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-cause-4-hosts.png'));
      await page.click(done, /^Confirm all 2/);
      const confirmed = await card(page, /2 CONFIRMED {2}/);
      await confirmed.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'wave-cause-5-confirmed.png'));
      expect(await valuesOf(COOKIES)).toEqual(['1', '1']);

      // The flood goes on, and is held off: something to mind, and nothing wrong.
      await page.say('/tcpstates @web');
      const after = await card(page, 'all 2 hosts');
      await after.getByText(/Held off +on web-1 and web-2: a SYN queue is full, SYN cookies answer/).waitFor();
      await page.screenshot(join(shots, 'wave-cause-6-after.png'));
      const small = await openWorkspace(browser(), workspace.url, { as: 'U0GRACE0001', viewport: phone });
      await small.openChannel('incident-7');
      await (await card(small, /2 CONFIRMED {2}/)).scrollIntoViewIfNeeded();
      await small.screenshot(join(shots, 'wave-cause-7-phone.png'));
      expect(page.errors).toEqual([]);
    });
  },
);
