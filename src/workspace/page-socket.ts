/** The page's WebSocket: one person each, the whole state first, then events; requests are answered one by one. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Inside, Refused } from './inside.js';
import { parsePageMessage } from './page-request.js';
import type { People } from './people.js';
import type { PersonId, Reply, Request, ServerMessage } from './protocol.js';

const requestBytesMax = 1_000_000;

export class PageSockets {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: requestBytesMax });

  constructor(
    private readonly inside: Inside,
    private readonly people: People,
  ) {}

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const wanted = new URL(request.url ?? '/', 'http://localhost').searchParams.get('as');
    const person = this.people.switchable().find((id) => id === wanted) ?? this.people.switchable()[0];
    if (person === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.server.handleUpgrade(request, socket, head, (opened) => {
      this.opened(opened, person);
    });
  }

  close(): void {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }

  private opened(socket: WebSocket, first: PersonId): void {
    const send = (message: ServerMessage): void => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    };
    const onlooker = { person: first, receive: send };
    const leave = this.inside.hub.join(onlooker);
    socket.on('close', leave);
    socket.on('error', (error) => {
      this.inside.log('warn', `socket of the page: ${error.message}`);
    });
    send({ type: 'state', state: this.people.state(first) });
    socket.on('message', (data) => {
      const request = parsePageMessage(String(data));
      if (request === undefined) {
        socket.close(1003, 'not understood');
        return;
      }
      const { id, ...act } = request;
      if (act.type === 'switch') {
        if (this.people.switchable().includes(act.person)) {
          onlooker.person = act.person;
          send({ type: 'reply', to: id, ok: true });
          send({ type: 'state', state: this.people.state(act.person) });
        } else send({ type: 'reply', to: id, ok: false, error: 'You can’t be this person.' });
        return;
      }
      this.answer(onlooker.person, id, act).then(send, () => undefined);
    });
  }

  private async answer(person: PersonId, id: number, act: Exclude<Request, { type: 'switch' }>): Promise<Reply> {
    try {
      return { type: 'reply', to: id, ok: true, ...(await this.people.perform(person, act)) };
    } catch (error) {
      if (error instanceof Refused) return { type: 'reply', to: id, ok: false, error: error.message };
      this.inside.log(
        'error',
        `${act.type}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return { type: 'reply', to: id, ok: false, error: 'The local workspace failed; its log says why.' };
    }
  }
}
