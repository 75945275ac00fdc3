/** The front in the main thread and the thread behind it, as the program runs them. */
import { afterEach, expect, jest, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import { createTransport, type TransportOptions } from '../../src/ssh/transport.js';
import { fakeTransport } from '../support/fake-transport.js';
import { describeNeeding } from '../support/needs.js';
import { freePort, hostAt, Scratch, startSshd } from './sshd.js';
import { HELLO, type Subject, transportContract } from './transport.contract.js';

const workerUrl = new URL('./worker-from-source.mjs', import.meta.url);
const start = (hosts: readonly Host[], log?: TransportOptions['log']) =>
  createTransport({ hosts, workerUrl, ...(log === undefined ? {} : { log }) });

const unpinned = hostAt(1, { hostKeys: { kind: 'pinned', keys: [] } });

transportContract('the fake', async () => {
  const good = { ...unpinned, name: 'good' };
  const slow = { ...unpinned, name: 'slow' };
  const transport = fakeTransport({
    good: { transcripts: { ping: 'hello\n@@end\n', sysctl: 'hello\n' } },
    slow: { delayMs: 20_000 },
    refusing: { problem: 'refused' },
  });
  return { transport, good, slow, refusing: { ...unpinned, name: 'refusing' }, stop: () => undefined };
});

/** A busy machine takes seconds to start a thread from source. */
jest.setTimeout(60_000);

describeNeeding(['sshd'], 'the SSH thread', () => {
  const made = async (log?: TransportOptions['log']): Promise<Subject> => {
    const scratch = new Scratch();
    const key = scratch.key();
    const sshd = await startSshd(scratch, [key.publicLine]);
    const good = hostAt(sshd.port, {
      hostKeys: { kind: 'pinned', keys: sshd.hostKeys },
      identity: [{ kind: 'file', path: key.path }],
    });
    const refusing = { ...good, name: 'refusing', port: await freePort() };
    return {
      transport: start([good, refusing], log),
      good,
      slow: good,
      refusing,
      stop: () => {
        sshd.stop();
        scratch.remove();
      },
    };
  };
  transportContract('the SSH thread', () => made());

  const subjects: Subject[] = [];
  afterEach(async () => {
    for (const subject of subjects.splice(0)) {
      await subject.transport.close(0);
      await subject.stop();
    }
  });

  test('its death is noticed: who waits is told, the next question starts it again', async () => {
    const logged: string[] = [];
    const subject = await made((level, message) => logged.push(`${level} ${message}`));
    subjects.push(subject);
    const { transport, good } = subject;
    // A host without identities can't come from the inventory; here it makes the thread throw where nobody catches it.
    const poison = { ...good, identity: null } as unknown as Host;
    const waiting = transport.ask(good, { ...HELLO, text: 'sleep 10\necho @@end' });
    const gate = transport.gate({ ...good, change: { user: good.user, identity: good.identity } }, 'sleep 10');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    transport.inventoryChanged([poison]);
    expect(await waiting).toMatchObject({ status: 'failed', failure: { problem: 'internal' } });
    // A gate request may have been sent: its outcome is unknown, not failed.
    expect(await gate).toEqual({ status: 'answered', answer: { fields: {} } });
    expect(logged).toHaveLength(1);
    transport.inventoryChanged([good]);
    expect(await transport.ask(good, HELLO)).toMatchObject({ status: 'ok', transcript: { warm: false } });
  });
});
