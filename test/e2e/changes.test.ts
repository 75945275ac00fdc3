/**
 * A change as people make it: in a real browser on the local workspace, on a host in a network namespace that really runs out of
 * ports, through its real gate over sshd and sudo. One asks, another allows, the symptom goes, it is confirmed and kept; and once
 * more without a confirmation, and the value is back.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { startLocalWorkspace } from '../support/bot-workspace.js';
import { openWorkspace, phone } from '../support/browser.js';
import { REUSE } from '../support/changing-bot.js';
import { card, type GatedLab, newForEachTry } from '../support/gated-lab.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(300_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const NAME = 'time-wait-ports';

describeNeeding(
  ['linux', 'root', 'netns', 'sshd', 'ss', 'sudo', 'iptables', 'python3', 'chromium'],
  'a change in the browser, on a host that runs out of ports',
  () => {
    const { labs, browser, valuesOf } = newForEachTry([NAME]);
    const value = async (): Promise<string | undefined> => (await valuesOf(REUSE))[0];

    test('is asked for, allowed, measured, confirmed and kept; and without a confirmation the value is back', async () => {
      const lab = labs[0] as GatedLab;
      await lab.running.start();
      const workspace = await startLocalWorkspace({ pageFolder: buildPage() });
      const first = await lab.startBot(workspace);
      const page = await openWorkspace(browser(), workspace.url, { as: 'U0ADA000001' });
      await page.openChannel('incident-7');
      expect(await value()).toBe('0');

      await page.say(`/tcpstates ${NAME}`);
      const finding = await card(page, 'CRITICAL');
      await page.screenshot(join(shots, 'change-1-finding.png'));
      await page.click(finding, /^Propose/);
      const modal = await page.modal('Propose a change');
      await modal.getByText('net.ipv4.tcp_tw_reuse').first().waitFor();
      await modal.getByRole('textbox').first().fill('Checkout can’t connect to its database, INC-7');
      await modal.getByRole('radio', { name: /Keep it for the next boot/ }).check();
      await page.screenshot(join(shots, 'change-2-modal.png'));
      await page.click(modal, /^Propose$/);
      const proposed = await card(page, 'APPROVAL NEEDED');
      await proposed.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'change-3-proposed.png'));

      // Between asking and allowing the bot is started anew.
      await first.bot.stop(500);
      const second = await lab.startBot(workspace, { stateDir: first.stateDir });

      // Who asked may not allow it.
      await page.click(proposed, /^Approve/);
      await card(page, 'It is your own request');
      await page.become('Grace Hopper');
      await page.openChannel('incident-7');
      await proposed.getByRole('button', { name: /^Approve/ }).dblclick();
      const applied = await card(page, 'IN FORCE');
      expect(await value()).toBe('1');
      await card(page, 'BETTER');
      await applied.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'change-4-better.png'));
      const symptom = await lab.running.symptom<{ connects: { ok: number; errors?: unknown } }>();
      expect(symptom.connects.ok).toBeGreaterThan(50);

      await page.become('Ada Lovelace');
      await page.openChannel('incident-7');
      await page.click(applied, /^Confirm/);
      await card(page, /CONFIRMED {2}/);
      const kept = await lab.read();
      expect(kept.boot?.[REUSE]).toContainEqual({ file: '/etc/sysctl.d/90-tcpstates.conf', value: '1' });
      await page.screenshot(join(shots, 'change-5-confirmed.png'));

      // Once more, and nobody confirms; the bot is not even there when the time is over.
      await page.say(`/sysctl ${NAME} set ${REUSE}=0 --for 30s`);
      const again = await page.modal('Propose a change');
      await again.getByRole('textbox').first().fill('To see that it comes back');
      await page.click(again, /^Propose$/);
      const tried = await card(page, 'APPROVAL NEEDED');
      await page.become('Margaret Hamilton');
      await page.openChannel('incident-7');
      await page.click(tried, /^Approve/);
      await card(page, 'IN FORCE, NOT CONFIRMED');
      expect(await value()).toBe('0');
      await second.bot.stop(500);
      await new Promise((resolve) => setTimeout(resolve, 33_000));
      expect(await value()).toBe('1');
      await lab.startBot(workspace, { stateDir: first.stateDir });
      const reverted = await card(page, 'REVERTED');
      await reverted.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'change-6-reverted.png'));
      await page.say('/changes all');
      await card(page, '2 changes');
      await page.screenshot(join(shots, 'change-7-list.png'));
      expect(page.errors).toEqual([]);

      const small = await openWorkspace(browser(), workspace.url, { as: 'U0GRACE0001', viewport: phone });
      await small.openChannel('incident-7');
      await small.screenshot(join(shots, 'change-8-phone.png'));
    });
  },
);
