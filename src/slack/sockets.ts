/**
 * Socket Mode on several sockets at once. Slack asks each connection to reconnect now and then, and Bolt's client is without
 * one for up to 5 s then: with two of them there is always one. Slack allows ten an app and delivers to any one of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, type Logger, SocketModeReceiver } from '@slack/bolt';
import type { Log } from '../ports/log.js';

/** Slack says hello at once; without it the SDK would wait for ever. */
const HELLO_MS = 15_000;
const CLOSE_MS = 3_000;

export interface SocketOptions {
  appToken: string;
  slackApiUrl?: string;
  /** at once */
  sockets: number;
  logger: Logger;
  log: Log;
  helloMs?: number;
}

export interface Sockets {
  /** the first of them, as Bolt wants to be given one */
  first: SocketModeReceiver;
  /** Resolves when every socket has heard Slack's hello; rejects when one does not in time. */
  start(app: App): Promise<void>;
  stop(): Promise<void>;
  connected(): number;
}

/** How long a socket that could not be opened again is left alone. */
const AGAIN_MS = 10_000;

const makeReceiver = ({ appToken, slackApiUrl, logger }: SocketOptions, stopped: AbortSignal): SocketModeReceiver =>
  new SocketModeReceiver({
    appToken,
    logger,
    // How long Slack may leave a ping unanswered; also the pause before a reconnect.
    clientPingTimeout: 2_000,
    installerOptions: {
      // Each receiver has options of its own: the client writes into them. `forever`: with a bounded number of tries an
      // outage on reconnect ends in an unhandled rejection and no socket.
      clientOptions: {
        ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
        timeout: 10_000,
        retryConfig: { forever: true, minTimeout: 500, maxTimeout: 10_000, factor: 2, randomize: true },
        // For ever, but not beyond the end: an attempt that never settles ends the SDK's loop, and an address that comes
        // after the end opens no socket.
        fetch: async (url, init) => {
          const answer = stopped.aborted ? undefined : await fetch(url, init);
          return answer === undefined || stopped.aborted ? new Promise(() => undefined) : answer;
        },
      },
    },
  });

/**
 * The SDK looks after no failure of a reconnect: a revoked token, or the end of the program in the middle of one, would be an
 * unhandled rejection. From now on its `start` tries again later instead, and is silent at the end.
 */
const keepReconnecting = (receiver: SocketModeReceiver, stopped: AbortSignal, log: Log): void => {
  const { client } = receiver;
  const start = client.start.bind(client);
  client.start = async () => {
    for (;;) {
      try {
        return await start();
      } catch (error) {
        if (stopped.aborted) return { ok: false };
        log.error({ err: error, waitMs: AGAIN_MS }, 'a socket to Slack could not be opened again');
        await sleep(AGAIN_MS, undefined, { signal: stopped }).catch(() => undefined);
      }
    }
  };
};

const within = async (work: Promise<unknown>, ms: number): Promise<'done' | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  try {
    return await Promise.race([work.then(() => 'done' as const), late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Not in the middle of an opening: undici then reports the end from within `close()`, and the SDK (3.1.0) arms its 30 s timer for
 * the handshake after it has cleared it.
 */
const disconnect = async (client: SocketModeReceiver['client']): Promise<void> => {
  for (let waitedMs = 0; client.websocket?.readyState === CONNECTING && waitedMs < OPENING_MS; waitedMs += 10)
    await sleep(10);
  await client.disconnect();
};
const CONNECTING = 0;
const OPENING_MS = 1_000;

/** A reconnect that hears no hello is begun anew: the SDK would wait until Slack gives up. */
const watchHello = (receiver: SocketModeReceiver, helloMs: number, stopped: AbortSignal, log: Log): void => {
  let timer: NodeJS.Timeout | undefined;
  const { client } = receiver;
  const again = async (): Promise<void> => {
    log.warn({ waitMs: helloMs }, 'no hello on a socket, it is opened anew');
    await within(disconnect(client), CLOSE_MS);
    if (!stopped.aborted) await client.start();
  };
  client.on('connecting', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      again().catch((error: unknown) => log.error({ err: error }, 'a socket could not be opened anew'));
    }, helloMs * 2);
  });
  client.on('connected', () => clearTimeout(timer));
  stopped.addEventListener('abort', () => clearTimeout(timer), { once: true });
};

export const makeSockets = (options: SocketOptions): Sockets => {
  const { log, helloMs = HELLO_MS } = options;
  const stopping = new AbortController();
  const stopped = stopping.signal;
  const first = makeReceiver(options, stopped);
  const receivers = [first, ...Array.from({ length: options.sockets - 1 }, () => makeReceiver(options, stopped))];
  const open = new Set<SocketModeReceiver>();
  return {
    first,
    connected: () => open.size,
    start: async (app) => {
      for (const receiver of receivers) {
        if (receiver !== first) receiver.init(app);
        receiver.client.on('connected', () => {
          open.add(receiver);
          log.info({ count: open.size }, 'a socket to Slack is open');
        });
        receiver.client.on('close', () => {
          if (open.delete(receiver)) log.info({ count: open.size }, 'a socket to Slack was closed');
        });
      }
      await Promise.all(
        receivers.map(async (receiver) => {
          if ((await within(receiver.start(), helloMs)) === 'late')
            throw new Error(
              `Slack accepted the connection but said no hello within ${helloMs / 1000} s. Check that Socket Mode is enabled for the app, and that nothing between here and Slack cuts WebSockets.`,
            );
          keepReconnecting(receiver, stopped, log);
          watchHello(receiver, helloMs, stopped, log);
        }),
      );
    },
    stop: async () => {
      stopping.abort();
      // `receiver.stop()` does not wait for the socket to be closed; the client's own promise does.
      await Promise.all(receivers.map((receiver) => within(disconnect(receiver.client), CLOSE_MS)));
    },
  };
};
