/** Many hosts in a real browser: the lab's recorded hosts behind real SSH servers, asked, stopped, looked into and compared. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Bot, startBot } from '../../src/bot.js';
import { loadCommands } from '../../src/commands.js';
import { stateScript } from '../../src/core/probe-script.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
import { parseSysctls } from '../../src/core/sysctl-transcript.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { type Lab, startLab } from '../../src/lab/lab.js';
import { makeLog } from '../../src/log.js';
import { manifestOf } from '../../src/manifest.js';
import type { Transport } from '../../src/ports/transport.js';
import { loadRules } from '../../src/rules.js';
import { createTransport } from '../../src/ssh/transport.js';
import { loadSysctls } from '../../src/sysctls.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace.js';
import { desk, launchBrowser, openWorkspace, phone } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';

jest.setTimeout(120_000);
const shots = process.env['SCREENSHOTS'] ?? join(tmpdir(), 'tcpstates-fleet-shots');
const ends: (() => unknown)[] = [];
let workspace: Workspace;
let browser: Browser;
let lab: Lab;
let bot: Bot;
let transport: Transport;

describeNeeding(['chromium'], 'many hosts', () => {
  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    const commands = await loadCommands();
    const slash = manifestOf(commands).features['slash_commands'] as { command: string }[];
    lab = await startLab();
    workspace = await startWorkspace({
      commands: slash.map(({ command }) => ({ name: command, description: '', usageHint: '' })),
      pageFolder: buildPage(),
    });
    // One that is registered and does not answer: its port refuses.
    const [some] = lab.inventory.hosts.values();
    if (some === undefined) throw new Error('the lab has no hosts');
    const gone = { ...some, name: 'web-9', port: 1, groups: ['lab', 'web'], labels: { env: 'lab', role: 'web' } };
    const inventory = {
      hosts: new Map([...lab.inventory.hosts, ['web-9', gone]]),
      groups: new Map(
        [...lab.inventory.groups].map(([name, members]) => [
          name,
          name === 'lab' || name === 'web' ? [...members, 'web-9'] : members,
        ]),
      ),
      revision: 'lab+1',
    };
    transport = createTransport({
      hosts: [...inventory.hosts.values()],
      workerUrl: new URL('../ssh/worker-from-source.mjs', import.meta.url),
    });
    const stateDir = mkdtempSync(join(tmpdir(), 'tcpstates-fleet-'));
    ends.push(() => rmSync(stateDir, { recursive: true, force: true }));
    bot = await startBot({
      slack: {
        botToken: workspace.botToken,
        slackApiUrl: workspace.apiUrl,
        way: { mode: 'socket', appToken: workspace.appToken },
      },
      stateDir,
      allow: { sharedChannels: false, guests: false },
      log: makeLog({ level: 'silent' }),
      transport,
      inventory: { current: () => inventory, problem: () => undefined },
      commands,
      rules: await loadRules(),
      sysctlCatalogue: await loadSysctls(),
      scripts: { state: stateScript, sysctl: sysctlScript },
      parse: { state: parseTranscript, sysctl: parseSysctls },
    });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await bot?.stop(500);
    await workspace?.close();
    await lab?.close();
    for (const end of ends) await end();
  });

  test('/tcpstates @lab: a table, the worst first, who is silent and why, one host in the thread, all as CSV', async () => {
    const page = await openWorkspace(browser, workspace.url, { viewport: desk });
    await page.openChannel('incident-7');
    await page.say('/tcpstates @lab');
    const message = await page.message(/in trouble/);
    await message.scrollIntoViewIfNeeded();
    await page.screenshot(join(shots, 'fleet-desk.png'));
    const text = await message.innerText();
    expect(text).toContain('1 host gave no answer');
    expect(text).toMatch(/web-9: the port refused the connection/);
    const [head, ...rows] = await page.readTable(message);
    expect(head?.slice(0, 2)).toEqual(['Host', 'Verdict']);
    const verdicts = rows.map((row) => row[1]?.split(':')[0]);
    expect(verdicts.lastIndexOf('CRITICAL')).toBeLessThan(verdicts.indexOf('WARNING'));

    await page.pick(message, 'Details of a host', rows[0]?.[0] ?? '');
    const thread = await page.openThread(message);
    await thread
      .getByText(/CRITICAL\s+\S+:/)
      .first()
      .waitFor();
    await page.click(message, 'CSV');
    await thread.getByText(/\.csv/).first().waitFor();
    await page.screenshot(join(shots, 'fleet-thread.png'));
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('the same on a phone', async () => {
    const page = await openWorkspace(browser, workspace.url, { viewport: phone });
    await page.openChannel('incident-7');
    const message = await page.message(/in trouble/);
    await message.scrollIntoViewIfNeeded();
    await message.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await page.screenshot(join(shots, 'fleet-phone.png'));
    await page.close();
  });

  test('/sysctl @lab: drift, and two hosts side by side', async () => {
    const page = await openWorkspace(browser, workspace.url, { viewport: desk });
    await page.openChannel('incident-7');
    await page.say('/sysctl @lab');
    const message = await page.message(/keys? differs? over|no drift/);
    await message.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await page.screenshot(join(shots, 'drift-desk.png'));
    await page.say('/sysctl --diff web-1 web-2');
    const pair = await page.message(/web-1 and web-2 differ|no drift/);
    await pair.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await page.screenshot(join(shots, 'diff-desk.png'));
    await page.close();
  });
});
