import { describe, expect, test } from '@jest/globals';
import { boltApp, incident, plain, room, section, workspaceWith } from './support.js';

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (reason: { data?: { error?: string } }) => reason.data?.error,
  );

describe('mentions, shortcuts, membership', () => {
  test('a mention reaches the app, in a thread too, escaped and resolved; it answers in the thread', async () => {
    const workspace = await workspaceWith();
    const heard: Record<string, unknown>[] = [];
    await boltApp(workspace, (app) => {
      app.event('app_mention', async ({ event, client, body }) => {
        heard.push({ ...event, external: body.is_ext_shared_channel });
        await client.chat.postMessage({
          channel: event.channel,
          thread_ts: event.thread_ts ?? event.ts,
          text: 'in the thread',
        });
      });
    });
    const shared = '#partner-network';
    const ada = workspace.as('Ada');
    await ada.type('alert: web-1 & <b>', shared);
    const [alert] = ada.messages(shared);
    expect(alert?.text).toBe('alert: web-1 &amp; &lt;b&gt;');
    await workspace.as('Radia').type('@tcpstates web-1 #sre @sre-leads @grace.', shared, alert?.ts);
    await ada.waitForMessage(shared, 'in the thread');
    expect(heard).toMatchObject([
      {
        type: 'app_mention',
        channel: 'C0PARTNER01',
        thread_ts: alert?.ts,
        parent_user_id: ada.id,
        team: 'T0PARTNER01',
        external: true,
        text: `<@${workspace.botUserId}> web-1 <#C0SRE000001|sre> <!subteam^S0SRELEADS1|@sre-leads> <@${workspace.as('Grace').id}>.`,
      },
    ]);
    expect(ada.messages(shared).map(({ replyCount, threadTs }) => [replyCount, threadTs])).toEqual([
      [2, alert?.ts],
      [0, alert?.ts],
      [0, alert?.ts],
    ]);
  });

  test('where the app is no member it hears nothing and may not post; archived channels neither', async () => {
    const workspace = await workspaceWith();
    const left: unknown[] = [];
    const app = await boltApp(workspace, (bolt) => {
      bolt.event('channel_left', async ({ event }) => {
        left.push(event.channel);
      });
    });
    const ada = workspace.as('Ada');
    const post = (channel: string) => errorOf(app.client.chat.postMessage({ channel, text: 'x' }));
    expect(await post('C0RANDOM001')).toBe('not_in_channel');
    expect(await post('C0NOWHERE01')).toBe('channel_not_found');
    await ada.type('@tcpstates hello', '#random');
    expect(ada.messages('#random').at(-1)).toMatchObject({ ephemeral: true, user: 'USLACKBOT' });
    await ada.administer('#random', 'inviteApp');
    expect(await post('C0RANDOM001')).toBe('ok');
    await ada.administer('#random', 'removeApp');
    await ada.waitFor(() => left.length === 1);
    expect(await post('C0RANDOM001')).toBe('not_in_channel');
    await ada.administer(room, 'archive');
    expect(await post(incident)).toBe('is_archived');
    expect(await errorOf(app.client.conversations.join({ channel: 'C0RANDOM001' }))).toBe('ok');
    expect(await post('#random')).toBe('ok');
  });

  test('a message shortcut carries the message; a reply goes to its thread', async () => {
    const workspace = await workspaceWith();
    await boltApp(workspace, (app) => {
      app.shortcut({ callback_id: 'diagnose_message', type: 'message_action' }, async ({ ack, shortcut, client }) => {
        await ack();
        await client.chat.postMessage({
          channel: shortcut.channel.id,
          thread_ts: shortcut.message.ts,
          text: `about ${shortcut.message.text ?? ''}`,
        });
      });
    });
    const ada = workspace.as('Ada');
    await workspace.as('Grace').type('web-1 is down', room);
    const [alert] = ada.messages(room);
    if (alert === undefined) throw new Error('no alert');
    await ada.shortcut('diagnose_message', alert);
    expect(await ada.waitForMessage(room, 'about web-1 is down')).toMatchObject({ threadTs: alert.ts });
    await expect(ada.shortcut('nothing')).rejects.toThrow('no global shortcut');
  });
});

describe('messages', () => {
  test('what chat.* refuses', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    await workspace.as('Ada').type('mine', room);
    const ts = workspace.messages(room)[0]?.ts ?? '';
    const post = (more: object) => errorOf(client.chat.postMessage({ channel: incident, text: 'x', ...more }));
    expect(await post({ text: '' })).toBe('no_text');
    expect(await post({ text: 'x'.repeat(40_001) })).toBe('msg_too_long');
    expect(await post({ blocks: [{ type: 'marquee' }] })).toBe('invalid_blocks');
    expect(await post({ blocks: Array.from({ length: 5 }, () => section('x'.repeat(2900))) })).toBe(
      'msg_blocks_too_long',
    );
    expect(await post({ thread_ts: '1.000000' })).toBe('thread_not_found');
    expect(await errorOf(client.chat.update({ channel: incident, ts, text: 'yours' }))).toBe('cant_update_message');
    expect(await errorOf(client.chat.delete({ channel: incident, ts }))).toBe('cant_delete_message');
    expect(
      await errorOf(client.chat.postEphemeral({ channel: 'C0SRE000001', user: workspace.as('Radia').id, text: 'x' })),
    ).toBe('user_not_in_channel');
    expect(await errorOf(client.apiCall('chat.postMassage'))).toBe('unknown_method');
    const { permalink } = await client.chat.getPermalink({ channel: incident, message_ts: ts });
    expect(permalink).toContain(`/archives/${incident}/p${ts.replace('.', '')}`);
  });

  test('newer blocks can be refused, so that a fallback is sent', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    const modern = { type: 'container', title: plain('t'), child_blocks: [section('s')] };
    const post = () => errorOf(client.chat.postMessage({ channel: incident, text: 'x', blocks: [modern] as never }));
    expect(await post()).toBe('ok');
    workspace.faults.refuseNewerBlocks();
    expect(await post()).toBe('invalid_blocks');
    expect(await errorOf(client.chat.postMessage({ channel: incident, text: 'x', blocks: [section('s')] }))).toBe('ok');
    workspace.faults.clear();
    expect(await post()).toBe('ok');
  });

  test('who is here: users, groups, channels, the app itself', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    expect(await client.auth.test()).toMatchObject({ user_id: workspace.botUserId, team_id: workspace.teamId });
    const { user } = await client.users.info({ user: workspace.as('Dennis').id });
    expect(user).toMatchObject({ is_restricted: true, tz: 'Europe/London' });
    const first = await client.users.list({ limit: 3 });
    const rest = await client.users.list({ cursor: first.response_metadata?.next_cursor ?? '' });
    expect([...(first.members ?? []), ...(rest.members ?? [])]).toHaveLength(8);
    expect((await client.usergroups.users.list({ usergroup: 'S0SRELEADS1' })).users).toEqual([
      workspace.as('Grace').id,
      workspace.as('Margaret').id,
    ]);
    expect((await client.usergroups.list({})).usergroups).toMatchObject([{ handle: 'sre-leads' }]);
    expect((await client.conversations.list({})).channels?.map(({ name }) => name)).toEqual([
      'incident-7',
      'sre',
      'partner-network',
      'random',
    ]);
    expect((await client.conversations.members({ channel: 'C0RANDOM001' })).members).toHaveLength(4);
    expect((await client.conversations.info({ channel: 'C0PARTNER01' })).channel).toMatchObject({
      is_ext_shared: true,
    });
    const direct = await client.conversations.open({ users: workspace.as('Ada').id });
    expect(await errorOf(client.chat.postMessage({ channel: direct.channel?.id ?? '', text: 'psst' }))).toBe('ok');
    expect(workspace.as('Ada').messages('direct')).toHaveLength(1);
    expect(await errorOf(client.users.info({ user: 'U0NOBODY001' }))).toBe('user_not_found');
    await client.reactions.add({
      channel: direct.channel?.id ?? '',
      timestamp: workspace.as('Ada').messages('direct')[0]?.ts ?? '',
      name: 'eyes',
    });
    expect(workspace.as('Ada').messages('direct')[0]?.reactions).toEqual([
      { name: 'eyes', users: [workspace.botUserId] },
    ]);
  });
});

describe('files', () => {
  test('filesUploadV2 puts a file into the channel; it is a download, never a page', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    const content = `<script>alert(1)</script>${'x'.repeat(5000)}`;
    await client.filesUploadV2({
      channel_id: incident,
      filename: 'transcript.txt',
      title: 'Raw',
      content,
      initial_comment: 'here',
    });
    const message = await workspace.as('Ada').waitForMessage(room, 'here');
    expect(message.files).toMatchObject([
      {
        name: 'transcript.txt',
        title: 'Raw',
        mimetype: 'text/plain',
        sizeBytes: content.length,
        previewTruncated: true,
      },
    ]);
    const response = await fetch(new URL(message.files[0]?.path ?? '', workspace.url));
    expect(await response.text()).toBe(content);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
  });

  test('an upload of another length, a file that was never sent, a channel that is not the app’s', async () => {
    const workspace = await workspaceWith();
    const { client } = await boltApp(workspace, () => undefined);
    const { upload_url: url = '', file_id: id = '' } = await client.files.getUploadURLExternal({
      filename: 'a.txt',
      length: 3,
    });
    const complete = (channel_id: string) =>
      errorOf(client.files.completeUploadExternal({ files: [{ id }], channel_id }));
    expect((await fetch(url, { method: 'POST', body: 'four' })).status).toBe(400);
    expect(await complete(incident)).toBe('file_not_found');
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(200);
    expect(await complete('C0RANDOM001')).toBe('not_in_channel');
    expect(await complete(incident)).toBe('ok');
  });
});
