import { describe, expect, test } from '@jest/globals';
import { textOf } from '../../src/workspace/driver.js';
import { boltApp, buttons, incident, room, section, workspaceWith } from './support.js';

describe('a slash command, with a real Bolt app over Socket Mode', () => {
  test('is acknowledged, answered in the channel, and the answer updated in place', async () => {
    const workspace = await workspaceWith();
    const heard: Record<string, unknown>[] = [];
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ command, ack, client }) => {
        await ack();
        heard.push(command);
        const posted = await client.chat.postMessage({
          channel: command.channel_id,
          text: 'measuring',
          blocks: [section('measuring')],
        });
        await client.chat.update({
          channel: posted.channel ?? '',
          ts: posted.ts ?? '',
          text: 'web-1: healthy',
          blocks: [section('*healthy*')],
        });
      });
    });
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates web-1 --private  x', room);
    const answer = await ada.waitForMessage(room, 'web-1: healthy');
    expect(textOf(answer)).toBe('web-1: healthy\n*healthy*');
    expect(answer.edited).toBe(true);
    expect(workspace.messages(room)).toHaveLength(1);
    expect(heard).toMatchObject([
      {
        command: '/tcpstates',
        text: 'web-1 --private  x',
        user_id: ada.id,
        user_name: 'ada',
        team_id: workspace.teamId,
        channel_id: incident,
        channel_name: 'incident-7',
        is_enterprise_install: 'false',
      },
    ]);
  });

  test('answers to the typist alone: by ack, by respond, by postEphemeral', async () => {
    const workspace = await workspaceWith();
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ command, ack, respond, client }) => {
        await ack('by ack');
        await respond({ text: 'by respond' });
        await client.chat.postEphemeral({
          channel: command.channel_id,
          user: command.user_id,
          text: 'by postEphemeral',
        });
      });
    });
    await workspace.as('Ada').type('/tcpstates', room);
    await workspace.as('Ada').waitForMessage(room, 'by postEphemeral');
    expect(
      workspace
        .as('Ada')
        .messages(room)
        .map(({ text, ephemeral }) => [text, ephemeral]),
    ).toEqual([
      ['by ack', true],
      ['by respond', true],
      ['by postEphemeral', true],
    ]);
    expect(workspace.as('Grace').messages(room)).toEqual([]);
    expect(workspace.messages(room)).toEqual([]);
  });

  test('an ephemeral message can’t be updated, only replaced or deleted through its response_url', async () => {
    const workspace = await workspaceWith();
    const errors: unknown[] = [];
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ command, ack, client }) => {
        await ack();
        const { message_ts: ts } = await client.chat.postEphemeral({
          channel: command.channel_id,
          user: command.user_id,
          text: 'private',
          blocks: [section('private'), buttons('Fold', 'Drop')],
        });
        await client.chat
          .update({ channel: command.channel_id, ts: ts ?? '', text: 'x' })
          .catch((error: unknown) => errors.push(error));
      });
      app.action('fold', async ({ ack, respond, body }) => {
        await ack();
        expect(body).toMatchObject({ container: { is_ephemeral: true } });
        expect(body).not.toHaveProperty('message');
        await respond({ replace_original: true, text: 'folded', blocks: [section('folded'), buttons('Drop')] });
      });
      app.action('drop', async ({ ack, respond }) => {
        await ack();
        await respond({ delete_original: true });
      });
    });
    const ada = workspace.as('Ada');
    await ada.type('/tcpstates', room);
    const message = await ada.waitForMessage(room, 'private');
    await ada.waitFor(() => errors.length > 0);
    expect(errors).toMatchObject([{ data: { error: 'message_not_found' } }]);
    await ada.on(message).click('Fold');
    await ada.waitForMessage(room, 'folded');
    expect(ada.messages(room)).toHaveLength(1);
    await ada.on(message).click('Drop');
    await ada.waitFor(() => ada.messages(room).length === 0);
  });

  test('a response_url takes five uses; the sixth and a stale one are refused', async () => {
    let skewMs = 0;
    const workspace = await workspaceWith({ now: () => Date.now() + skewMs });
    const urls: string[] = [];
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ command, ack }) => {
        urls.push(command.response_url);
        await ack();
      });
    });
    const use = async (url: string | undefined) => {
      const response = await fetch(url ?? '', {
        method: 'POST',
        body: JSON.stringify({ text: 'x', response_type: 'in_channel' }),
      });
      return [response.status, await response.text()];
    };
    await workspace.as('Ada').type('/tcpstates', room);
    for (let used = 0; used < 5; used++) expect(await use(urls[0])).toEqual([200, 'ok']);
    expect(await use(urls[0])).toEqual([404, '{"ok":false,"error":"used_url"}']);
    expect(workspace.messages(room)).toHaveLength(5);
    await workspace.as('Ada').type('/tcpstates', room);
    skewMs = 30 * 60_000 + 1000;
    expect(await use(urls[1])).toEqual([404, '{"ok":false,"error":"expired_url"}']);
  });

  test('without an acknowledgement in time the person is told, as Slack does', async () => {
    const workspace = await workspaceWith({ ackTimeoutMs: 50 });
    await expect(workspace.as('Ada').type('/tcpstates', room)).rejects.toThrow('dispatch_failed');
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async () => undefined);
    });
    await expect(workspace.as('Ada').type('/tcpstates', room)).rejects.toThrow('operation_timeout');
  });

  test('what Slack does not let a person do', async () => {
    const workspace = await workspaceWith();
    const ada = workspace.as('Ada');
    await ada.type('hello', room);
    const [hello] = ada.messages(room);
    await expect(ada.type('/tcpstates web-1', room, hello?.ts)).rejects.toThrow('not supported in threads');
    await expect(ada.type('/nothing', room)).rejects.toThrow('/nothing is not a valid command');
    await expect(workspace.as('Radia').type('hello', '#sre')).rejects.toThrow('not yours to see');
    await ada.administer(room, 'archive');
    await expect(ada.type('hello', room)).rejects.toThrow('archived');
  });

  test('200 at once are all acknowledged and answered', async () => {
    const workspace = await workspaceWith();
    await boltApp(workspace, (app) => {
      app.command('/tcpstates', async ({ command, ack, respond }) => {
        await ack();
        await respond({ text: command.text, response_type: 'in_channel' });
      });
    });
    const ada = workspace.as('Ada');
    await Promise.all(Array.from({ length: 200 }, (_, index) => ada.type(`/tcpstates ${index}`, room)));
    await workspace.waitFor(() => workspace.messages(room).length === 200, '200 answers');
    expect(new Set(workspace.messages(room).map(({ text }) => text)).size).toBe(200);
  });

  test('completion knows commands, people and channels', async () => {
    const workspace = await workspaceWith();
    const ada = workspace.as('Ada');
    expect((await ada.complete('/t', room)).map(({ text }) => text)).toEqual(['/tcpstates ']);
    expect((await ada.complete('ask @gra', room)).map(({ text }) => text)).toEqual(['ask @grace ']);
    expect((await ada.complete('see #sr', room)).map(({ text }) => text)).toEqual(['see #sre ']);
    expect(await ada.complete('plain', room)).toEqual([]);
  });
});
