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
import { chartBlocks, gallery, inputBlocks, strangeBlocks, textBlocks } from '../workspace-page/gallery.js';
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

  /** A message whose button is answered in its thread, as a long one is: sysctls, details of a host. */
  const answeredInThread = (options: Parameters<typeof open>[1] = {}) => {
    const text = { type: 'plain_text' as const, text: 'Sysctls' };
    const button = { type: 'button' as const, action_id: 'sysctls', text };
    const asker = message({
      text: 'x',
      blocks: [...textBlocks, ...chartBlocks, { type: 'actions', block_id: 'b', elements: [button] }],
    });
    return open([asker], {
      ...options,
      answer: (request, tell) => {
        if (request.type === 'act')
          for (const news of [
            message({ text: 'the answer', threadTs: asker.ts }),
            { ...asker, threadTs: asker.ts, replyCount: 1, replyUsers: ['U0BOT'] },
          ])
            tell({ type: 'message', message: news });
        return {};
      },
    });
  };

  test('the answer to a click that comes into the thread opens it on a desk; the focus stays', async () => {
    const { at, server } = await answeredInThread();
    await at.click(await at.message('Sysctls'), 'Sysctls');
    const thread = at.page.getByTestId('thread');
    await thread.getByText('the answer').waitFor();
    expect(await at.page.evaluate('document.activeElement.textContent')).toBe('Sysctls');
    await at.screenshot(shot('desk-answer'));
    await thread.getByTestId('thread-close').click();
    // Nobody has asked for this one.
    const { ts: threadTs } = message({ text: 'x' });
    server.tell({ type: 'message', message: message({ text: 'by itself', threadTs }) });
    server.tell({ type: 'message', message: message({ text: 'the end' }) });
    await at.message('the end');
    expect(await thread.count()).toBe(0);
  });

  test('a list that is drawn anew and moves by that, as beside a thread, still reads from its end', async () => {
    const { at } = await open(Array.from({ length: 60 }, (_, index) => message({ text: `line ${index}` })));
    await at.messages().last().waitFor();
    await at.page.evaluate(`(() => {
      document.querySelector('.messages-list').firstElementChild.style.height = '900px';
      document.querySelector('.messages').scrollTop -= 100;
    })()`);
    await at.page.waitForFunction(
      "(() => { const box = document.querySelector('.messages'); return box.scrollHeight - box.scrollTop - box.clientHeight < 4 })()",
    );
  });

  test('on a phone it is offered, and takes nothing away unasked', async () => {
    const { at } = await answeredInThread({ viewport: phone });
    await at.click(await at.message('Sysctls'), 'Sysctls');
    const offered = at.page.getByTestId('answer-line');
    await offered.getByText('1 new reply').waitFor();
    expect(await at.page.getByTestId('thread').count()).toBe(0);
    await at.screenshot(shot('phone-answer'));
    expect(await accessibilityFaults(at)).toEqual([]);
    await offered.getByRole('button', { name: 'Show' }).click();
    await at.page.getByTestId('thread').getByText('the answer').waitFor();
    expect(await offered.count()).toBe(0);
  });

  test('on a phone the menu of a message covers nothing of its first line', async () => {
    // Short words: the first line ends where the screen does.
    const text = `APPROVAL NEEDED ${Array.from({ length: 40 }, (_, at) => at % 10).join(' ')}`;
    const header = { type: 'header' as const, text: { type: 'plain_text' as const, text } };
    const { at } = await open([message({ text: 'before' }), message({ text, blocks: [header] })], { viewport: phone });
    const covered = await at.page.evaluate<number>(`(() => {
      const [last] = [...document.querySelectorAll('.message-follows')].slice(-1);
      const words = document.createRange();
      words.selectNodeContents(last.querySelector('.header'));
      const menu = last.querySelector('.toolbar').getBoundingClientRect();
      return [...words.getClientRects()].filter((line) =>
        line.right > menu.left && line.left < menu.right && line.bottom > menu.top && line.top < menu.bottom).length;
    })()`);
    expect(covered).toBe(0);
    await at.screenshot(shot('phone-menu'));
  });

  test('the note about the workspace is folded on a phone at first, and stays as it was left', async () => {
    const { at } = await open([message({ text: 'x' })], { viewport: phone });
    const note = at.page.getByTestId('banner');
    expect(await note.getAttribute('class')).toContain('is-folded');
    await note.getByRole('button', { name: 'Show more' }).click();
    await at.page.reload();
    expect(await note.getAttribute('class')).not.toContain('is-folded');
    await note.getByRole('button', { name: 'Show less' }).click();
    const other = await at.page.context().newPage();
    await other.goto(at.page.url());
    await other.getByTestId('banner').and(other.locator('.is-folded')).waitFor();
    await other.close();
  });

  test('a table that goes on beyond the edge says so, and keeps its first column in sight', async () => {
    const cell = (text: string) => ({ type: 'raw_text' as const, text });
    const row = (name: string) => [name, ...Array.from({ length: 9 }, (_, n) => `column ${n}`)].map(cell);
    const table = { type: 'data_table' as const, caption: 'Hosts', rows: [row('Host'), row('web-1')] };
    const { at } = await open([message({ text: 'x', blocks: [table] })], { viewport: phone });
    const box = at.page.locator('.scrolling').first();
    await at.page.waitForFunction("document.querySelector('.scrolling.has-more-after') !== null");
    expect(await box.getAttribute('class')).not.toContain('has-more-before');
    const left = async () => (await box.locator('tbody tr > *').first().boundingBox())?.x ?? -9_999;
    const before = await left();
    await at.page.evaluate("document.querySelector('.table-frame').scrollLeft = 9999");
    await at.page.waitForFunction("document.querySelector('.scrolling.has-more-before') !== null");
    expect(Math.abs((await left()) - before)).toBeLessThan(2);
    expect(await box.getAttribute('class')).not.toContain('has-more-after');
    await at.screenshot(shot('phone-table'));
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
