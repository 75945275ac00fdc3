/** The page on the real workspace server, with an app that speaks through Slack's own client. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import bolt from '@slack/bolt';
import type { Browser } from 'playwright-core';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace.js';
import { launchBrowser, openWorkspace, phone, type WorkspacePage } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';
import { buildPage } from '../support/page-build.js';
import { gallery, inputBlocks } from '../workspace-page/gallery.js';

jest.setTimeout(60_000);
const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'tcpstates-shots-'));
const plain = (text: string) => ({ type: 'plain_text' as const, text });

/** An app of a few lines: enough to see every way between page and app. */
const startApp = async (workspace: Workspace): Promise<bolt.App> => {
  const app = new bolt.App({
    token: workspace.botToken,
    appToken: workspace.appToken,
    socketMode: true,
    convoStore: false,
    logLevel: bolt.LogLevel.ERROR,
    clientOptions: { slackApiUrl: workspace.apiUrl },
  });
  app.command('/tcpstates', async ({ ack, command, client, respond }) => {
    await ack();
    if (command.text === 'help') {
      await respond({ response_type: 'ephemeral', text: 'Usage: `/tcpstates <host>`, e.g. `/tcpstates localhost`' });
      return;
    }
    const { ts = '' } = await client.chat.postMessage({ channel: command.channel_id, text: 'Measuring…' });
    await client.chat.update({
      channel: command.channel_id,
      ts,
      text: 'localhost: healthy',
      blocks: [
        { type: 'header', text: plain('localhost: healthy') },
        {
          type: 'actions',
          block_id: 'acts',
          elements: [
            {
              type: 'button',
              action_id: 'propose',
              text: plain('Propose'),
              style: 'primary',
              confirm: {
                title: plain('Propose this?'),
                text: plain('Somebody else approves it.'),
                confirm: plain('Yes'),
                deny: plain('No'),
              },
            },
          ],
        },
      ],
    });
  });
  // Never acknowledged: Slack tells the person.
  app.command('/hosts', async () => undefined);
  app.action('propose', async ({ ack, body, client }) => {
    await ack();
    if (!('trigger_id' in body)) return;
    await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'proposal',
        title: plain('Propose a change'),
        submit: plain('Propose'),
        private_metadata: `${body.channel?.id ?? ''} ${'message' in body ? (body.message?.ts ?? '') : ''}`,
        blocks: [...inputBlocks],
      },
    });
  });
  app.view('proposal', async ({ ack, view, client, body }) => {
    const reason = view.state.values['reason']?.['text']?.value ?? '';
    if (reason.length < 10) {
      await ack({ response_action: 'errors', errors: { reason: 'Say why in ten characters or more.' } });
      return;
    }
    await ack();
    const [channel = '', ts = ''] = view.private_metadata.split(' ');
    await client.chat.postMessage({
      channel,
      thread_ts: ts,
      text: `<@${body.user.id}> proposes: ${reason}`,
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: `<@${body.user.id}> proposes: ${reason}` } },
        { type: 'actions', elements: [{ type: 'button', action_id: 'approve', text: plain('Approve') }] },
      ],
    });
  });
  app.action('approve', async ({ ack, body, respond, client }) => {
    await ack();
    if (body.type !== 'block_actions' || body.message === undefined) return;
    if (body.message.text?.includes(`<@${body.user.id}>`)) {
      await client.chat.postEphemeral({
        channel: body.channel?.id ?? '',
        user: body.user.id,
        thread_ts: body.message['thread_ts'] as string,
        text: 'You asked for it: somebody else must approve.',
      });
      return;
    }
    await respond({ replace_original: true, text: `Approved by <@${body.user.id}>` });
  });
  app.shortcut('diagnose', async ({ ack, shortcut, client }) => {
    await ack();
    if (shortcut.type !== 'message_action') return;
    await client.filesUploadV2({
      channel_id: shortcut.channel.id,
      thread_ts: shortcut.message.ts,
      filename: 'web-1.txt',
      title: 'Transcript of web-1',
      content: Array.from({ length: 40 }, (_, line) => `@@line ${line}`).join('\n'),
      initial_comment: 'The transcript',
    });
  });
  app.event('app_mention', async ({ event, say }) => {
    await say({ text: `Heard: ${event.text.replace(/<@[^>]+>\s*/, '')}`, thread_ts: event.thread_ts ?? event.ts });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({
      user_id: event.user,
      view: {
        type: 'home',
        blocks: [
          { type: 'header', text: plain('Waiting for you') },
          { type: 'section', text: { type: 'mrkdwn', text: `Nothing waits for <@${event.user}>.` } },
        ],
      },
    });
  });
  await app.start();
  return app;
};

describeNeeding(['chromium'], 'the page on the workspace', () => {
  let browser: Browser;
  let workspace: Workspace;
  let app: bolt.App;
  let at: WorkspacePage;

  beforeAll(async () => {
    workspace = await startWorkspace({
      pageFolder: buildPage(),
      ackTimeoutMs: 600,
      commands: [
        { name: '/tcpstates', description: 'TCP states and diagnosis of a host', usageHint: '<host> [--private]' },
        { name: '/hosts', description: 'The registered hosts', usageHint: '[check <host>]' },
      ],
      shortcuts: [{ callbackId: 'diagnose', name: 'Diagnose hosts in this message', description: '', kind: 'message' }],
      banner: ['*Local workspace*: `localhost` is real, all others replay.', 'Try `/tcpstates localhost` or `/hosts`'],
    });
    app = await startApp(workspace);
    await workspace.connected();
    browser = await launchBrowser();
    at = await openWorkspace(browser, workspace.url, { as: 'U0ADA000001' });
  });
  afterAll(async () => {
    await app?.stop();
    // stop() resolves before the socket is gone.
    await at?.page.locator('[data-testid=app-status][data-connections="0"]').waitFor({ state: 'attached' });
    await browser?.close();
    await workspace?.close();
  });

  test('a command typed with completion is answered in one message, updated in place', async () => {
    const composer = at.page.getByTestId('composer');
    await composer.pressSequentially('/tcp');
    await at.page.getByTestId('completions').waitFor();
    await composer.press('Tab');
    await composer.pressSequentially('localhost');
    await composer.press('Enter');
    const answer = await at.message('localhost: healthy');
    expect(await at.messages().filter({ hasText: 'Measuring' }).count()).toBe(0);
    expect(await answer.textContent()).not.toContain('(edited)');
  });

  test('help is for the typist alone', async () => {
    await at.say('/tcpstates help');
    const answer = await at.message('Usage:');
    expect(await answer.getAttribute('data-ephemeral')).toBe('true');
    expect(await answer.textContent()).toContain('Only visible to you');
    await at.click(answer, 'Dismiss message');
    await answer.waitFor({ state: 'detached' });
  });

  test('an app that does not acknowledge is told about', async () => {
    await at.say('/hosts');
    await at.page.getByTestId('notice').first().waitFor();
    await at.screenshot(join(shots, 'workspace-no-answer.png'));
    expect(await at.page.getByTestId('notice').first().textContent()).toMatch(/respond|failed/i);
    await at.page.getByLabel('Dismiss this note').first().click();
  });

  test('one proposes through confirm and modal, with an error under the input; another approves', async () => {
    await at.click(await at.message('localhost: healthy'), 'Propose');
    await at.confirm(true);
    const modal = await at.modal('Propose a change');
    await modal.getByRole('textbox', { name: 'Reason' }).fill('short');
    await modal.getByTestId('modal-submit').click();
    expect(await modal.getByTestId('input-error').textContent()).toContain('ten characters');
    await modal.getByRole('textbox', { name: 'Reason' }).fill('the connection-tracking table is full');
    await modal.getByTestId('modal-submit').click();
    await modal.waitFor({ state: 'detached' });
    const thread = await at.openThread(await at.message('localhost: healthy'));
    await thread.getByRole('button', { name: 'Approve' }).click();
    await thread.getByText('somebody else must approve').waitFor();
    await at.screenshot(join(shots, 'workspace-thread.png'));
    await at.become('Grace Hopper');
    await thread.getByRole('button', { name: 'Approve' }).click();
    await thread.getByText('Approved by').waitFor();
    expect(await thread.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await at.reply('@tcpstates web-1');
    await thread.getByText('Heard: web-1').waitFor();
    await thread.getByTestId('thread-close').click();
    await at.become('Ada Lovelace');
  });

  test('a message shortcut answers in the thread with a file whose text unfolds', async () => {
    await at.say('ALERT web-1 drops connections');
    const alert = await at.message('ALERT web-1');
    await at.messageShortcut(alert, /Diagnose/);
    await alert.getByTestId('open-thread').waitFor();
    const thread = await at.openThread(alert);
    const file = thread.getByTestId('file');
    await file.getByRole('button', { name: /Expand/ }).click();
    expect(await file.locator('pre').textContent()).toContain('@@line 39');
    await at.screenshot(join(shots, 'workspace-file.png'));
    await thread.getByTestId('thread-close').click();
  });

  test('the Home tab is published when it is opened', async () => {
    await at.openHome();
    await at.page.getByText('Nothing waits for').waitFor();
    await at.screenshot(join(shots, 'workspace-home.png'));
    await at.openChannel('incident-7');
  });

  test('every block of the gallery passes the workspace and is drawn', async () => {
    for (const { name, blocks } of gallery)
      await app.client.chat.postMessage({ channel: 'C0SRE000001', text: name, blocks: [...blocks] as never });
    await at.openChannel('sre');
    await at.message('12 numbers, each with its');
    expect(await at.page.getByTestId('unsupported').count()).toBe(0);
    const drawn = await at.readTable(at.page.getByTestId('data-table'));
    expect(drawn).toHaveLength(11);
    expect(drawn[6]).toEqual(['TIME_WAIT', '15,111', '3,777', '18,888']);
    await at.openChannel('incident-7');
  });

  test('on a phone: sidebar, thread and modal each take the window', async () => {
    const small = await openWorkspace(browser, workspace.url, { as: 'U0GRACE0001', viewport: phone });
    await small.openChannel('sre');
    await small.openChannel('incident-7');
    await small.screenshot(join(shots, 'workspace-phone.png'));
    const thread = await small.openThread(await small.message('localhost: healthy'));
    await small.screenshot(join(shots, 'workspace-phone-thread.png'));
    await thread.getByTestId('thread-close').click();
    await small.page.getByTestId('to-sidebar').click();
    await small.screenshot(join(shots, 'workspace-phone-sidebar.png'));
    expect(small.errors).toEqual([]);
    await small.close();
  });

  test('the page itself made no error', () => {
    expect(at.errors).toEqual([]);
  });
});
