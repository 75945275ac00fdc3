/** The course of numbers and the story of an incident, from what people typed: nothing that was seen is missing in them. */
import { describe, expect, test } from '@jest/globals';
import type { BotParts } from '../../src/bot.js';
import { textOf, wordsOf } from '../../src/workspace/driver.js';
import { aHost, anInventory, FakeTransport, said, settled } from '../support/bot-fakes.js';
import { recorded, replaying, room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { quickClock } from '../support/quick-clock.js';

const start = async (more: Partial<BotParts> = {}) => {
  const workspace = await startLocalWorkspace();
  const running = await startTestBot(workspace, more);
  return { workspace, ada: workspace.as('Ada'), grace: workspace.as('Grace'), ...running };
};
/** web-1 has a full table, everybody else is well */
const sickWeb1 = (): FakeTransport => {
  const transport = new FakeTransport();
  transport.answer = async (host, { id }) =>
    id === 'state' ? said(recorded(host.name === 'web-1' ? 'p03-tw' : 'c01')) : said('net.ipv4.tcp_fin_timeout=60');
  return transport;
};
/** samples and notes are written a moment later */
const written = () => new Promise((resolve) => setTimeout(resolve, 400));

describe('--since', () => {
  test('shows what somebody measured alone or among others, by what its findings are measured', async () => {
    const { ada } = await start({ transport: sickWeb1() });
    await ada.type('/tcpstates web-1 --since 1h', room);
    const none = await ada.waitForMessage(room, /Nothing was measured on web-1 in the last 1 h/);
    expect(wordsOf(none.blocks)).toMatch(/Watch 10 min/);
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    await written();
    await ada.type('/tcpstates web-1 --since 1h', room);
    const one = await ada.waitForMessage(room, /1 sample, of /);
    expect(textOf(one)).toMatch(/conntrack use % 100 now/);
    await ada.type('/tcpstates web-1,web-2', room);
    await ada.waitForMessage(room, /1 of 2 hosts in trouble/);
    await written();
    await ada.type('/tcpstates web-1,web-2 --since 1h', room);
    const many = await ada.waitForMessage(room, /conntrack use %: the last 1 h/);
    expect(textOf(many)).toMatch(/By this number what is wrong on web-1 is measured/);
  }, 20_000);

  test('an empty one begins a watch with its button', async () => {
    const { ada } = await start({ transport: sickWeb1() });
    await ada.type('/tcpstates web-1,web-2 --since 1h', room);
    const none = await ada.waitForMessage(room, /Nothing was measured on web-1 and web-2/);
    await ada.on(none).click('Watch web-2 10 min');
    await ada.waitForMessage(room, /Watching {2}HEALTHY {2}web-2/);
  });

  test('for too many the sickest are named, not the first of the alphabet', async () => {
    const hosts = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'a-6', 'a-7', 'web-1'].map((name) => aHost(name));
    const inventory = anInventory(...hosts);
    const { ada } = await start({
      transport: sickWeb1(),
      inventory: { current: () => inventory, problem: () => undefined },
    });
    await ada.type('/tcpstates * --since 1h', room);
    await ada.waitForMessage(room, /takes up to 6\. Type: \/tcpstates a-1,a-2,a-3,a-4,a-5,a-6 --since 1h/);
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    await ada.type('/tcpstates * --since 1h', room);
    await ada.waitForMessage(room, /the sickest that were measured: \/tcpstates web-1,a-1,a-2,a-3,a-4,a-5 --since/);
    await ada.type('/tcpstates * --watch 2m', room);
    await ada.waitForMessage(room, /the sickest that were measured: \/tcpstates web-1 --watch 2m/);
  });
});

test('a watch shows whether a remedy begins to work, and its course after it too', async () => {
  const transport = new FakeTransport();
  let full = true;
  transport.answer = async () => said(recorded(full ? 'p03-tw' : 'c05'));
  const { ada } = await start({ transport, clock: quickClock() });
  await ada.type('/tcpstates web-1 --watch 10m', room);
  const first = await ada.waitForMessage(room, /Watching {2}CRITICAL/);
  expect(wordsOf(first.blocks)).toMatch(/conntrack use %\s+100/);
  expect(wordsOf(first.blocks)).toMatch(/conntrack drops \/s\s+532/);
  await ada.waitForMessage(room, /[3-9] looks so far/, 10_000);
  full = false;
  const cured = await ada.waitForMessage(room, /conntrack use %\s+100 → 38\.4/, 10_000);
  expect(cured.ts).toBe(first.ts);
  await ada.on(cured).click('Stop watching');
  await ada.waitForMessage(room, /Watch ended/);
  await ada.type('/tcpstates web-1 --since 2h', room);
  const course = await ada.waitForMessage(room, /web-1: the last 2 h/);
  expect(textOf(course)).toMatch(/conntrack use %/);
}, 30_000);

describe('the story', () => {
  test('begins with what a measurement of many found', async () => {
    const { ada } = await start({ transport: sickWeb1() });
    await ada.type('/tcpstates web-1,web-2,db-1', room);
    await ada.waitForMessage(room, /1 of 3 hosts in trouble/);
    await ada.type('/sysctl web-1,web-2,db-1', room);
    await settled();
    await written();
    await ada.type('/tcpstates web-1', room);
    await ada.waitForMessage(room, /CRITICAL {2}web-1/);
    await written();
    await ada.type('/changes timeline', room);
    const story = textOf(await ada.waitForMessage(room, /Timeline of the last 3 h/));
    expect(story).toMatch(/CRITICAL {2}web-1: .*\(2 measurements\)\. New: conntrack-full/);
    expect(story).toMatch(/measured 2 hosts, nothing wrong found: (web-2, db-1|db-1, web-2)/);
    expect(story).toMatch(/read sysctls of 3 hosts: web-1, web-2, db-1/);
    expect(story).toMatch(/3 steps, 3 hosts/);
  }, 20_000);

  test('what is not shown of a long one comes as a file with the button; it is not promised where there is none', async () => {
    const transport = new FakeTransport();
    let round = 0;
    transport.answer = async (host, script) => replaying(round++ % 2 === 0 ? 'p03-tw' : 'c01')(host, script);
    const { ada, workspace } = await start({ transport });
    for (let at = 0; at < 28; at++) {
      await ada.type('/tcpstates web-1 --private', room);
      await ada.waitFor(() => round === at + 1, 'the measurement');
      await settled();
    }
    await written();
    await ada.type('/changes timeline', room);
    const mine = await ada.waitForMessage(room, /Timeline of the last 3 h: 28 steps/);
    expect(textOf(mine)).toContain(
      'The first 3 steps are not shown here: “Post summary into channel” brings a file with all of them.',
    );
    await ada.on(mine).click('Post summary into channel');
    await workspace.waitFor(
      () => workspace.messages(room).some((it) => textOf(it).includes('the file has them all')),
      'the posted one',
    );
  }, 40_000);
});
