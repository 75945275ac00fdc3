import { describe, expect, test } from '@jest/globals';
import type { ModalView } from '@slack/types';
import { boltApp, buttons, plain, room, section, workspaceWith } from './support.js';

const input = (label: string, element: Record<string, unknown>, more: object = {}) =>
  ({
    type: 'input',
    block_id: label.toLowerCase(),
    label: plain(label),
    element: { action_id: 'a', ...element },
    ...more,
  }) as never;
const option = (name: string) => ({ text: plain(name), value: name.toLowerCase() });

const form = (title: string, more: Partial<ModalView> = {}): ModalView => ({
  type: 'modal',
  callback_id: 'form',
  title: plain(title),
  submit: plain('Send'),
  private_metadata: 'kept',
  notify_on_close: true,
  blocks: [
    input('Reason', { type: 'plain_text_input', min_length: 3 }),
    input('Hosts', { type: 'multi_static_select', options: ['Web-1', 'Web-2'].map(option) }, { optional: true }),
    input('Until', { type: 'datepicker', initial_date: '2026-11-22' }, { optional: true }),
    input('Notify', { type: 'users_select' }, { optional: true }),
    input('Minutes', { type: 'number_input', is_decimal_allowed: false, max_value: '60' }, { optional: true }),
    section('text'),
  ],
  ...more,
});

describe('modals, with a real Bolt app', () => {
  test('opened by a button, errors, then push, update, close: values, metadata and hash travel', async () => {
    const workspace = await workspaceWith();
    const submitted: Record<string, unknown>[] = [];
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ ack, respond }) => {
        await ack();
        await respond({ text: 'x', response_type: 'in_channel', blocks: [buttons('Propose')] });
      });
      app.action('propose', async ({ ack, body, client }) => {
        await ack();
        await client.views.open({ trigger_id: 'trigger_id' in body ? body.trigger_id : '', view: form('First') });
      });
      app.view('form', async ({ ack, view }) => {
        submitted.push({ ...view });
        if (view.state.values['reason']?.['a']?.value === 'bad reason')
          return ack({ response_action: 'errors', errors: { reason: 'Not a good one.' } });
        if (view.title.text === 'First')
          return ack({ response_action: 'push', view: form('Second', { callback_id: 'second' }) });
      });
      app.view('second', async ({ ack }) => {
        await ack({ response_action: 'update', view: form('Done', { callback_id: 'done' }) });
      });
      app.view('done', async ({ ack }) => {
        await ack();
      });
    });
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates', room);
    const message = await ada.waitForMessage(room, 'Propose');
    await ada.on(message).click('Propose');
    const modal = await ada.waitForModal('First');

    await modal.submit();
    expect(modal.errors).toEqual({ reason: 'Please complete this required field.' });
    await modal.fill({ Reason: 'no', Minutes: '61' }).submit();
    expect(modal.errors).toEqual({
      reason: 'Please enter at least 3 characters.',
      minutes: 'Please enter a number of at most 60.',
    });
    expect(submitted).toEqual([]);

    await modal.fill({ Reason: 'bad reason', Minutes: '5' }).submit();
    expect(modal.errors).toEqual({ reason: 'Not a good one.' });

    const grace = workspace.as('Grace').id;
    await modal.fill({ Reason: 'conntrack is full', Hosts: ['Web-1', 'web-2'], Notify: grace }).submit();
    expect(submitted.at(-1)).toMatchObject({
      private_metadata: 'kept',
      root_view_id: modal.viewId,
      state: {
        values: {
          reason: { a: { type: 'plain_text_input', value: 'conntrack is full' } },
          hosts: { a: { type: 'multi_static_select', selected_options: [{ value: 'web-1' }, { value: 'web-2' }] } },
          until: { a: { type: 'datepicker', selected_date: '2026-11-22' } },
          notify: { a: { type: 'users_select', selected_user: grace } },
          minutes: { a: { type: 'number_input', value: '5' } },
        },
      },
    });
    const second = await ada.waitForModal('Second');
    await second.fill({ Reason: 'because' }).submit();
    const done = await ada.waitForModal('Done');
    expect(done.viewId).toBe(second.viewId);
    await done.submit();
    expect(ada.modal()?.title).toBe('First');
    expect(workspace.as('Grace').modal()).toBeUndefined();
  });

  test('a trigger id is used once and lives three seconds; hash conflicts and the fourth of a stack are refused', async () => {
    let skewMs = 0;
    const workspace = await workspaceWith({ now: () => Date.now() + skewMs });
    const triggers: string[] = [];
    const app = await boltApp(workspace, (bolt) => {
      bolt.shortcut('pick_host', async ({ ack, shortcut }) => {
        await ack();
        triggers.push(shortcut.trigger_id);
      });
      bolt.view({ callback_id: 'form', type: 'view_closed' }, async ({ ack, body }) => {
        await ack();
        if (body.type === 'view_closed') closed.push(body.is_cleared);
      });
    });
    const closed: boolean[] = [];
    const ada = workspace.as('Ada');
    const trigger = async (): Promise<string> => {
      await ada.shortcut('pick_host');
      return ada.waitFor(() => triggers.shift());
    };
    const { views } = app.client;
    const error = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'ok',
        (reason: { data?: { error?: string } }) => reason.data?.error,
      );

    const first = await trigger();
    const opened = await views.open({ trigger_id: first, view: form('One') });
    expect(await error(views.open({ trigger_id: first, view: form('One') }))).toBe('exchanged_trigger_id');
    const late = await trigger();
    skewMs = 3001;
    expect(await error(views.open({ trigger_id: late, view: form('One') }))).toBe('expired_trigger_id');
    expect(await error(views.open({ trigger_id: 'made.up', view: form('One') }))).toBe('invalid_trigger_id');

    const id = opened.view?.id ?? '';
    const hash = opened.view?.hash ?? '';
    expect(await error(views.update({ view_id: id, hash, view: form('New') }))).toBe('ok');
    expect(await error(views.update({ view_id: id, hash, view: form('Old') }))).toBe('hash_conflict');
    expect(await error(views.update({ view_id: 'V0', view: form('x') }))).toBe('not_found');
    expect(ada.modal()?.title).toBe('New');

    await views.push({ trigger_id: await trigger(), view: form('Two') });
    await views.push({ trigger_id: await trigger(), view: form('Three') });
    expect(await error(views.push({ trigger_id: await trigger(), view: form('Four') }))).toBe('push_limit_reached');
    await ada.modal()?.close();
    await ada.waitFor(() => closed.length === 1);
    expect(ada.modal()?.title).toBe('Two');
    await ada.modal()?.close(true);
    await ada.waitFor(() => closed.length === 3);
    expect(closed).toEqual([false, true, true]);
    expect(ada.modal()).toBeUndefined();
  });

  test('an invalid view is refused with Slack’s pointer', async () => {
    const workspace = await workspaceWith();
    const app = await boltApp(workspace, () => undefined);
    const wrong = { ...form('x'), title: plain('t'.repeat(25)) };
    await expect(app.client.views.publish({ user_id: workspace.as('Ada').id, view: wrong })).rejects.toMatchObject({
      data: { error: 'invalid_arguments' },
    });
    await workspace
      .as('Ada')
      .shortcut('pick_host')
      .catch(() => undefined);
    await expect(app.client.blocks.validate({ view: wrong })).rejects.toMatchObject({
      data: {
        error: 'invalid_blocks',
        response_metadata: { messages: ['must be less than 25 characters [json-pointer:/view/title/text]'] },
      },
    });
    await expect(app.client.blocks.validate({ view: form('x') })).resolves.toMatchObject({ ok: true });
  });

  test('a text that an app does not take keeps the modal open', async () => {
    const workspace = await workspaceWith({ ackTimeoutMs: 80 });
    const app = await boltApp(workspace, (bolt) => {
      bolt.shortcut('pick_host', async ({ ack, shortcut, client }) => {
        await ack();
        await client.views.open({ trigger_id: shortcut.trigger_id, view: form('Form') });
      });
      bolt.view('form', async ({ ack, view }) => {
        if (view.state.values['reason']?.['a']?.value === 'wrong block')
          await ack({ response_action: 'errors', errors: { nowhere: 'x' } });
      });
    });
    expect(app).toBeDefined();
    const ada = workspace.as('Ada');
    await ada.shortcut('pick_host');
    const modal = await ada.waitForModal('Form');
    await expect(modal.fill({ Reason: 'wrong block' }).submit()).rejects.toThrow('trouble connecting');
    await expect(modal.fill({ Reason: 'no answer' }).submit()).rejects.toThrow('trouble connecting');
    expect(modal.isOpen).toBe(true);
  });

  test('Home is published when it is opened, and its elements act', async () => {
    const workspace = await workspaceWith();
    const acts: unknown[] = [];
    await boltApp(workspace, (app) => {
      app.event('app_home_opened', async ({ event, client }) => {
        await client.views.publish({
          user_id: event.user,
          view: {
            type: 'home',
            blocks: [
              section(`Hello <@${event.user}>`),
              {
                type: 'section',
                text: plain('Host'),
                accessory: {
                  type: 'external_select',
                  action_id: 'host',
                  min_query_length: 0,
                  placeholder: plain('Which host?'),
                },
              },
            ],
          },
        });
      });
      app.options('host', async ({ ack, options }) => {
        await ack({ options: [option(`${options.value}-1`)] });
      });
      app.action('host', async ({ ack, action, body }) => {
        await ack();
        acts.push(action, body);
      });
    });
    const ada = workspace.as('Ada');
    await ada.openHome();
    const home = await ada.waitFor(() => ada.home());
    expect(home.text).toContain(`Hello <@${ada.id}>`);
    expect((await home.suggest('Which host?', 'Web')).map(({ value }) => value)).toEqual(['web-1']);
    await home.pick('Which host?', 'web-1');
    await ada.waitFor(() => acts.length > 0);
    expect(acts).toMatchObject([
      { type: 'external_select', selected_option: { value: 'web-1', text: { text: 'Web-1' } } },
      { container: { type: 'view' }, view: { type: 'home', state: { values: expect.anything() } } },
    ]);
  });
});
