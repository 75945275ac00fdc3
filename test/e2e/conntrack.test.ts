/**
 * The remedy that this program began with, as people make it: in a real browser on the local workspace, on a host in a network
 * namespace whose connection-tracking table is really full, through its real gate over sshd and sudo, on the real limit of the
 * kernel. New connections fail, SSH and DNS among them; one asks, another allows, they come back, it is confirmed and kept; and
 * once more without a confirmation, and the value is back.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import type { Symptom } from '../lab/expected.js';
import { startLocalWorkspace } from '../support/bot-workspace.js';
import { launchBrowser, openWorkspace, phone } from '../support/browser.js';
import { CONNTRACK } from '../support/changing-bot.js';
import { card, GatedLab } from '../support/gated-lab.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(300_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const NAME = 'conntrack-full';
const WINDOW_SECONDS = 30;

/** The limit of the machine itself, as its own kernel has it. */
const limit = (): string => readFileSync(`/proc/sys/${CONNTRACK.replaceAll('.', '/')}`, 'utf8').trim();

/** SSH connections that the host has. */
const logins = (): number => {
  const filter = ['state', 'established', 'sport', '=', ':22'];
  const listed = execFileSync('ip', ['netns', 'exec', `lab-${NAME}-host`, 'ss', '-Htn', ...filter]).toString();
  return listed.split('\n').filter(Boolean).length;
};

const until = async (what: string, seconds: number, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const endMs = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(200);
  }
};

const toTop = (message: Locator): Promise<void> =>
  message.evaluate((element) => (element as unknown as { scrollIntoView: () => void }).scrollIntoView());

describeNeeding(
  ['linux', 'root', 'netns', 'sshd', 'ss', 'sudo', 'iptables', 'python3', 'chromium'],
  'a full conntrack table, cured in the browser',
  () => {
    let lab: GatedLab;
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser?.close());
    // One that another case keeps waiting for the limits of the machine has its time only then.
    beforeEach(async () => {
      lab = await GatedLab.up(NAME, 290);
    }, 600_000);
    afterEach(() => lab?.running.down());
    /** Who got in: SSH from outside and on the host itself, DNS. */
    const served = async (): Promise<(number | undefined)[]> => {
      const { ssh, sshOnTheHost, dns } = await lab.running.symptom<Symptom>();
      return [ssh?.ok, sshOnTheHost?.ok, dns?.ok];
    };

    test('is asked for, allowed, measured, confirmed and kept; and without a confirmation the value is back', async () => {
      const workspace = await startLocalWorkspace({ pageFolder: buildPage() });
      const first = await lab.startBot(workspace);
      const page = await openWorkspace(browser, workspace.url, { as: 'U0ADA000001' });
      await page.openChannel('incident-7');

      // Somebody looked at it before the trouble: both accounts are logged in, and these connections go on.
      await page.say(`/tcpstates ${NAME}`);
      await card(page, 'healthy');
      await until('two warm connections', 20, () => logins() === 2);
      await lab.running.start();
      expect(limit()).toBe('1500');
      expect(await served()).toEqual([0, 0, 0]);

      await page.say(`/tcpstates ${NAME}`);
      const finding = await card(page, 'CRITICAL');
      expect(await finding.innerText()).toMatch(/1,\d{3} of 1,500 entries.*dropped/);
      await toTop(finding);
      await page.screenshot(join(shots, 'conntrack-1-finding.png'));
      await page.click(finding, /^Propose/);
      const modal = await page.modal('Propose a change');
      await modal.getByText(CONNTRACK).first().waitFor();
      await modal.getByRole('textbox').first().fill('Nobody can log in, names do not resolve, INC-7');
      await modal.getByRole('radio', { name: /Keep it for the next boot/ }).check();
      await page.screenshot(join(shots, 'conntrack-2-modal.png'));
      await page.click(modal, /^Propose$/);
      const proposed = await card(page, 'APPROVAL NEEDED');
      await page.become('Grace Hopper');
      await page.openChannel('incident-7');
      await page.click(proposed, /^Approve/);
      const applied = await card(page, 'IN FORCE');
      expect(limit()).toBe('262144');
      await card(page, 'BETTER');
      await until('everybody gets in', 20, async () => (await served()).every((ok) => ok === 4));
      await applied.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'conntrack-3-better.png'));
      await page.click(applied, /^Confirm/);
      await card(page, /CONFIRMED {2}/);
      const kept = await lab.read();
      expect(kept.boot?.[CONNTRACK]).toContainEqual({ file: '/etc/sysctl.d/90-tcpstates.conf', value: '262144' });
      await page.screenshot(join(shots, 'conntrack-4-confirmed.png'));

      // Once more: the limit is low again, the clients are still there.
      await first.bot.stop(500);
      const second = await lab.startBot(workspace, {
        stateDir: first.stateDir,
        policy: (text) => text.replace('default: 5m', `default: ${WINDOW_SECONDS}s`),
      });
      await page.say(`/sysctl ${NAME} ${CONNTRACK}`);
      await until('two warm connections again', 20, () => logins() === 2);
      await lab.running.set(CONNTRACK, '1500');
      await until('nobody gets in', 20, async () => (await served()).every((ok) => ok === 0));
      await page.say(`/tcpstates ${NAME}`);
      const anew = page
        .messages()
        .filter({ hasText: new RegExp(`CRITICAL {2}${NAME}`) })
        .nth(1);
      await anew.waitFor();
      await page.click(anew, /^Propose/);
      const again = await page.modal('Propose a change');
      await again.getByRole('textbox').first().fill('To see that it comes back');
      await page.click(again, /^Propose$/);
      const tried = await card(page, 'APPROVAL NEEDED');
      await page.become('Margaret Hamilton');
      await page.openChannel('incident-7');
      await page.click(tried, /^Approve/);
      const appliedMs = Date.now();
      await card(page, 'IN FORCE, NOT CONFIRMED');
      expect(limit()).toBe('262144');
      await card(page, 'BETTER');

      // Nobody confirms, the bot is not even there when the time is over. The clients go: under their number it would be held.
      await second.bot.stop(500);
      await lab.running.cure();
      await until('the value from before', WINDOW_SECONDS + 70, () => limit() === '1500');
      expect(Date.now() - appliedMs).toBeGreaterThan((WINDOW_SECONDS - 5) * 1_000);
      await lab.startBot(workspace, { stateDir: first.stateDir });
      const reverted = await card(page, 'REVERTED');
      await reverted.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, 'conntrack-5-reverted.png'));
      expect(page.errors).toEqual([]);

      const small = await openWorkspace(browser, workspace.url, { as: 'U0GRACE0001', viewport: phone });
      await small.openChannel('incident-7');
      await small.screenshot(join(shots, 'conntrack-6-phone.png'));
      await toTop(small.messages().filter({ hasText: 'CRITICAL' }).first());
      await small.screenshot(join(shots, 'conntrack-7-phone-finding.png'));
    });
  },
);
