/**
 * Fifty-five hosts behind SSH servers, in a real browser: an alert of a sweep from its first word to its last, the course of a
 * host's numbers, a question that takes a click, is stopped in the middle, asked again and taken home as a file; and somebody
 * who asks too much.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { Host } from '../../src/core/inventory.js';
import { mustSelect } from '../../src/core/policy.js';
import { stateScript } from '../../src/core/probe-script.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
import { parseSysctls } from '../../src/core/sysctl-transcript.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { newKeyPair } from '../../src/lab/keys.js';
import { readRecording, replayState } from '../../src/lab/recordings.js';
import { startLabServer } from '../../src/lab/server.js';
import { createTransport } from '../../src/ssh/transport.js';
import { Scratch } from '../ssh/sshd.js';
import { aHost, type FakeTransport } from '../support/bot-fakes.js';
import { recorded, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { desk, launchBrowser, openWorkspace, phone, type WorkspacePage } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(180_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const workerUrl = new URL('../ssh/worker-from-source.mjs', import.meta.url);
const HOSTS = 55;
const ADA = 'U0ADA000001';
const [healthy, full] = [recorded('c01'), readRecording('web-1')];

describeNeeding(['chromium'], 'many hosts over time', () => {
  const ends: (() => unknown)[] = [];
  const hosts: Host[] = [];
  /** hosts whose connection-tracking table is full, and those that take their time; by name */
  const sick = new Set<string>();
  const slow = new Set<string>();
  let browser: Browser;
  let asked = 0;

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    const scratch = new Scratch();
    ends.push(() => scratch.remove());
    const [key, hostKey] = [newKeyPair(), newKeyPair()];
    const identity = [{ kind: 'file' as const, path: scratch.file('id', key.private) }];
    const startedMs = Date.now();
    for (let at = 1; at <= HOSTS; at++) {
      const name = `web-${at}`;
      const server = await startLabServer({
        hostKey: hostKey.private,
        clientKey: key.public,
        user: 'tcpstates',
        respond: async () => {
          asked += name === 'web-1' ? 1 : 0;
          await new Promise((resolve) => setTimeout(resolve, slow.has(name) ? 9_000 : 50));
          return replayState(sick.has(name) ? full : healthy, name, (Date.now() - startedMs) / 1_000);
        },
      });
      ends.push(() => server.close());
      hosts.push(
        aHost(name, {
          port: server.port,
          identity,
          hostKeys: { kind: 'pinned', keys: [hostKey.public.trim()] },
          groups: ['web'],
          limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 20_000, outputBytesMax: 1_000_000 },
        }),
      );
    }
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    for (const end of ends.reverse()) await end();
  });

  const start = async (sweeping: boolean) => {
    const workspace = await startLocalWorkspace({ pageFolder: buildPage() });
    const inventory = {
      hosts: new Map(hosts.map((host) => [host.name, host])),
      groups: new Map([['web', hosts.map(({ name }) => name)]]),
      revision: '1',
    };
    const sweep = {
      name: 'web',
      hosts: 'web-1,web-2,web-3',
      selector: mustSelect('web-1,web-2,web-3'),
      everySeconds: 2,
      channel: 'C0INCIDENT7',
      raiseAfter: 1,
      clearAfter: 1,
      thresholds: {},
    };
    await startTestBot(workspace, {
      transport: createTransport({ hosts, workerUrl }) as unknown as FakeTransport,
      inventory: { current: () => inventory, problem: () => undefined },
      scripts: { state: stateScript, sysctl: sysctlScript },
      parse: { state: parseTranscript, sysctl: parseSysctls },
      sweeps: () => (sweeping ? [sweep] : []),
    });
    return workspace;
  };
  const rounds = async (more: number): Promise<void> => {
    const until = asked + more;
    for (let tries = 0; tries < 600 && asked < until; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBeGreaterThanOrEqual(until);
  };
  const shot = async (page: WorkspacePage, name: string, text?: string | RegExp): Promise<void> => {
    if (text !== undefined)
      await (await page.message(text)).evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await page.screenshot(join(shots, `${name}.png`));
  };

  test('an alert: once, acknowledged, silenced, measured from, cleared; then the course of the host', async () => {
    const workspace = await start(true);
    const page = await openWorkspace(browser, workspace.url, { as: ADA, viewport: desk });
    await page.openChannel('incident-7');
    await rounds(2);
    sick.add('web-1');
    const raised = /CRITICAL\s+web: The connection-tracking table is full/;
    const alert = await page.message(raised);
    sick.add('web-2');
    await page.message(/full, new connections are dropped on web-1 and web-2/);
    await rounds(3);
    expect(await page.messages().filter({ hasText: raised }).count()).toBe(1);
    await shot(page, 'alert-desk', raised);

    await page.click(alert, 'Acknowledge');
    await alert.getByText('Acknowledged').first().waitFor();
    await page.click(alert, 'Silence 1 h');
    await alert.getByText('Silenced').first().waitFor();
    await page.click(alert, 'Measure now');
    const thread = await page.openThread(alert);
    await thread
      .getByText(/2 of 2 hosts answered/)
      .first()
      .waitFor();
    await alert.getByText(raised).first().waitFor();
    await shot(page, 'alert-thread-desk');

    sick.clear();
    await thread
      .getByText(/CLEARED\s+web: The connection-tracking table is full/)
      .first()
      .waitFor({ timeout: 30_000 });
    const cleared = await page.message(/CLEARED\s+web/);
    expect(await cleared.innerText()).toMatch(/Acknowledged by/);
    await shot(page, 'alert-cleared-desk');

    await page.say('/sweeps');
    await page.message(/1 sweep, nothing open/);
    await page.say('/tcpstates web-1 --since 1h');
    const course = await page.message(/web-1: the last 1 h/);
    expect(await course.innerText()).toMatch(/The connection-tracking table is full.*in \d+ of \d+ samples/s);
    const numbers = await page.readTable(course.getByTestId('data-table'));
    expect(numbers.map(([what]) => what)).toContain('TIME_WAIT');
    await shot(page, 'since-desk', /web-1: the last 1 h/);

    await page.say('/tcpstates web-1,web-2 --since 1h');
    await page.message(/The number that moves most on these hosts/);
    await shot(page, 'since-two-desk', /The number that moves most on these hosts/);
    await page.say('/tcpstates web-1,web-2,web-3 --why conntrack-full');
    await page.message(/on none of 3 hosts/);
    await page.say('/tcpstates @web --watch 10m');
    await page.message(
      /“@web” names 55 hosts; a watch keeps the message of one host current\. Type: \/tcpstates web-1 --watch 10m/,
    );
    await shot(page, 'watch-many-desk');
    expect(page.errors).toEqual([]);
    await page.close();

    const small = await openWorkspace(browser, workspace.url, { as: ADA, viewport: phone });
    await small.openChannel('incident-7');
    await shot(small, 'alert-phone', /CLEARED\s+web/);
    await shot(small, 'since-phone', /web-1: the last 1 h/);
    await small.close();
  });

  test('a question to 55 hosts: a click first, stopped in the middle, asked again, and as a file', async () => {
    const workspace = await start(false);
    const page = await openWorkspace(browser, workspace.url, { as: ADA, viewport: desk });
    await page.openChannel('incident-7');
    await page.say('/tcpstates @web');
    const question = await page.message(/@web names 55 hosts; more than 50 at once take a click/);
    await shot(page, 'confirm-desk', /@web names 55 hosts/);

    for (let at = 1; at <= HOSTS; at += 2) slow.add(`web-${at}`);
    await page.click(question, 'Ask all 55');
    const progress = await page.message(/measuring\. 27 of 55/);
    await shot(page, 'progress-desk', /measuring\. 27 of 55/);
    await page.click(progress, 'Stop, show what is there');
    const stopped = await page.message(/27 of 55 hosts answered/);
    expect(await stopped.innerText()).toMatch(/28 hosts gave no answer[\s\S]*stopped before it answered/);
    await stopped.getByText('Ada Lovelace').first().waitFor();
    await shot(page, 'stopped-desk', /27 of 55 hosts answered/);

    slow.clear();
    for (const name of ['web-3', 'web-4']) sick.add(name);
    await page.click(stopped, 'Refresh');
    const whole = await page.message(/55 of 55 hosts answered/);
    const text = await whole.innerText();
    expect(text).toMatch(/CRITICAL\s+@web: 2 of 55 hosts in trouble/);
    expect(text).toMatch(/The connection-tracking table is full[^\n]* on web-3 and web-4/);
    expect(text).toMatch(/53 healthy hosts/);
    await shot(page, 'whole-desk', /55 of 55 hosts answered/);
    await page.click(whole, 'CSV');
    const thread = await page.openThread(whole);
    const link = thread.locator('a[download$=".csv"]').first();
    await link.waitFor();
    const [download] = await Promise.all([page.page.waitForEvent('download'), link.click()]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const rows = Buffer.concat(chunks).toString('utf8').trimEnd().split('\r\n');
    expect(rows).toHaveLength(HOSTS + 1);
    expect(rows[0]).toMatch(/^\uFEFF?host,verdict,what,/);
    expect(rows.filter((row) => row.includes(',critical,'))).toHaveLength(2);
    expect(page.errors).toEqual([]);
    await page.close();

    const small = await openWorkspace(browser, workspace.url, { as: ADA, viewport: phone });
    await small.openChannel('incident-7');
    await shot(small, 'whole-phone', /55 of 55 hosts answered/);
    await small.page
      .getByTestId('data-table')
      .first()
      .evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await shot(small, 'table-phone');
    await small.close();
    sick.clear();
  });

  test('who asks too much is told so once, and for how long; others go on', async () => {
    const workspace = await start(false);
    const page = await openWorkspace(browser, workspace.url, { as: ADA, viewport: desk });
    page.page.setDefaultTimeout(30_000);
    await page.openChannel('sre');
    const ada = workspace.as('Ada');
    // All at once: the limit grows by one a second, and this machine may be slow.
    await Promise.all(Array.from({ length: 75 }, () => ada.type('/sweeps', '#sre')));
    await page.message(
      /You have asked more than 60 times a minute[\s\S]*Ask again in \d+ s\. One command can name many hosts/,
    );
    await workspace.as('Grace').type('/tcpstates web-2', '#sre');
    // Taken at once: its answer takes as long as the host does.
    await page.message(/web-2/);
    await page.close();
  });
});
