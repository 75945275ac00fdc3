/** The one socket to the local workspace: requests with their replies, events, and coming back after a loss. */
import type { PageMessage, PersonId, Reply, Request, ServerEvent, ServerMessage } from '../protocol.js';

export type Phase = 'connecting' | 'open' | 'lost';

export interface Connection {
  /** Never rejects: what failed is in the reply. */
  request(request: Request): Promise<Reply>;
  /** whom to be when the socket has to be opened again */
  remember(person: PersonId): void;
}

/** ms; a request that takes longer is given up by the page (the server answers an app's silence after 3 s) */
const replyTimeoutMs = 20_000;
const retryMs = [250, 500, 1000, 2000, 4000] as const;

export const connect = (
  first: PersonId | undefined,
  on: { event(event: ServerEvent): void; phase(phase: Phase): void },
): Connection => {
  let person = first;
  let socket: WebSocket | undefined;
  let failures = 0;
  let nextId = 1;
  const waiting = new Map<number, (reply: Reply) => void>();

  const settle = (to: number, reply: Reply) => {
    const resolve = waiting.get(to);
    waiting.delete(to);
    resolve?.(reply);
  };
  const open = () => {
    on.phase(failures === 0 ? 'connecting' : 'lost');
    const url = new URL('/page/ws', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    if (person !== undefined) url.searchParams.set('as', person);
    const opened = new WebSocket(url);
    socket = opened;
    opened.onopen = () => {
      failures = 0;
      on.phase('open');
    };
    opened.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as ServerMessage;
      if (message.type === 'reply') settle(message.to, message);
      else on.event(message);
    };
    opened.onclose = () => {
      for (const to of [...waiting.keys()])
        settle(to, {
          type: 'reply',
          to,
          ok: false,
          error: 'The connection to the local workspace was lost. Try again.',
        });
      failures += 1;
      on.phase('lost');
      setTimeout(open, retryMs[Math.min(failures, retryMs.length) - 1] ?? 4000);
    };
  };
  open();

  return {
    remember: (id) => {
      person = id;
    },
    request: (request) => {
      const id = nextId;
      nextId += 1;
      const refused = (error: string): Reply => ({ type: 'reply', to: id, ok: false, error });
      if (socket?.readyState !== WebSocket.OPEN)
        return Promise.resolve(refused('There is no connection to the local workspace. Is it still running?'));
      return new Promise((resolve) => {
        const timer = setTimeout(
          () => settle(id, refused('The local workspace did not answer in time.')),
          replyTimeoutMs,
        );
        waiting.set(id, (reply) => {
          clearTimeout(timer);
          resolve(reply);
        });
        socket?.send(JSON.stringify({ ...request, id } satisfies PageMessage));
      });
    },
  };
};
