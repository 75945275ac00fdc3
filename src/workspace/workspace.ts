/**
 * A local Slack: a Slack-compatible server on loopback and a page in the browser. An app runs against it unchanged through
 * one `slackApiUrl`, over Socket Mode or HTTP.
 */
import type { AddressInfo } from 'node:net';
import { defaultSeed, type Seed } from './default-world.js';
import { type AppLink, Dispatcher } from './delivery.js';
import { Actor, waitFor } from './driver.js';
import { Faults } from './faults.js';
import { Files } from './files.js';
import { Http, hostAllowed, originAllowed } from './http.js';
import { HttpMode } from './http-mode.js';
import { Hub } from './hub.js';
import { newIdentity } from './identity.js';
import type { Inside } from './inside.js';
import { errorsToStderr, type Log } from './log.js';
import { PageSockets } from './page-socket.js';
import { Payloads } from './payloads.js';
import { People } from './people.js';
import type { Command, Message, Shortcut } from './protocol.js';
import { SocketMode } from './socket-mode.js';
import { ResponseUrls, Triggers } from './tickets.js';
import { Views } from './views.js';
import { type ApiCall, WebApi } from './web-api/router.js';
import { World } from './world.js';

export interface WorkspaceOptions {
  /** the app's name and handle; default `tcpstates` */
  appName?: string;
  /** as in the manifest */
  commands: readonly Command[];
  shortcuts?: readonly Shortcut[];
  /** event subscriptions as in the manifest; default: mentions, Home, direct messages, membership and archiving */
  events?: readonly string[];
  /** default 0: any free port of 127.0.0.1 */
  port?: number;
  /** lines that the page shows to newcomers */
  banner?: readonly string[];
  /** people and channels; default: an incident's room with five colleagues, a guest and a partner */
  seed?: Seed;
  /** default: errors to stderr, e.g. a Web API method that is not here */
  log?: Log;
  /** answers 429 beyond Slack's own limits; default false: only on demand, by `faults` */
  enforceRateLimits?: boolean;
  /** milliseconds since 1970; tests turn it forward */
  now?: () => number;
  /** default 3000, as Slack's */
  ackTimeoutMs?: number;
  /** when an event that was not acknowledged is sent again; default 1 s, 1 min, 5 min, as Slack's */
  eventRetryDelaysMs?: readonly number[];
  /** default 3000, as Slack's */
  triggerTtlMs?: number;
  /** default 10000 */
  pingIntervalMs?: number;
  /** where the page's files are; default: beside this module */
  pageFolder?: string;
}

export interface Workspace {
  /** of the page */
  readonly url: string;
  /** for `clientOptions.slackApiUrl` */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly botUserId: string;
  readonly teamId: string;
  /** everything that can go wrong, on demand */
  readonly faults: Faults;
  /** every Web API call so far, the newest last */
  readonly calls: readonly ApiCall[];
  /** HTTP mode: deliveries go to this address, signed. Checks it with Slack's url_verification challenge. */
  useRequestUrl(url: string): Promise<void>;
  /** @param person id, handle, first or full name, e.g. `Ada` */
  as(person: string): Actor;
  /** what everybody in a channel sees (no ephemeral messages), oldest first */
  messages(channel: string): readonly Message[];
  /** Looks now and after every change. */
  waitFor<T>(look: () => T | undefined | null | false, what?: string, withinMs?: number): Promise<T>;
  /** Resolves when the app has opened its sockets. */
  connected(sockets?: number, withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

const defaultEvents = [
  'app_mention',
  'app_home_opened',
  'message.im',
  'member_joined_channel',
  'channel_left',
  'channel_archive',
  'channel_unarchive',
];

/** Starts the server on 127.0.0.1. */
export const startWorkspace = async (options: WorkspaceOptions): Promise<Workspace> => {
  const log = options.log ?? errorsToStderr;
  const now = options.now ?? Date.now;
  const app = newIdentity(options.appName ?? 'tcpstates');
  const hub = new Hub();
  const faults = new Faults();
  const world = new World(options.seed ?? defaultSeed(app.name), hub, now);
  const views = new Views(world, hub, app, () => faults.refusedBlockTypes);
  let port = 0;
  const baseUrl = (): string => `http://127.0.0.1:${port}`;

  const tellStatus = (): void => {
    hub.tellAll({ type: 'app', app: inside.appStatus() });
  };
  const socketMode = new SocketMode(app.appId, faults, now, log, tellStatus, options.pingIntervalMs ?? 10_000);
  faults.attach(socketMode);
  let link: AppLink = socketMode;
  const dispatcher = new Dispatcher(() => link, faults, options.ackTimeoutMs ?? 3000, log, options.eventRetryDelaysMs);
  const inside: Inside = {
    world,
    hub,
    views,
    triggers: new Triggers(now, options.triggerTtlMs ?? 3000),
    responseUrls: new ResponseUrls(now, baseUrl),
    dispatcher,
    payloads: new Payloads(world, app, now),
    files: new Files(),
    faults,
    app,
    commands: options.commands,
    shortcuts: options.shortcuts ?? [],
    events: new Set(options.events ?? defaultEvents),
    appStatus: () => ({ userId: app.botUserId, name: app.name, connections: link.connections(), mode: link.mode }),
    baseUrl,
    now,
    log,
  };
  const people = new People(inside, options.banner ?? []);
  const pages = new PageSockets(inside, people);
  const api = new WebApi(inside, socketMode, options.enforceRateLimits ?? false);
  const { server } = new Http(inside, api, () => port, options.pageFolder);

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const allowed = hostAllowed(request, port) && originAllowed(request);
    if (allowed && pathname === '/link') socketMode.upgrade(request, socket, head);
    else if (allowed && pathname === '/page/ws') pages.upgrade(request, socket, head);
    else socket.end(`HTTP/1.1 ${allowed ? '404 Not Found' : '403 Forbidden'}\r\nConnection: close\r\n\r\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;

  const actors = new Map<string, Actor>();
  const seen = (channel: string): readonly Message[] => {
    const found = world.findChannel(channel);
    if (found === undefined) throw new Error(`there is no channel ${channel}`);
    return world
      .messagesIn(found.id)
      .filter(({ ephemeralTo }) => ephemeralTo === null)
      .map((message) => world.shown(message));
  };
  const wait = <T>(look: () => T | undefined | null | false, what = 'it', withinMs = 5000): Promise<T> =>
    waitFor(
      hub,
      look,
      what,
      withinMs,
      () =>
        `${api.calls
          .slice(-10)
          .map(({ method, answer }) => `  ${method}: ${answer}`)
          .join('\n')}`,
    );

  return {
    url: `${baseUrl()}/`,
    apiUrl: `${baseUrl()}/api/`,
    botToken: app.botToken,
    appToken: app.appToken,
    signingSecret: app.signingSecret,
    botUserId: app.botUserId,
    teamId: world.team.id,
    faults,
    calls: api.calls,
    useRequestUrl: async (url) => {
      const http = new HttpMode(url, app.signingSecret, now);
      await http.verify();
      link = http;
      tellStatus();
    },
    as: (reference) => {
      const person =
        world.findPerson(reference) ??
        [...world.people.values()].find(
          ({ realName }) => realName.split(' ')[0]?.toLowerCase() === reference.toLowerCase(),
        );
      if (person === undefined) throw new Error(`there is nobody called ${reference}`);
      const actor = actors.get(person.id) ?? new Actor(person, inside, people);
      actors.set(person.id, actor);
      return actor;
    },
    messages: seen,
    waitFor: wait,
    connected: async (sockets = 1, withinMs = 5000) => {
      await wait(() => link.connections() >= sockets, `${sockets} socket(s) of the app`, withinMs);
    },
    close: async () => {
      dispatcher.close();
      pages.close();
      socketMode.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
