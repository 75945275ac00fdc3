/** The bot while its database is away: hosts are looked at, nothing is changed, and what was due is taken up when it is back. */
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/bot.js';
import type { Clock } from '../../src/ports/clock.js';
import { StoreFailure } from '../../src/ports/store.js';
import { LastingStore } from '../../src/store/lasting.js';
import { openStore } from '../../src/store/open.js';
import { textOf } from '../../src/workspace/driver.js';
import type { Workspace } from '../../src/workspace/workspace.js';
import { keepingLog } from '../support/bot-fakes.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { CONNTRACK, conntrackHost, labPolicy } from '../support/changing-bot.js';
import { type FlakyProxy, startFlakyProxy } from '../support/flaky-proxy.js';
import { describeNeeding } from '../support/needs.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';

jest.setTimeout(60_000);

const REFUSED = /no entry in the log, no action/;
/** pauses of a tenth, so that a test does not wait for them */
const hasty: Clock = { now: systemClock.now, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal) };

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
    verifyAfterSeconds: [2],
    ...more,
  });
const opened: LastingStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});
const lasting = async (where: string, open = openStore): Promise<LastingStore> => {
  const store = await LastingStore.at(where, { clock: hasty, log: keepingLog().log, open });
  opened.push(store);
  return store;
};

/** From the finding to the modal that proposes, or that says why not. */
const wantRemedy = async (title: string) => {
  const ada = workspace.as('Ada');
  await ada.type('/tcpstates web-1', room);
  const answer = await ada.waitForMessage(room, 'connection-tracking table is full');
  await ada.on(answer).click('Propose');
  return ada.waitForModal(title);
};
const inForce = async () => {
  const modal = await wantRemedy('Propose a change');
  await modal.fill({ reason: 'Checkout drops connections' }).submit();
  const card = await workspace.as('Ada').waitForMessage(room, 'APPROVAL NEEDED');
  await workspace.as('Grace').on(card).click('Approve');
  await standsAs(card, /IN FORCE/);
  return card;
};
const standsAs = (message: { channel: string; ts: string }, state: RegExp) =>
  workspace.waitFor(
    () => workspace.messages(room).some((found) => found.ts === message.ts && state.test(textOf(found))),
    `a message that says ${state}`,
    20_000,
  );

test('a database that can’t be used refuses changes and lets everything be looked at', async () => {
  const full = new StoreFailure('full', 'the disk of the database is full; free space, then try again');
  await start({ store: await lasting('', () => Promise.reject(full)) });
  const modal = await wantRemedy('Not possible');
  expect(modal.text).toMatch(/no entry in the log, no action.*the disk of the database is full/);
});

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-outage-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('that is damaged at a start is taken up when it is repaired: the change goes on where it was', async () => {
    const first = await start();
    const card = await inForce();
    await first.bot.stop(500);
    const [good, broken] = [join(first.stateDir, 'tcpstates.db'), join(folder, 'tcpstates.db')];
    writeFileSync(broken, 'this is no database at all, but long enough to be read as one'.repeat(100));
    const store = await lasting(broken);
    await start({ store });
    await workspace.as('Ada').on(card).click('Confirm');
    await workspace.as('Ada').waitForMessage(room, /Confirming: not done[\s\S]*the database is damaged/);
    expect(on.model.values.get(CONNTRACK)).toBe('262144');
    for (const end of ['-wal', '-shm', ''])
      if (existsSync(`${good}${end}`)) copyFileSync(`${good}${end}`, `${broken}${end}`);
    await store.opened;
    // Its measurement was due meanwhile.
    await standsAs(card, /BETTER/);
    await workspace.as('Ada').on(card).click('Confirm');
    await standsAs(card, /^CONFIRMED /);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set', 'confirm']);
  });
});

describeNeeding(['postgresql'], 'PostgreSQL', () => {
  let postgres: TestPostgres;
  let proxy: FlakyProxy;
  let where: string;
  beforeAll(async () => {
    postgres = await startPostgres();
    const url = new URL(await postgres.database());
    proxy = await startFlakyProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    where = url.href;
  });
  afterAll(async () => {
    await proxy.close();
    postgres.close();
  });

  test('that is down at the start, and gone again while a change is in force, loses nothing', async () => {
    await proxy.cut();
    const store = await lasting(where);
    await start({ store });
    const refused = await wantRemedy('Not possible');
    expect(refused.text).toMatch(REFUSED);
    await refused.close();
    await proxy.mend();
    await store.opened;
    const card = await inForce();
    await proxy.cut();
    await workspace.as('Ada').on(card).click('Confirm');
    await workspace.as('Ada').waitForMessage(room, /Confirming: not done[\s\S]*the database does not answer/);
    expect(on.model.sysctlD.size).toBe(0);
    await proxy.mend();
    await standsAs(card, /BETTER/);
    await workspace.as('Ada').on(card).click('Confirm');
    await standsAs(card, /^CONFIRMED /);
    expect(on.model.effects.map(({ verb }) => verb)).toEqual(['set', 'confirm']);
  });
});
