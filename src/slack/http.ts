/** HTTP mode: Slack sends signed requests to a port of ours, behind TLS that somebody else ends. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { HTTPReceiver, type Logger } from '@slack/bolt';
import type { Log } from '../ports/log.js';
import { ReplayGuard } from './replay.js';

const BODY_BYTES_MAX = 1_000_000;

export interface HttpOptions {
  signingSecret: string;
  port: number;
  logger: Logger;
  log: Log;
  now: () => number;
}

export interface Http {
  receiver: HTTPReceiver;
  /** @returns the port that is listened on */
  start(): Promise<number>;
  stop(): Promise<void>;
}

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { connection: 'close' }).end();
};

/** Set by `makeHttp` on a request that is a repetition: the door takes it no further. */
export const REPLAYED = 'replayedRequest';

export const makeHttp = ({ signingSecret, port, logger, log, now }: HttpOptions): Http => {
  const guard = new ReplayGuard(now);
  const receiver = new HTTPReceiver({
    signingSecret,
    logger,
    bodyLimit: BODY_BYTES_MAX,
    endpoints: ['/slack/events'],
    customRoutes: [
      {
        path: '/healthz',
        method: 'GET',
        handler: (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n'),
      },
    ],
    unhandledRequestHandler: ({ response }) => refuse(response, 404),
    // Called when the signature is verified, in the same tick in which the event is handed on: of two copies that arrive
    // together only the first one is fresh here.
    customPropertiesExtractor: ({ headers }) => {
      const signature = headers['x-slack-signature'];
      const verdict = guard.check(headers['x-slack-request-timestamp'], signature);
      if (verdict !== 'fresh' || typeof signature !== 'string') return { [REPLAYED]: true };
      guard.remember(signature);
      return {};
    },
  });

  const verified = receiver.requestListener;
  receiver.requestListener = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'POST') {
      const verdict = guard.check(request.headers['x-slack-request-timestamp'], request.headers['x-slack-signature']);
      if (verdict !== 'fresh') {
        log.warn({ problem: verdict, address: request.socket.remoteAddress ?? '' }, 'a request was refused');
        refuse(response, 401);
        return;
      }
    }
    try {
      verified(request, response);
    } catch {
      refuse(response, 404);
    }
  };

  let server: Server | undefined;
  return {
    receiver,
    start: async () => {
      server = await receiver.start(port);
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    stop: async () => {
      const running = server;
      if (running === undefined) return;
      server = undefined;
      const closed = receiver.stop();
      running.closeIdleConnections();
      const timer = setTimeout(() => running.closeAllConnections(), 2_000);
      await closed.finally(() => clearTimeout(timer));
    },
  };
};
