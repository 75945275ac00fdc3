/** A change from the finding's button to its end, in the local workspace, with a model of a host and its gate. */
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import { textOf } from '../../src/workspace/driver.js';
import type { Workspace } from '../../src/workspace/workspace.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { CONNTRACK, conntrackHost, labPolicy, REUSE } from '../support/changing-bot.js';

jest.setTimeout(30_000);

const CONFIRMED = /^CONFIRMED /;
let workspace: Workspace;
let on: ReturnType<typeof conntrackHost>;
beforeEach(async () => {
  workspace = await startLocalWorkspace();
  on = conntrackHost();
});
const start = (more: Parameters<typeof startTestBot>[1] = {}) =>
  startTestBot(workspace, {
    transport: on.transport,
    inventory: { current: () => on.inventory, problem: () => undefined },
    policy: () => labPolicy(),
    verifyAfterSeconds: [1],
    ...more,
  });

/** From the finding to the proposal's message. */
const propose = async (reason = 'Checkout drops connections, https://inc.example/7', persist = false) => {
  const ada = workspace.as('Ada');
  await ada.type('/tcpstates web-1', room);
  const answer = await ada.waitForMessage(room, 'connection-tracking table is full');
  await ada.on(answer).click('Propose');
  const modal = await ada.waitForModal('Propose a change');
  modal.fill({ reason, ...(persist ? { persist: 'persistent' } : {}) });
  await modal.submit();
  return ada.waitForMessage(room, 'APPROVAL NEEDED');
};
const words = (message: { channel: string; ts: string }): string => {
  const found = workspace.messages(room).find(({ ts }) => ts === message.ts);
  return found === undefined ? '' : textOf(found);
};
const standsAs = (message: { channel: string; ts: string }, state: RegExp) =>
  workspace
    .waitFor(() => state.test(words(message)), `a message that says ${state}`, 8_000)
    .catch((error: Error) => {
      throw new Error(`${error.message}\n${words(message)}`);
    });

describe('a change', () => {
  test('is proposed from the finding, approved by another, measured, confirmed, and can be undone', async () => {
    await start();
    const card = await propose(undefined, true);
    const ada = workspace.as('Ada');
    const grace = workspace.as('Grace');
    expect(words(card)).toContain('65536');
    expect(words(card)).toContain('262144');
    expect(words(card)).toContain('https://inc.example/7');
    expect(grace.on(card).buttons).toEqual(['Approve', 'Deny', 'Dry run', 'Who can?', 'Break glass']);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');

    await ada.on(card).click('Approve');
    await ada.waitForMessage(room, /your own request/);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');

    // A double click, and a third person at the same time.
    await Promise.all([
      grace.on(card).click('Approve'),
      grace.on(card).click('Approve'),
      workspace.as('Margaret').on(card).click('Approve'),
    ]);
    await standsAs(card, /IN FORCE/);
    expect(on.model.values.get(CONNTRACK)).toBe('262144');
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set']);
    await standsAs(card, /BETTER/);
    expect(ada.on(card).buttons).toEqual(['Confirm', 'Revert now']);
    expect(on.model.sysctlD.size).toBe(0);

    await ada.on(card).click('Confirm');
    await standsAs(card, CONFIRMED);
    expect(on.model.sysctlD.get(CONNTRACK)).toBe('262144');
    expect(ada.on(card).buttons).toEqual(['Undo']);

    await ada.on(card).click('Undo');
    const modal = await ada.waitForModal('Propose to undo');
    await modal.fill({ reason: 'It was for the launch only' }).submit();
    const undo = await ada.waitForMessage(room, 'APPROVAL NEEDED  web-1: nf_conntrack_max 262,144 → 65,536');
    expect(words(undo)).toContain('Takes back');
  });

  test('is taken back by the host when nobody confirms, and the message says so', async () => {
    await start();
    const card = await propose();
    await workspace.as('Grace').on(card).click('Approve');
    await standsAs(card, /IN FORCE/);
    await workspace.as('Ada').on(card).click('Revert now');
    await standsAs(card, /REVERTED/);
    expect(on.model.values.get(CONNTRACK)).toBe('65536');
    expect(workspace.as('Ada').on(card).buttons).toEqual([]);
  });

  test('survives a restart between every two of its steps', async () => {
    const first = await start();
    const card = await propose();
    await first.bot.stop(500);
    const more = { stateDir: first.stateDir, ...{} };
    const second = await start(more);
    await workspace.as('Grace').on(card).click('Approve');
    await standsAs(card, /IN FORCE/);
    await second.bot.stop(500);
    await start(more);
    await workspace.as('Ada').on(card).click('Confirm');
    await standsAs(card, CONFIRMED);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set', 'confirm']);
  });

  test('denied with a reason is over, and a late click says who was first', async () => {
    await start();
    const card = await propose();
    const grace = workspace.as('Grace');
    await grace.on(card).click('Deny');
    const modal = await grace.waitForModal('Deny the change');
    await modal.fill({ reason: '   ' }).submit();
    expect(modal.errors['reason']).toMatch(/reason/);
    await modal.fill({ reason: 'Not during the launch' }).submit();
    await standsAs(card, /DENIED[\s\S]*Not during the launch/);
    expect(grace.on(card).buttons).toEqual([]);
  });

  test('alone, with broken glass: those who were passed over are told at once, and somebody else reviews it', async () => {
    await start();
    const card = await propose();
    const ada = workspace.as('Ada');
    await ada.on(card).click('Break glass');
    const modal = await ada.waitForModal('Break glass');
    await modal.fill({ reason: 'All of checkout is down, nobody answers' }).submit();
    await standsAs(card, /IN FORCE/);
    const told = await ada.waitForMessage(room, /you were passed over/);
    expect(told.threadTs).toBe(card.ts);
    expect(JSON.stringify(told.blocks)).toContain('U0GRACE0001');
    await ada.on(card).click('Reviewed');
    await ada.waitForMessage(room, /Reviewing: not done/);
    await ada.on(card).click('Confirm');
    await standsAs(card, CONFIRMED);
    await workspace.as('Margaret').on(card).click('Reviewed');
    await standsAs(card, /Reviewed by/);
  });

  test('shows what would be done, and who could allow it and why', async () => {
    await start();
    const card = await propose();
    const ada = workspace.as('Ada');
    await ada.on(card).click('Dry run');
    const modal = await ada.waitForModal('Dry run');
    await ada.waitFor(() => /set [a-z0-9]{16} 300 /.test(modal.text), 'the request line');
    expect(modal.text).toContain('runtime net.netfilter.nf_conntrack_max:65536:262144');
    await modal.close();
    await ada.on(card).click('Who can?');
    await ada.waitForMessage(room, /You can’t approve it[\s\S]*your own request/);
    await workspace.as('Grace').on(card).click('Who can?');
    await workspace.as('Grace').waitForMessage(room, /You can approve it/);
  });

  test('one at a time on a host; the second is told which one is open', async () => {
    await start();
    await propose();
    const ada = workspace.as('Ada');
    await ada.type(`/sysctl web-1 set ${REUSE}=1`, room);
    const modal = await ada.waitForModal('Not possible');
    expect(modal.text).toMatch(/has an open change.*\/changes [a-z0-9]{16}/);
  });
});

describe('keys that ask for a one-time code', () => {
  const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  const policy = labPolicy((text) =>
    text
      .replace('net.netfilter.nf_conntrack_max: {}', 'net.netfilter.nf_conntrack_max: {stepUp: true, approvals: 2}')
      .replace('U0GRACE0001"]}', 'U0GRACE0001"], totpEnv: GRACE_TOTP}')
      .replace('U0LINUS0001"]}', 'U0LINUS0001"], totpEnv: LINUS_TOTP}')
      .replace('leads: {people: [grace, margaret]}', 'leads: {people: [grace, margaret, linus]}'),
  );
  const secret = (name: string) => (/^(GRACE|LINUS)_TOTP$/.test(name) ? SECRET : undefined);
  const code = () => new TOTP({ secret: Secret.fromBase32(SECRET) }).generate();

  test('take it from each approver, once; who has no secret is told so', async () => {
    const { logged } = await start({ policy: () => policy, secret });
    const card = await propose();
    expect(words(card)).toContain('each with a one-time code');
    await workspace.as('Margaret').on(card).click('Approve');
    await workspace.as('Margaret').waitForMessage(room, /names no one-time-code secret \(totpEnv\) for margaret/);

    const grace = workspace.as('Grace');
    await grace.on(card).click('Approve');
    const modal = await grace.waitForModal('One-time code');
    expect(modal.text).toContain('262144');
    await modal.fill({ code: 'abcdef' }).submit();
    expect(modal.errors['code']).toMatch(/Six digits/);
    const wrong = code() === '000000' ? '000001' : '000000';
    await modal.fill({ code: wrong }).submit();
    await grace.waitForMessage(room, /the code is wrong; 4 tries are left/);
    expect(words(card)).toContain('Needs');

    await grace.on(card).click('Approve');
    const again = await grace.waitForModal('One-time code');
    const used = code();
    await again.fill({ code: used }).submit();
    await standsAs(card, /Still needs/);
    expect(on.model.effects).toEqual([]);

    const linus = workspace.as('Linus');
    await linus.on(card).click('Approve');
    await (await linus.waitForModal('One-time code')).fill({ code: code() }).submit();
    await standsAs(card, /IN FORCE/);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set']);
    expect(logged()).not.toContain(SECRET);
    expect(logged()).not.toContain(used);
  });
});

test('a grant that holds in one channel only holds there for modals too', async () => {
  const policy = labPolicy((text) => text.replace('- hosts: "*"', '- hosts: "*"\n    channels: [C0INCIDENT7]'));
  await start({ policy: () => policy });
  const card = await propose();
  const grace = workspace.as('Grace');
  await grace.on(card).click('Deny');
  await (await grace.waitForModal('Deny the change')).fill({ reason: 'Not now' }).submit();
  await standsAs(card, /DENIED/);
  const ada = workspace.as('Ada');
  await ada.type(`/sysctl web-1 set ${REUSE}=1`, '#sre');
  await ada.waitForMessage('#sre', /No registered host is called/);
});

describe('from the command line', () => {
  test('several keys are one change, in the order that is safe', async () => {
    await start();
    const ada = workspace.as('Ada');
    await ada.type(
      '/sysctl web-1 set net.ipv4.ip_local_port_range="10240 65535" net.ipv4.ip_local_reserved_ports=9100,8080 --for 2m --persist',
      room,
    );
    const modal = await ada.waitForModal('Propose a change');
    await modal.fill({ reason: 'more ports' }).submit();
    const card = await ada.waitForMessage(room, 'APPROVAL NEEDED');
    await workspace.as('Grace').on(card).click('Approve');
    await standsAs(card, /IN FORCE/);
    const set = on.transport.requests.find((line) => line.startsWith('set '));
    expect(set).toMatch(
      /^set [a-z0-9]{16} 120 \S+ persistent net\.ipv4\.ip_local_reserved_ports:none:8080,9100 net\.ipv4\.ip_local_port_range:32768_60999:10240_65535$/,
    );
  });

  test.each([
    ['net.ipv4.tcp_nope=1', /Nothing is known of a key/],
    ['tcp', /is no key=value/],
    [`${REUSE}=7`, /must be a whole number from 0 to/],
    ['net.ipv4.tcp_keepalive_time=60', /the policy allows nobody to set net.ipv4.tcp_keepalive_time/],
    [`${REUSE}=2`, /is 2 already/],
    ['net.ipv4.tcp_max_tw_buckets=262144', /may only be raised/],
  ])('%s is refused with the reason', async (what, why) => {
    await start();
    const ada = workspace.as('Ada');
    await ada.type(`/sysctl web-1 set ${what}`, room);
    await ada.waitFor(
      () => why.test(ada.modal()?.text ?? '') || ada.messages(room).some((message) => why.test(textOf(message))),
      String(why),
    );
    expect(on.transport.requests.filter((line) => line.startsWith('set'))).toEqual([]);
  });

  test('a person without the role is refused, and told who could', async () => {
    await start();
    const linus = workspace.as('Linus');
    await linus.type(`/sysctl web-1 set ${REUSE}=1`, room);
    const modal = await linus.waitForModal('Not possible');
    expect(modal.text).toMatch(/takes the role responders/);
    expect(JSON.stringify(modal.blocks)).toContain('U0ADA000001');
  });

  test('a host without a gate gets the commands for a person, and no button that applies', async () => {
    await start();
    const ada = workspace.as('Ada');
    await ada.type(`/sysctl web-2 set ${REUSE}=1`, room);
    const modal = await ada.waitForModal('By hand');
    expect(modal.text).toContain(`sysctl -w ${REUSE}='1'`);
    expect(modal.text).toContain(`sysctl -w ${REUSE}='2'`);
    expect(modal.buttons).toEqual([]);
  });

  test('/changes lists what is open, and shows one with its history', async () => {
    await start();
    await propose();
    const ada = workspace.as('Ada');
    await ada.type('/changes', room);
    const list = await ada.waitForMessage(room, '1 change: open');
    const [, id = ''] = /([a-z0-9]{16})/.exec(textOf(list)) ?? [];
    await ada.type(`/changes ${id}`, room);
    await ada.waitForMessage(room, /History[\s\S]*proposed it/);
    await ada.type('/changes web-2', room);
    await ada.waitForMessage(room, 'No changes: open and past, on web-2');
  });
});
