/** A real browser on the local workspace, and what a person does in it. */
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

export const desk = { width: 1280, height: 900 } as const;
export const phone = { width: 390, height: 844 } as const;

/** ms that a step in the page may take before the test gives up */
const stepMs = 10_000;

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export interface OpenOptions {
  /** person id; default: the workspace's first person */
  as?: string;
  viewport?: { width: number; height: number };
  dark?: boolean;
}

export interface WorkspacePage {
  page: Page;
  /** errors of the page's own code, and failed loads; a test may want it empty */
  errors: string[];
  /** picks a channel by its name, without the # */
  openChannel(name: string): Promise<void>;
  openHome(): Promise<void>;
  /** types into the channel's composer, without sending */
  type(text: string): Promise<void>;
  /** types a message or slash command into the channel's composer and sends it with Enter */
  say(text: string): Promise<void>;
  /** types into the open thread and sends */
  reply(text: string): Promise<void>;
  /** becomes another person, by the name shown in the menu */
  become(realName: string): Promise<void>;
  /** messages of the channel, oldest first; ephemeral ones too */
  messages(): Locator;
  /** the newest message of the channel that contains the text; waits for it */
  message(text: string | RegExp): Promise<Locator>;
  /** clicks a button by its accessible name inside a message, modal or Home */
  click(within: Locator, name: string | RegExp): Promise<void>;
  /** answers an open confirm dialog */
  confirm(yes: boolean): Promise<void>;
  /** picks from a select by the select's label or placeholder and the option's words */
  pick(within: Locator, select: string | RegExp, option: string): Promise<void>;
  /** picks from an overflow, message or shortcut menu */
  pickMenu(trigger: Locator, item: string | RegExp): Promise<void>;
  /** opens the ⋯ menu of a message and picks a shortcut */
  messageShortcut(message: Locator, name: string | RegExp): Promise<void>;
  globalShortcut(name: string | RegExp): Promise<void>;
  /** the open modal; waits for it */
  modal(title?: string | RegExp): Promise<Locator>;
  /** opens a message's thread; returns the thread's pane */
  openThread(message: Locator): Promise<Locator>;
  /** the words of a table's cells, the head first; all pages of a data_table */
  readTable(within: Locator, nth?: number): Promise<string[][]>;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

const cells = (table: Locator): Promise<string[][]> =>
  table
    .locator('tr')
    .evaluateAll((rows) =>
      (rows as unknown as { cells: ArrayLike<{ textContent: string | null }> }[]).map((row) =>
        Array.from(row.cells, (cell) => (cell.textContent ?? '').trim()),
      ),
    );

/** Opens until there is something to type into; a page that stays empty says what it shows, and gets two more tries. */
const opened = async (context: BrowserContext, url: string, errors: string[]): Promise<Page> => {
  for (let tries = 1; ; tries += 1) {
    const page = await context.newPage();
    page.setDefaultTimeout(stepMs);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    try {
      await page.goto(url);
      await page.getByTestId('composer').or(page.getByTestId('home')).first().waitFor({ timeout: 30_000 });
      return page;
    } catch (error) {
      const shown = await page
        .locator('body')
        .innerText({ timeout: 2_000 })
        .catch(() => 'nothing');
      const what = `the page did not open: it shows "${shown.slice(0, 300)}"; ${errors.join('; ') || 'no errors'}`;
      if (tries === 3) throw new Error(what, { cause: error });
      process.stderr.write(`${what}; it is opened again\n`);
      await page.close().catch(() => undefined);
    }
  }
};

export const openWorkspace = async (
  browser: Browser,
  url: string,
  { as, viewport = desk, dark = false }: OpenOptions = {},
): Promise<WorkspacePage> => {
  const context = await browser.newContext({ viewport, colorScheme: dark ? 'dark' : 'light' });
  const errors: string[] = [];
  const address = new URL(url);
  if (as !== undefined) address.searchParams.set('as', as);
  const page = await opened(context, address.href, errors);

  const narrow = viewport.width <= 720;
  const showSidebar = async () => {
    if (narrow && !(await page.getByTestId('sidebar').isVisible())) await page.getByTestId('to-sidebar').click();
  };
  const composer = page.getByTestId('composer');
  const pickMenu: WorkspacePage['pickMenu'] = async (trigger, item) => {
    await trigger.click();
    const menu = page.getByRole('menu');
    await menu
      .getByRole('menuitem', { name: item })
      .or(menu.getByRole('menuitemradio', { name: item }))
      .first()
      .click();
  };
  const workspace: WorkspacePage = {
    page,
    errors,
    openChannel: async (name) => {
      await showSidebar();
      await page.getByTestId(`channel-${name}`).click();
      await page.getByTestId('channel').waitFor();
    },
    openHome: async () => {
      await showSidebar();
      await page.getByTestId('app-home').click();
      await page.getByTestId('home').waitFor();
    },
    type: (text) => composer.fill(text),
    say: async (text) => {
      await composer.fill(text);
      // A popup of completions would take the Enter.
      await composer.press('Escape');
      await page.getByTestId('send').click();
    },
    reply: async (text) => {
      await page.getByTestId('thread-composer').fill(text);
      await page.getByTestId('thread-send').click();
    },
    become: async (realName) => {
      const compact = page.getByTestId('switch-person-compact');
      await pickMenu((await compact.isVisible()) ? compact : page.getByTestId('switch-person'), realName);
      await page.locator(`[title^="You are ${realName}"]`).first().waitFor({ state: 'attached' });
    },
    messages: () => page.getByTestId('channel').getByTestId('message'),
    message: async (text) => {
      const found = page.getByTestId('channel').getByTestId('message').filter({ hasText: text }).last();
      await found.waitFor();
      return found;
    },
    click: (within, name) => within.getByRole('button', { name }).first().click(),
    confirm: async (yes) => {
      await page.getByTestId(yes ? 'confirm-yes' : 'confirm-deny').click();
      await page.getByTestId('confirm').waitFor({ state: 'detached' });
    },
    pick: async (within, select, option) => {
      const wanted = page.getByRole('option', { name: option }).first();
      // A message that is updated in this moment takes its open list away: open it again, as a person would.
      for (let tries = 0; tries < 3 && !(await wanted.isVisible()); tries++) {
        await within.getByRole('button', { name: select }).first().click();
        await wanted.waitFor({ timeout: 2_000 }).catch(() => undefined);
      }
      await wanted.click();
      if (await page.getByRole('listbox').first().isVisible()) await page.keyboard.press('Escape');
    },
    pickMenu,
    messageShortcut: async (message, name) => {
      await message.hover();
      await pickMenu(message.getByTestId('message-menu'), name);
    },
    globalShortcut: (name) => pickMenu(page.getByTestId('shortcuts').first(), name),
    modal: async (title) => {
      const modal =
        title === undefined ? page.getByTestId('modal') : page.getByTestId('modal').filter({ hasText: title });
      await modal.waitFor();
      return modal;
    },
    openThread: async (message) => {
      const link = message.getByTestId('open-thread');
      if (await link.isVisible()) await link.click();
      else {
        await message.hover();
        await message.getByTestId('reply').click();
      }
      const thread = page.getByTestId('thread');
      await thread.waitFor();
      return thread;
    },
    readTable: async (within, nth = 0) => {
      const table = within.locator('table').nth(nth);
      const rows = await cells(table);
      const next = table
        .locator('xpath=ancestor::*[@data-testid="data-table"]')
        .getByRole('button', { name: 'Next page' });
      while ((await next.count()) > 0 && (await next.isEnabled())) {
        await next.click();
        rows.push(...(await cells(table)).slice(1));
      }
      return rows;
    },
    screenshot: async (path) => {
      await page.evaluate(
        () => (globalThis as unknown as { document: { fonts: { ready: Promise<unknown> } } }).document.fonts.ready,
      );
      await page.screenshot({ path });
    },
    close: () => context.close(),
  };
  return workspace;
};
