/**
 * An incident played by two people in a real browser: an alert, its shortcut, the diagnosis in the thread, a change that is
 * proposed, approved, measured and confirmed, the story; with the bot restarted while a watch, an approval and a change in
 * force are pending. The host is real: a network namespace that runs out of ports, behind sshd, sudo and its gate.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { stateScript } from '../../src/core/probe-script.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
import { parseSysctls } from '../../src/core/sysctl-transcript.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { RunningCase } from '../../src/lab/case.js';
import { labCase } from '../../src/lab/cases.js';
import { enrollment } from '../../src/lab/files.js';
import { createTransport } from '../../src/ssh/transport.js';
import type { Workspace } from '../../src/workspace/workspace.js';
import { anInventory, type FakeTransport } from '../support/bot-fakes.js';
import { type Running, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { launchBrowser, openWorkspace, phone, type WorkspacePage } from '../support/browser.js';
import { labPolicy } from '../support/changing-bot.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(300_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const workerUrl = new URL('../ssh/worker-from-source.mjs', import.meta.url);
const NAME = 'time-wait-ports';
const shortcuts = [
  {
    callbackId: 'diagnose-message',
    name: 'Diagnose hosts in it',
    description: 'in its thread',
    kind: 'message' as const,
  },
  { callbackId: 'diagnose-host', name: 'Diagnose a host', description: 'anywhere', kind: 'global' as const },
];

describeNeeding(
  ['linux', 'root', 'netns', 'sshd', 'ss', 'sudo', 'iptables', 'python3', 'chromium'],
  'an incident, played by two people',
  () => {
    let running: RunningCase;
    let browser: Browser;
    beforeAll(async () => {
      const about = labCase(NAME);
      if (about === undefined) throw new Error(`no case ${NAME}`);
      running = await RunningCase.up(about, { secondsMax: 290, owner: process.pid, enroll: await enrollment() });
      await running.start();
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await running?.down();
    });

    const start = (workspace: Workspace, stateDir?: string): Promise<Running> => {
      const inventory = anInventory(running.host);
      return startTestBot(workspace, {
        transport: createTransport({ hosts: [running.host], workerUrl }) as unknown as FakeTransport,
        inventory: { current: () => inventory, problem: () => undefined },
        scripts: { state: stateScript, sysctl: sysctlScript },
        parse: { sysctl: parseSysctls, state: parseTranscript },
        policy: () => labPolicy(),
        verifyAfterSeconds: [8],
        ...(stateDir === undefined ? {} : { stateDir }),
      });
    };
    /** in the channel, or in its thread */
    const said = async (
      { page }: WorkspacePage,
      words: string | RegExp,
      where: 'channel' | 'thread' = 'channel',
    ): Promise<Locator> => {
      const found = page.getByTestId(where).getByTestId('message').filter({ hasText: words }).last();
      await found.waitFor({ timeout: 60_000 });
      return found;
    };
    const shot = async (page: WorkspacePage, name: string, at?: Locator): Promise<void> => {
      await at?.scrollIntoViewIfNeeded();
      await page.screenshot(join(shots, `warroom-${name}.png`));
    };

    test('alert, shortcut, diagnosis, propose, approve, verify, confirm, timeline; restarts in between', async () => {
      const workspace = await startLocalWorkspace({ pageFolder: buildPage(), shortcuts });
      const first = await start(workspace);
      const page = await openWorkspace(browser, workspace.url, { as: 'U0ADA000001' });
      await page.openChannel('incident-7');
      await page.say(`[FIRING:1] CheckoutErrors instance="${NAME}:9100" severity="critical"`);
      await page.messageShortcut(await said(page, 'CheckoutErrors'), 'Diagnose hosts in it');
      await page.openThread(await said(page, 'CheckoutErrors'));
      const diagnosis = await said(page, 'States, IPv4/IPv6', 'thread');
      await shot(page, '1-thread', diagnosis);

      // Watched from here on; the watch is a message of its own in the thread.
      await page.click(diagnosis, /^Watch 10 min/);
      const watch = await said(page, 'Stop watching', 'thread');
      await page.click(diagnosis, /^Propose/);
      const modal = await page.modal('Propose a change');
      await modal.getByText('net.ipv4.tcp_tw_reuse').first().waitFor();
      await modal.getByRole('textbox').first().fill('Checkout can’t connect to its database, INC-7');
      await page.click(modal, /^Propose$/);
      const where = await Promise.race([
        said(page, 'APPROVAL NEEDED', 'thread').then(() => 'thread' as const),
        said(page, 'APPROVAL NEEDED', 'channel').then(() => 'channel' as const),
      ]);
      const proposed = await said(page, 'APPROVAL NEEDED', where);

      // The bot is started anew in the middle of a watch and of a pending approval.
      await first.bot.stop(500);
      const second = await start(workspace, first.stateDir);
      await page.become('Grace Hopper');
      await page.openHome();
      await page.page.getByTestId('home').getByText('Waiting for your approval: 1').waitFor();
      await shot(page, '2-home-approver');
      await page.openChannel('incident-7');
      if (where === 'thread') await page.openThread(await said(page, 'CheckoutErrors'));
      await page.click(proposed, /^Approve/);
      await said(page, 'IN FORCE', where);
      // And in the middle of a change in force.
      await second.bot.stop(500);
      await start(workspace, first.stateDir);
      const better = await said(page, 'BETTER', where);
      await shot(page, '3-better', better);

      await page.become('Ada Lovelace');
      await page.openChannel('incident-7');
      if (where === 'thread') await page.openThread(await said(page, 'CheckoutErrors'));
      await page.click(await said(page, /IN FORCE|VERIFIED/, where), /^Confirm/);
      await said(page, /(?<!NOT )CONFIRMED {2}/, where);

      // The watch went on through both restarts, in the same message.
      await page.openThread(await said(page, 'CheckoutErrors'));
      await watch.filter({ hasText: /[3-9] looks so far|\d\d looks so far/ }).waitFor({ timeout: 60_000 });
      await shot(page, '4-watch', watch);
      await page.click(watch, 'Stop watching');
      await said(page, 'Watch ended', 'thread');

      await page.say('/changes timeline --since 1h');
      const story = await said(page, 'Timeline of the last 1 h');
      for (const words of [
        'proposed to set net.ipv4.tcp_tw_reuse',
        'approved it',
        'in force',
        'BETTER after',
        'confirmed',
      ])
        await story.getByText(words).first().waitFor();
      await shot(page, '5-timeline', story);
      await page.click(story, 'Post summary into channel');
      await page.page
        .getByTestId('channel')
        .getByText(/^Timeline of the last 1 h/)
        .nth(1)
        .waitFor();
      await page.openHome();
      // The watch and the change saw it healthy since the last question.
      await page.page.getByTestId('home').getByText('Hosts with findings: 0').waitFor();
      await shot(page, '6-home');
      expect(page.errors).toEqual([]);

      const small = await openWorkspace(browser, workspace.url, { as: 'U0ADA000001', viewport: phone });
      await small.openChannel('incident-7');
      await shot(small, '7-phone-story', await said(small, 'Timeline of the last 1 h'));
      await small.openHome();
      await shot(small, '9-phone-home');
      await small.openChannel('incident-7');
      await small.openThread(await said(small, 'CheckoutErrors'));
      await shot(small, '8-phone-watch', await said(small, 'Watch ended', 'thread'));
    });
  },
);
