/** Socket Mode: the app opens WebSockets with a ticket from apps.connections.open; a payload goes to any one of them. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Ack, type AppLink, type Delivery, envelopeId } from './delivery.js';
import type { Connections, Faults } from './faults.js';
import { secret } from './ids.js';
import type { Log } from './log.js';
import { isObject } from './validate/check.js';

/** Slack's limit of connections for one app. */
const connectionsMax = 10;
const ticketTtlMs = 30_000;
const ackBytesMax = 1_000_000;

export class SocketMode implements AppLink, Connections {
  readonly mode = 'socket';
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: ackBytesMax });
  private readonly sockets: WebSocket[] = [];
  private readonly tickets = new Map<string, number>();
  private readonly waiting = new Map<string, (ack: Ack) => void>();
  private readonly pinger: NodeJS.Timeout;
  private turn = 0;

  constructor(
    private readonly appId: string,
    private readonly faults: Faults,
    private readonly now: () => number,
    private readonly log: Log,
    private readonly onChange: () => void,
    pingIntervalMs: number,
  ) {
    // The SDK calls a connection dead that was not pinged for 30 s.
    this.pinger = setInterval(() => {
      for (const socket of this.sockets) socket.ping(String(this.now()));
    }, pingIntervalMs);
    this.pinger.unref();
  }

  connections(): number {
    return this.sockets.length;
  }

  /** @returns path and query for one connection, valid for 30 s and once */
  ticket(): string {
    const ticket = secret();
    for (const [old, atMs] of this.tickets) if (this.now() - atMs > ticketTtlMs) this.tickets.delete(old);
    this.tickets.set(ticket, this.now());
    return `/link?ticket=${ticket}&app_id=${this.appId}`;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
    const atMs = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    const refusal = this.faults.isOut
      ? '503 Service Unavailable'
      : atMs === undefined || this.now() - atMs > ticketTtlMs
        ? '403 Forbidden'
        : this.sockets.length >= connectionsMax
          ? '429 Too Many Requests'
          : undefined;
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.server.handleUpgrade(request, socket, head, (opened) => {
      this.opened(opened);
    });
  }

  send({ type, payload, acceptsResponse, retry }: Delivery): Promise<Ack> {
    const socket = this.sockets[this.turn++ % Math.max(1, this.sockets.length)];
    if (socket === undefined) return Promise.resolve({ ok: false, error: 'dispatch_failed' });
    const envelope_id = envelopeId();
    return new Promise((resolve) => {
      this.waiting.set(envelope_id, resolve);
      socket.send(
        JSON.stringify({
          envelope_id,
          type,
          accepts_response_payload: acceptsResponse,
          payload,
          ...(retry === undefined ? {} : { retry_attempt: retry.num, retry_reason: retry.reason }),
        }),
        (error) => {
          if (error) this.settle(envelope_id, { ok: false, error: 'dispatch_failed' });
        },
      );
      const forget = setTimeout(() => this.waiting.delete(envelope_id), 60_000);
      forget.unref();
    });
  }

  cut(): number {
    const cut = this.sockets.splice(0);
    for (const socket of cut) socket.terminate();
    if (cut.length > 0) this.onChange();
    return cut.length;
  }

  requestRefresh(): void {
    for (const socket of this.sockets)
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'local' } }));
  }

  close(): void {
    clearInterval(this.pinger);
    for (const socket of [...this.sockets]) socket.terminate();
    this.server.close();
  }

  private opened(socket: WebSocket): void {
    this.sockets.push(socket);
    this.onChange();
    socket.on('message', (data) => {
      this.received(String(data));
    });
    socket.on('error', (error) => {
      this.log('warn', `socket of the app: ${error.message}`);
    });
    socket.on('close', () => {
      const index = this.sockets.indexOf(socket);
      if (index >= 0) this.sockets.splice(index, 1);
      this.onChange();
    });
    if (this.faults.isWithoutHello) return;
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.sockets.length,
        connection_info: { app_id: this.appId },
        debug_info: { host: 'local', approximate_connection_time: 18_060 },
      }),
    );
  }

  private received(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.log('warn', 'the app sent something that is no JSON over its socket');
      return;
    }
    if (!isObject(message) || typeof message['envelope_id'] !== 'string') return;
    const { payload } = message;
    this.settle(message['envelope_id'], { ok: true, payload: isObject(payload) ? payload : {} });
  }

  private settle(id: string, ack: Ack): void {
    const resolve = this.waiting.get(id);
    this.waiting.delete(id);
    resolve?.(ack);
  }
}
