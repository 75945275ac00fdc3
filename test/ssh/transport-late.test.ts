/** A thread that misses a time limit: the call that waits is told; the others only where the thread does not even say that it lives. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { createTransport } from '../../src/ssh/transport.js';
import { hostAt } from './sshd.js';
import { HELLO } from './transport.contract.js';

jest.setTimeout(60_000);
const workerUrl = new URL('./worker-late.mjs', import.meta.url);
const host = (name: string) => ({ ...hostAt(1, { hostKeys: { kind: 'pinned', keys: [] } }), name });
const [never, slow, stuck] = [host('never'), host('slow'), host('stuck')];

let transport: ReturnType<typeof createTransport> | undefined;
afterEach(() => transport?.close(0));
const start = () => {
  const logged: string[] = [];
  transport = createTransport({
    hosts: [never, slow, stuck],
    workerUrl,
    log: (level, message, { reason }) => logged.push(`${level} ${message}: ${reason}`),
  });
  return { transport, logged };
};

test('a thread that is late, and lives, goes on with its other calls', async () => {
  const { transport, logged } = start();
  const other = transport.ask(slow, HELLO);
  expect(await transport.ask(never, HELLO, { timeoutMs: 100 })).toMatchObject({
    status: 'failed',
    failure: { problem: 'internal' },
  });
  expect(await other).toMatchObject({ failure: { message: 'late, and there' } });
  expect(logged).toEqual([]);
});

test('a thread that is stuck is replaced: everybody is told, the next question is answered', async () => {
  const { transport, logged } = start();
  const other = transport.ask(slow, HELLO);
  expect(await transport.ask(stuck, HELLO, { timeoutMs: 100 })).toMatchObject({ failure: { problem: 'internal' } });
  expect(await other).toMatchObject({ failure: { problem: 'internal' } });
  expect(logged).toEqual(['error the SSH thread ended; it starts again with the next question: it hung']);
  expect(await transport.ask(slow, HELLO)).toMatchObject({ failure: { message: 'late, and there' } });
});
