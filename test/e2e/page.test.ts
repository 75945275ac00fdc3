/** The page in a real browser, against a workspace with a script: what is drawn, typed, clicked and told. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { Message, Request } from '../../src/workspace/protocol.js';
import { launchBrowser, openWorkspace, phone, type WorkspacePage } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';
import { type StandIn, startStandIn } from '../support/stand-in-workspace.js';
import { gallery, inputBlocks, strangeBlocks, textBlocks } from '../workspace-page/gallery.js';
import { message, stateWith, view } from '../workspace-page/world.js';

// A browser takes its time on a busy machine; no test here measures time.
jest.setTimeout(60_000);

const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const shot = (name: string): string => join(shots, `${name}.png`);

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What axe-core finds wrong with WCAG 2.2 A and AA, each with the element that shows it. */
const accessibilityFaults = async (at: WorkspacePage): Promise<string[]> => {
  await at.page.evaluate(axeSource);
  return at.page.evaluate<string[]>(`axe
    .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`);
};

describeNeeding(['chromium'], 'the page', () => {
  let browser: Browser;
  let standIn: StandIn | undefined;
  let workspace: WorkspacePage | undefined;

  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser.close());
  afterEach(async () => {
    await workspace?.close();
    await standIn?.close();
    workspace = undefined;
    standIn = undefined;
  });

  const open = async (
    messages: readonly Message[],
    options: Parameters<typeof openWorkspace>[2] & {
      state?: Parameters<typeof stateWith>[2];
      answer?: Parameters<typeof startStandIn>[1];
    } = {},
  ): Promise<{ at: WorkspacePage; server: StandIn }> => {
    const server = await startStandIn((as) => stateWith(as ?? 'U0ADA', messages, options.state), options.answer);
    standIn = server;
    const at = await openWorkspace(browser, server.url, options);
    workspace = at;
    return { at, server };
  };
  const asked = <Type extends Request['type']>(server: StandIn, type: Type) =>
    server.requests.filter((one): one is Extract<Request, { type: Type }> => one.type === type);

  test.each([
    { name: 'desk', options: {} },
    { name: 'desk-dark', options: { dark: true } },
    { name: 'phone', options: { viewport: phone } },
  ])('draws every block at $name, with nothing wider than the window', async ({ name, options }) => {
    const { at } = await open(
      gallery.map(({ name: text, blocks }) => message({ text, blocks })),
      options,
    );
    const all = at.messages();
    for (const [index, { name: title }] of gallery.entries()) {
      const one = all.nth(index);
      await one.scrollIntoViewIfNeeded();
      const box = await one.boundingBox();
      expect(box?.width ?? 9999).toBeLessThanOrEqual(options.viewport?.width ?? 1280);
      await one.screenshot({ path: shot(`${name}-${title.toLowerCase().replace(/\W+/g, '-')}`) });
    }
    const overflow = await at.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
    await at.screenshot(shot(`${name}-page`));
    expect(at.errors).toEqual([]);
  });

  test('a block that it does not know, or that is broken, leaves a visible box and the rest intact', async () => {
    const { at } = await open([message({ text: 'x', blocks: [...strangeBlocks, ...textBlocks.slice(0, 1)] })]);
    const one = await at.message('connection-tracking');
    expect(await one.getByTestId('unsupported').allTextContents()).toEqual([
      'Unsupported block: hologram',
      expect.stringContaining('section block could not be drawn'),
    ]);
  });

  test('completes commands with the keyboard, shows their usage, sends with Enter', async () => {
    const { at, server } = await open([], {
      answer: (request) =>
        request.type === 'complete'
          ? {
              completions: ['/tcpstates', '/sysctl']
                .filter((name) => name.startsWith(request.text))
                .map((name) => ({ kind: 'command' as const, text: `${name} `, label: name, detail: 'usage' })),
            }
          : {},
    });
    const composer = at.page.getByTestId('composer');
    await composer.pressSequentially('/');
    await at.page.getByTestId('completions').waitFor();
    await at.screenshot(shot('desk-completions'));
    await composer.press('ArrowDown');
    await composer.press('Enter');
    expect(await composer.inputValue()).toBe('/sysctl ');
    expect(await at.page.getByTestId('usage').textContent()).toContain('<host> [words or keys…]');
    await composer.pressSequentially('localhost time wait');
    await composer.press('Enter');
    expect(await composer.inputValue()).toBe('');
    expect(asked(server, 'type')).toMatchObject([{ channel: 'C0WAR', text: '/sysctl localhost time wait' }]);
  });

  test('a whole command is sent by one Enter even while completions are shown; Escape closes them', async () => {
    const { at, server } = await open([], {
      answer: (request) =>
        request.type === 'complete'
          ? { completions: [{ kind: 'command', text: '/hosts ', label: '/hosts', detail: '' }] }
          : {},
    });
    const composer = at.page.getByTestId('composer');
    await composer.pressSequentially('/hosts');
    await at.page.getByTestId('completions').waitFor();
    await composer.press('Enter');
    expect(asked(server, 'type')).toMatchObject([{ text: '/hosts' }]);
    await composer.pressSequentially('/h');
    await at.page.getByTestId('completions').waitFor();
    await composer.press('Escape');
    await at.page.getByTestId('completions').waitFor({ state: 'detached' });
    expect(await composer.inputValue()).toBe('/h');
  });

  test('a click acts; with a confirm only after yes; what was entered goes with it', async () => {
    const { at, server } = await open([
      message({ text: 'x', blocks: textBlocks.map((block, index) => ({ ...block, block_id: `b${index}` })) }),
    ]);
    const one = await at.message('connection-tracking');
    await at.click(one, 'Propose');
    await at.click(one, 'Deny');
    await at.screenshot(shot('desk-confirm'));
    await at.confirm(false);
    expect(asked(server, 'act').map((act) => act.actionId)).toEqual(['propose']);
    await at.pick(one, 'Pick a host', 'db-1');
    await at.click(one, 'Deny');
    await at.confirm(true);
    await at.pickMenu(one.getByTestId('more'), 'Raw transcript');
    expect(asked(server, 'act').map(({ actionId, entered, values }) => ({ actionId, entered, values }))).toEqual([
      { actionId: 'propose', entered: null, values: {} },
      { actionId: 'pick', entered: 'db-1', values: { b6: { pick: 'db-1' } } },
      { actionId: 'deny', entered: null, values: { b6: { pick: 'db-1' } } },
      { actionId: 'more', entered: 'raw', values: { b6: { pick: 'db-1' } } },
    ]);
  });

  test.each([
    { name: 'desk', options: {} },
    { name: 'phone', options: { viewport: phone } },
  ])(
    'a modal at $name: keeps the focus, shows errors under inputs, goes when the server says so',
    async ({ name, options }) => {
      const { at, server } = await open([], {
        ...options,
        state: { modals: [view({ blocks: inputBlocks })] },
        answer: (request, tell) => {
          if (request.type === 'submit')
            tell({ type: 'viewErrors', viewId: request.viewId, errors: { reason: 'Say why, in one line.' } });
          return {};
        },
      });
      const modal = await at.modal('Propose a change');
      await modal.getByTestId('modal-submit').click();
      await modal.getByTestId('input-error').waitFor();
      await at.screenshot(shot(`${name}-modal`));
      const reason = modal.getByRole('textbox', { name: 'Reason' });
      expect(await reason.getAttribute('aria-invalid')).toBe('true');
      await reason.fill('conntrack is full');
      await at.pick(modal, /^Confirm window/, '60 minutes');
      await at.pick(modal, 'Also tell', 'Grace Hopper');
      await modal.getByLabel('it costs about 80 MB').check();
      await modal.getByTestId('modal-submit').click();
      const [, second] = asked(server, 'submit');
      expect(second?.values).toEqual({
        reason: { text: 'conntrack is full' },
        window: { minutes: '60 minutes' },
        who: { users: ['U0GRACE'] },
        sure: { boxes: ['it costs about 80 MB'] },
      });
      await at.page.keyboard.press('Escape');
      expect(asked(server, 'close')).toMatchObject([{ viewId: 'V1', all: false }]);
      server.tell({ type: 'modals', modals: [] });
      await modal.waitFor({ state: 'detached' });
    },
  );

  test.each([
    { name: 'light', options: {} },
    { name: 'dark', options: { dark: true } },
    { name: 'phone', options: { viewport: phone } },
  ])('axe-core finds nothing wrong in the $name channel', async ({ options }) => {
    const { at } = await open(
      gallery.map(({ name: text, blocks }) => message({ text, blocks })),
      options,
    );
    expect(await accessibilityFaults(at)).toEqual([]);
  });

  test('axe-core finds nothing wrong in a modal with errors, a thread and the Home tab', async () => {
    const parent = message({ text: 'ask', user: 'U0ADA', replyCount: 1, replyUsers: ['U0BOT'] });
    const { at, server } = await open(
      [parent, message({ text: '`answer`', threadTs: parent.ts }), message({ text: 'psst', ephemeral: true })],
      { state: { home: view({ id: 'H1', kind: 'home', blocks: textBlocks }) } },
    );
    await at.openThread(await at.message('ask'));
    expect(await accessibilityFaults(at)).toEqual([]);
    await at.openHome();
    expect(await accessibilityFaults(at)).toEqual([]);
    server.tell({ type: 'modals', modals: [view({ blocks: inputBlocks })] });
    server.tell({ type: 'viewErrors', viewId: 'V1', errors: { reason: 'Say why.' } });
    await (await at.modal()).getByTestId('input-error').waitFor();
    expect(await accessibilityFaults(at)).toEqual([]);
  });

  test('new messages and changed ones are read out; those of other people count until they are looked at', async () => {
    const { at, server } = await open([message({ text: 'old' })]);
    const announcer = at.page.getByTestId('announcer');
    const measuring = message({ text: 'Measuring web-1', channel: 'C0OPS' });
    server.tell({ type: 'message', message: measuring });
    await at.page.getByTestId('channel-ops').and(at.page.locator('.is-unread')).waitFor();
    expect(await announcer.textContent()).toBe('tcpstates: Measuring web-1');
    server.tell({ type: 'message', message: { ...measuring, text: '*web-1* is healthy, <@U0ADA>' } });
    await announcer.getByText('tcpstates: web-1 is healthy').waitFor({ state: 'attached' });
    expect(await at.page.getByTestId('channel-ops').textContent()).toContain('1 unread');
    await at.openChannel('ops');
    await at.page.locator('.is-unread').waitFor({ state: 'detached' });
  });

  test('comes back by itself when the workspace was gone, as the same person, and says so meanwhile', async () => {
    const { at, server } = await open([message({ text: 'still here' })]);
    await at.become('Grace Hopper');
    server.drop();
    await at.page.getByText('is lost. Trying again').waitFor();
    await at.page.getByText('is lost. Trying again').waitFor({ state: 'detached' });
    await at.page
      .getByRole('button', { name: /^You are Grace Hopper/ })
      .first()
      .waitFor();
    await at.message('still here');
  });

  test('a list reads from its end, stays there as messages come, and leaves who scrolled up alone', async () => {
    const { at, server } = await open(Array.from({ length: 60 }, (_, index) => message({ text: `line ${index}` })));
    const last = at.messages().last();
    await expect(last.isVisible()).resolves.toBe(true);
    const atEnd = () =>
      at.page.evaluate<boolean>(
        "(() => { const box = document.querySelector('.messages'); return box.scrollHeight - box.scrollTop - box.clientHeight < 4 })()",
      );
    expect(await atEnd()).toBe(true);
    server.tell({ type: 'message', message: message({ text: 'and one more' }) });
    await at.message('and one more');
    expect(await atEnd()).toBe(true);
    await at.page.evaluate("document.querySelector('.messages').scrollTop = 0");
    await at.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    server.tell({ type: 'message', message: message({ text: 'the last word' }) });
    await at.message('the last word');
    expect(await atEnd()).toBe(false);
    await at.say('I see');
    await at.page.waitForFunction(
      "(() => { const box = document.querySelector('.messages'); return box.scrollHeight - box.scrollTop - box.clientHeight < 4 })()",
    );
  });
});
