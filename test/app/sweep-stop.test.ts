/** The whole bot is stopped while a sweep waits for its hosts: nothing that is given up then is taken for their silence. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.js';
import { FakeTransport } from '../support/bot-fakes.js';
import { room, startLocalWorkspace, startTestBot } from '../support/bot-workspace.js';
import { sweep } from '../support/sweep-world.js';

test('a stop in the middle of a round says nothing of the hosts, and the round is done again', async () => {
  const workspace = await startLocalWorkspace();
  const transport = new FakeTransport();
  const asked = new Set<string>();
  let both: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => {
    both = resolve;
  });
  // Hosts that hang until they are given up.
  transport.answer = (host, _script, options) =>
    new Promise((resolve) => {
      asked.add(host.name);
      if (asked.size === 3) both();
      options?.signal?.addEventListener('abort', () =>
        resolve({ status: 'failed', failure: { problem: 'cancelled', message: 'given up' } }),
      );
    });
  const { bot, stateDir } = await startTestBot(workspace, {
    transport,
    sweeps: () => [{ ...sweep, everySeconds: 1, raiseAfter: 1 }],
  });
  // Somebody waits for an answer, too: it is handed back when the grace is over, and all questions are given up.
  await workspace.as('Ada').type('/tcpstates db-1', room);
  await underWay;
  await bot.stop(20);
  const store = await openStore(join(stateDir, 'tcpstates.db'));
  try {
    expect(await store.samples.read('web-1', 0, Date.now() + 60_000)).toEqual([]);
    expect(await store.documents.list('sweep')).toEqual([]);
  } finally {
    await store.close();
  }
});
