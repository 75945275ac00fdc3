/** The main job as a newcomer does it: the program as it is started, a page in a real browser, this very machine. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { launchBrowser, openWorkspace, type WorkspacePage } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';

jest.setTimeout(120_000);
const dist = process.env['TCPSTATES_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url));

const start = async (): Promise<{ program: ChildProcess; url: string; said: string }> => {
  const program = spawn(process.execPath, [`${dist}/src/main.js`], {
    cwd: '/',
    env: {
      PATH: process.env['PATH'] ?? '',
      TCPSTATES_WORKSPACE_PORT: '0',
      TCPSTATES_INVENTORY: '/nowhere/inventory.yml',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    program.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/Try:\n(?: {2}.*\n){3}/.test(text)) resolve(text);
    });
    program.once('exit', (code) => reject(new Error(`the program ended with ${code}: ${text}`)));
  });
  return { program, said, url: /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '' };
};

/** This machine's sockets by state, as `ss` counts them now. */
const countsOfSs = (): Map<string, number> => {
  const names: Record<string, string> = {
    ESTAB: 'ESTABLISHED',
    'FIN-WAIT-1': 'FIN_WAIT1',
    'FIN-WAIT-2': 'FIN_WAIT2',
    UNCONN: 'CLOSE',
  };
  const counts = new Map<string, number>();
  for (const line of execFileSync('ss', ['-Htan'], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n')) {
    const [state = ''] = line.split(/\s+/);
    const name = names[state] ?? state.replaceAll('-', '_');
    if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};

describeNeeding(['linux', 'chromium', 'ss'], 'a newcomer', () => {
  let bot: Awaited<ReturnType<typeof start>>;
  let browser: Awaited<ReturnType<typeof launchBrowser>>;
  let ada: WorkspacePage;
  beforeAll(async () => {
    bot = await start();
    browser = await launchBrowser();
    ada = await openWorkspace(browser, bot.url);
  });
  afterAll(async () => {
    await browser?.close();
    const ended = bot && once(bot.program, 'exit');
    bot?.program.kill('SIGTERM');
    await ended;
  });

  test('is told the address, what it is connected to, what is real, and three commands', () => {
    expect(bot.said).toMatch(/connected to the local workspace, at http:\/\/127\.0\.0\.1:\d+/);
    expect(bot.said).toMatch(/localhost is this very machine, measured for real/);
    expect(bot.said).toMatch(/recordings of real hosts/);
    expect(bot.said.match(/^ {2}\/(?:tcpstates|sysctl|hosts)/gm)).toHaveLength(3);
  });

  test('types /tcpstates localhost, and the counts agree with ss', async () => {
    const before = countsOfSs();
    await ada.say('/tcpstates localhost');
    const message = await ada.message(/TCP sockets of localhost by state/);
    const after = countsOfSs();
    const table = new Map(
      (await ada.readTable(message))
        .slice(1)
        .map(([state = '', count = '']) => [state, Number(count.replaceAll(',', ''))]),
    );
    expect([...table.keys()].sort()).toEqual(
      [
        'ESTABLISHED',
        'SYN_SENT',
        'SYN_RECV',
        'FIN_WAIT1',
        'FIN_WAIT2',
        'TIME_WAIT',
        'CLOSE',
        'CLOSE_WAIT',
        'LAST_ACK',
        'LISTEN',
        'CLOSING',
        'NEW_SYN_RECV',
      ].sort(),
    );
    // The machine lives on meanwhile: each count must lie near what it was just before and just after.
    for (const [state, count] of table) {
      const [a, b] = [before.get(state) ?? 0, after.get(state) ?? 0];
      const drift = 10 + Math.ceil(0.1 * Math.max(a, b));
      expect({ state, count, near: count >= Math.min(a, b) - drift && count <= Math.max(a, b) + drift }).toEqual({
        state,
        count,
        near: true,
      });
    }
  });

  test('types /sysctl localhost time wait, and it is what sysctl -a | grep time | grep wait says', async () => {
    const said = execFileSync(
      'sh',
      ['-c', 'PATH=$PATH:/sbin:/usr/sbin; sysctl -a 2>/dev/null | grep time | grep wait || true'],
      { encoding: 'utf8' },
    );
    const expected = said
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/\s*=\s*/));
    await ada.say('/sysctl localhost time wait');
    const message = await ada.message(/match “time wait”/);
    const text = (await message.innerText()).replace(/\s+/g, ' ');
    expect(text).toContain(`${expected.length} setting`);
    for (const [key = '', value = ''] of expected)
      expect(text).toMatch(new RegExp(`${key.replaceAll('.', '\\.')}\\s*${value}\\b`));
  });

  test('sees the article’s case named for what it is', async () => {
    await ada.say('/tcpstates web-1');
    const message = await ada.message(/connection-tracking table is full/);
    const text = await message.innerText();
    expect(text).toMatch(/connection-tracking table is full/);
    expect(text).toMatch(/Replayed recording, not a live host/);
    expect(text).toMatch(/tcp_tw_reuse.*no effect/s);
    expect(ada.errors).toEqual([]);
  });
});
