/**
 * Socket Mode on several sockets at once. Slack asks each connection to reconnect now and then, and Bolt's client is without
 * one for up to 5 s then: with two of them there is always one. Slack allows ten an app and delivers to any one of them.
 */
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

const makeReceiver = ({ appToken, slackApiUrl, logger }: SocketOptions): SocketModeReceiver =>
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
      },
    },
  });

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

/** A reconnect that hears no hello is begun anew: the SDK would wait until Slack gives up. */
const watchHello = (receiver: SocketModeReceiver, helloMs: number, log: Log): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const { client } = receiver;
  client.on('connecting', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (stopped) return;
      log.warn({ waitMs: helloMs }, 'no hello on a socket, it is opened anew');
      void within(client.disconnect(), CLOSE_MS)
        .then(() => (stopped ? undefined : client.start()))
        .catch((error: unknown) => log.error({ err: error }, 'a socket could not be opened anew'));
    }, helloMs * 2);
  });
  client.on('connected', () => clearTimeout(timer));
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};

export const makeSockets = (options: SocketOptions): Sockets => {
  const { log, helloMs = HELLO_MS } = options;
  const first = makeReceiver(options);
  const receivers = [first, ...Array.from({ length: options.sockets - 1 }, () => makeReceiver(options))];
  const open = new Set<SocketModeReceiver>();
  const unwatch: (() => void)[] = [];
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
        unwatch.push(watchHello(receiver, helloMs, log));
      }
      await Promise.all(
        receivers.map(async (receiver) => {
          if ((await within(receiver.start(), helloMs)) === 'late')
            throw new Error(
              `Slack accepted the connection but said no hello within ${helloMs / 1000} s. Check that Socket Mode is enabled for the app, and that nothing between here and Slack cuts WebSockets.`,
            );
        }),
      );
    },
    stop: async () => {
      for (const end of unwatch) end();
      // `receiver.stop()` does not wait for the socket to be closed; the client's own promise does.
      await Promise.all(receivers.map((receiver) => within(receiver.client.disconnect(), CLOSE_MS)));
    },
  };
};
