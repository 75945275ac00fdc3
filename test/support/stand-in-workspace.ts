/**
 * Speaks the page's protocol with words from a script, where a test wants the page alone: no app, no Slack rules. It serves
 * the page as the real workspace does.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PageMessage, Reply, Request, ServerEvent, State } from '../../src/workspace/protocol.js';
import { buildPage } from './page-build.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.woff2': 'font/woff2',
};

type Said = Partial<Omit<Extract<Reply, { ok: true }>, 'type' | 'to' | 'ok'>> | { error: string } | undefined;

export interface StandIn {
  url: string;
  /** what the page asked for, in its order */
  requests: Request[];
  tell(event: ServerEvent): void;
  /** ends every socket, as a crashed workspace would */
  drop(): void;
  close(): Promise<void>;
}

export const startStandIn = async (
  stateFor: (person: string | undefined) => State,
  answer: (request: Request, tell: StandIn['tell']) => Said = () => ({}),
): Promise<StandIn> => {
  const page = buildPage();
  const fileOf = (path: string): string | undefined => {
    const clean = normalize(path);
    if (clean === '/') return join(page, 'index.html');
    if (clean.startsWith('/page/')) return join(page, clean.slice('/page/'.length));
    return clean.startsWith('/vendor/') ? join(root, 'node_modules', clean.slice('/vendor/'.length)) : undefined;
  };
  const server = createServer((request, response) => {
    const path = fileOf(new URL(request.url ?? '/', 'http://x').pathname);
    const found = path === undefined ? Promise.reject(new Error('no such file')) : readFile(path);
    found
      .then((body) => response.setHeader('content-type', types[extname(path ?? '')] ?? 'text/plain').end(body))
      .catch(() => response.writeHead(404).end());
  });
  const sockets = new Set<WebSocket>();
  const requests: Request[] = [];
  const tell = (event: ServerEvent) => {
    for (const socket of sockets) socket.send(JSON.stringify(event));
  };
  new WebSocketServer({ server, path: '/page/ws' }).on('connection', (socket, request) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const as = new URL(request.url ?? '/', 'http://x').searchParams.get('as') ?? undefined;
    socket.send(JSON.stringify({ type: 'state', state: stateFor(as) } satisfies ServerEvent));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as PageMessage;
      requests.push(message);
      if (message.type === 'switch') tell({ type: 'state', state: stateFor(message.person) });
      const said = answer(message, tell) ?? {};
      const reply: Reply =
        'error' in said
          ? { type: 'reply', to: message.id, ok: false, error: said.error }
          : { type: 'reply', to: message.id, ok: true, ...said };
      socket.send(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    tell,
    drop: () => {
      for (const socket of sockets) socket.terminate();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
