/** The way to Slack: one Bolt app, over Socket Mode or HTTP, and what the rest of the program sees of it. */
import { App } from '@slack/bolt';
import { WebClient, type WebClientOptions } from '@slack/web-api';
import type { Chat } from '../ports/chat.js';
import type { Inbox } from '../ports/inbox.js';
import type { Log } from '../ports/log.js';
import type { People } from '../ports/people.js';
import { SlackChat } from './chat.js';
import { Deliveries } from './deliveries.js';
import { makeDoor } from './door.js';
import { makeHttp, REPLAYED } from './http.js';
import { slackLogger } from './logger.js';
import { SlackPeople } from './people.js';
import { makeSockets } from './sockets.js';
import { understand, Web } from './web.js';

const CALL_TIMEOUT_MS = 10_000;
const SOCKETS = 2;

export interface SlackSettings {
  botToken: string;
  /** another place than Slack, for the local workspace and for tests; ends in `/api/` */
  slackApiUrl?: string;
  way: { mode: 'socket'; appToken: string } | { mode: 'http'; signingSecret: string; port: number };
}

export interface SlackOptions {
  log: Log;
  now: () => number;
  /** ids of deliveries that were taken before the program started */
  takenBefore?: readonly string[];
  updateEveryMs?: number;
  helloMs?: number;
}

export interface Slack {
  chat: Chat;
  people: People;
  home: { teamId: string; teamName: string; enterpriseId?: string; botUserId: string; url: string };
  /** Begins to take in what people send. @returns the port in HTTP mode */
  listen(inbox: Inbox): Promise<{ port?: number }>;
  /** Takes in nothing new. */
  deafen(): Promise<void>;
  /** Waits until every message that was asked for stands, or the time is over. */
  finish(graceMs: number): Promise<void>;
  /** open sockets; 1 in HTTP mode while it listens */
  connected(): number;
}

const authTest = async (client: WebClient): Promise<Slack['home']> => {
  const found = await client.auth.test().catch((caught: unknown) => {
    const { error } = understand(caught);
    throw new Error(
      error.problem === 'unreachable'
        ? `Slack can't be reached (${error.code}). Check the network and proxies, then start again.`
        : `Slack refuses SLACK_BOT_TOKEN (${error.code}). It must be the app's Bot User OAuth Token, xoxb-…, of an installed app.`,
    );
  });
  return {
    teamId: found.team_id ?? '',
    teamName: found.team ?? '',
    botUserId: found.user_id ?? '',
    url: found.url ?? '',
    ...(found.enterprise_id === undefined || found.enterprise_id === '' ? {} : { enterpriseId: found.enterprise_id }),
  };
};

/** Verifies the bot token and prepares everything; nothing arrives before `listen`. */
export const connectSlack = async (settings: SlackSettings, options: SlackOptions): Promise<Slack> => {
  const { log, now } = options;
  const logger = slackLogger(log);
  // A fresh object for each client: Bolt and the SDK write into them. No headers: the first token would leak into all.
  const clientOptions = (): WebClientOptions => ({
    ...(settings.slackApiUrl === undefined ? {} : { slackApiUrl: settings.slackApiUrl }),
    logger,
    timeout: CALL_TIMEOUT_MS,
    // Retries and rate limits are the lanes' business (web.ts): the SDK's own would stop every channel at once.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
  });

  const client = new WebClient(settings.botToken, clientOptions());
  const home = await authTest(client);

  const { way } = settings;
  const sockets =
    way.mode === 'socket'
      ? makeSockets({
          appToken: way.appToken,
          sockets: SOCKETS,
          logger,
          log,
          ...(settings.slackApiUrl === undefined ? {} : { slackApiUrl: settings.slackApiUrl }),
          ...(options.helloMs === undefined ? {} : { helloMs: options.helloMs }),
        })
      : undefined;
  const http = way.mode === 'http' ? makeHttp({ ...way, logger, log, now }) : undefined;
  const receiver = sockets?.first ?? http?.receiver;
  if (receiver === undefined) throw new Error('neither Socket Mode nor HTTP');

  const app = new App({
    token: settings.botToken,
    receiver,
    logger,
    clientOptions: clientOptions(),
    convoStore: false,
    // A bad token then rejects in init() instead of passing silently.
    deferInitialization: true,
  });
  await app.init();
  app.error(async (error) => log.error({ err: error }, 'an error while a payload was handled'));

  const web = new Web(log);
  const chat = new SlackChat(
    client,
    web,
    log,
    options.updateEveryMs === undefined ? {} : { updateEveryMs: options.updateEveryMs },
  );
  const deliveries = new Deliveries(now, options.takenBefore);
  let listening = false;

  return {
    chat,
    people: new SlackPeople(client, web, home, now),
    home,
    connected: () => sockets?.connected() ?? (listening ? 1 : 0),
    listen: async (inbox) => {
      const door = makeDoor(inbox, deliveries, log);
      app.use(async (args) => {
        if (args.context[REPLAYED] === true) {
          if ('ack' in args) await (args.ack as () => Promise<void>)();
          return;
        }
        await door(args);
      });
      if (sockets !== undefined) await sockets.start(app);
      const port = await http?.start();
      listening = true;
      return port === undefined ? {} : { port };
    },
    deafen: async () => {
      listening = false;
      await Promise.all([sockets?.stop(), http?.stop()]);
    },
    finish: async (graceMs) => {
      const hurry = setTimeout(() => web.stopWaiting(), graceMs);
      const end = new Promise<void>((resolve) => setTimeout(resolve, graceMs + 1_000).unref());
      await Promise.race([chat.drained().then(() => web.drained()), end]);
      clearTimeout(hurry);
    },
  };
};
