/** Servers for faults, in this process: ssh2's own, and bare sockets that say whatever a test wants. */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { type Connection, Server, type ServerChannel } from 'ssh2';
import type { Host } from '../../src/core/inventory.js';
import { newKeyPair } from '../../src/lab/keys.js';
import { hostAt, type Scratch } from './sshd.js';

const portOf = (server: { address(): unknown }): number => {
  const address = server.address();
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port);
  throw new Error('not listening');
};

const pair = newKeyPair();

export interface Running {
  port: number;
  /** connections that came in */
  accepted: () => number;
  stop(): void;
}

/** A bare TCP server. */
export const socketServer = async (onSocket: (socket: Socket) => void): Promise<Running> => {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: NetServer = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server),
    accepted: () => accepted,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

export interface SshBehaviour {
  authentication?: (context: { accept(): void; reject(): void }, client: Connection) => void;
  session?: (accept: () => import('ssh2').Session, reject: () => void) => void;
  exec?: (channel: ServerChannel, command: string) => void;
  signal?: (name: string) => void;
  /** a stream to another host is asked for; without it such streams are refused */
  forward?: (accept: () => ServerChannel, to: { address: string; port: number }) => void;
}

/** ssh2's server: lets everybody in and answers `exec` as told. */
export const sshServer = async (behaviour: SshBehaviour): Promise<Running> => {
  const clients = new Set<Connection>();
  let accepted = 0;
  const server = new Server({ hostKeys: [pair.private] }, (client) => {
    accepted += 1;
    clients.add(client);
    client.on('error', () => undefined);
    client.on('authentication', (context) => (behaviour.authentication ?? ((each) => each.accept()))(context, client));
    const { forward } = behaviour;
    if (forward !== undefined)
      client.on('tcpip', (accept, _reject, { destIP, destPort }) =>
        forward(accept, { address: destIP, port: destPort }),
      );
    client.on('session', (accept, reject) => {
      if (behaviour.session !== undefined) return behaviour.session(accept, reject);
      const session = accept();
      session.on('signal', (_accept, _reject, { name }) => behaviour.signal?.(name));
      session.on('exec', (acceptExec, _rejectExec, { command }) => {
        const channel = acceptExec();
        channel.on('error', () => undefined);
        behaviour.exec?.(channel, command);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server),
    accepted: () => accepted,
    stop: () => {
      for (const client of clients) client.end();
      server.close();
    },
  };
};

/** The host of the inventory that such a server is. */
export const hostOf = (server: Running, scratch: Scratch, over: Partial<Host> = {}): Host =>
  hostAt(server.port, {
    hostKeys: { kind: 'pinned', keys: [pair.public] },
    identity: [{ kind: 'file', path: userKey(scratch) }],
    limits: { connectTimeoutMs: 1_000, totalTimeoutMs: 6_000, outputBytesMax: 50_000 },
    ...over,
  });

const userPair = newKeyPair();
const userKeys = new Map<Scratch, string>();
const userKey = (scratch: Scratch): string => {
  const path = userKeys.get(scratch) ?? scratch.file('user-key', userPair.private);
  userKeys.set(scratch, path);
  return path;
};
