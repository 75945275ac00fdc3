/** A TCP connection to one of the addresses of a name, and what is written on it. */
import { afterEach, expect, test } from '@jest/globals';
import { connectTcp } from '../../src/ssh/dial.js';
import { type Running, socketServer } from './ssh2-server.js';

const servers: Running[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});
const never = new AbortController().signal;

test('of several addresses the one that answers is taken, wherever it stands', async () => {
  const server = await socketServer(() => undefined);
  servers.push(server);
  const silent = { address: '127.83.255.1', family: 4 };
  const answers = { address: '127.0.0.1', family: 4 };
  for (const addresses of [
    [silent, answers],
    [answers, silent],
    [{ address: '::1', family: 6 }, silent, answers],
  ]) {
    const socket = await connectTcp({ addresses }, server.port, 'web-1', 3_000, never);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  }
});

test('none of several addresses answers: refused, and no socket is left', async () => {
  const server = await socketServer(() => undefined);
  server.stop();
  const addresses = ['127.83.255.1', '127.83.255.2'].map((address) => ({ address, family: 4 }));
  await expect(connectTcp({ addresses }, server.port, 'web-1', 3_000, never)).rejects.toMatchObject({
    failure: { problem: 'refused' },
  });
});

test('what is written in one turn arrives whole and in order, also right before the end', async () => {
  const chunks: Buffer[] = [];
  let ended = (): void => undefined;
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const server = await socketServer((socket) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => ended());
  });
  servers.push(server);
  const addresses = [{ address: '127.0.0.1', family: 4 }];
  const socket = await connectTcp({ addresses }, server.port, 'web-1', 3_000, never);
  for (const part of ['length ', 'text ', 'tag ']) socket.write(part);
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const part of ['and ', 'again']) socket.write(part);
  socket.end();
  await end;
  expect(Buffer.concat(chunks).toString()).toBe('length text tag and again');
});
