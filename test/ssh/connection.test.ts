/** What a connection keeps of those who use it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HostKeys } from '../../src/ssh/host-keys.js';
import { Identities } from '../../src/ssh/identities.js';
import { Opener } from '../../src/ssh/opener.js';
import { NEVER } from '../../src/ssh/signal.js';
import { targetOf } from '../../src/ssh/target.js';
import { hostOf, type Running, sshServer } from './ssh2-server.js';
import { Scratch } from './sshd.js';

describe('a connection', () => {
  let scratch: Scratch;
  let server: Running | undefined;
  beforeAll(() => {
    scratch = new Scratch();
  });
  afterEach(() => server?.stop());
  afterAll(() => scratch.remove());

  test('where the server allows no further session, the last who holds one without need is told, and nobody who came before', async () => {
    let asked = 0;
    server = await sshServer({
      session: (accept, reject) => {
        asked += 1;
        if (asked === 2) return reject();
        accept().on('exec', (acceptExec) => void acceptExec());
      },
    });
    const opener = new Opener({
      hostKeys: new HostKeys(),
      identities: new Identities({}),
      lease: () => Promise.reject(new Error('there is no jump host')),
      random: () => 0,
    });
    const target = targetOf(hostOf(server, scratch), 'read', new Map());
    const connection = await opener.open(target, { phase: 'connecting' }, NEVER);
    try {
      const held = await connection.openSession('sh -s', NEVER);
      const told: string[] = [];
      for (let reopened = 0; reopened < 20; reopened += 1) connection.onCrowded(() => told.push('gone'));
      connection.onCrowded(() => {
        told.push('held');
        held.abandon('kill');
      });
      const next = await connection.openSession('sh -s', NEVER);
      next.abandon('kill');
      expect(told).toEqual(['held']);
      expect(asked).toBe(3);
    } finally {
      connection.destroy();
      opener.stop();
    }
  });
});
