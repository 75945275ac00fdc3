/** All that the doors of the workspace (Web API, page, test driver) act upon. */
import type { Dispatcher } from './delivery.js';
import type { Faults } from './faults.js';
import type { Files } from './files.js';
import type { Hub } from './hub.js';
import type { AppIdentity } from './identity.js';
import type { Log } from './log.js';
import type { Payloads } from './payloads.js';
import type { AppStatus, Command, Shortcut } from './protocol.js';
import type { ResponseUrls, Triggers } from './tickets.js';
import type { Views } from './views.js';
import type { World } from './world.js';

export interface Inside {
  world: World;
  hub: Hub;
  views: Views;
  triggers: Triggers;
  responseUrls: ResponseUrls;
  dispatcher: Dispatcher;
  payloads: Payloads;
  files: Files;
  faults: Faults;
  app: AppIdentity;
  commands: readonly Command[];
  shortcuts: readonly Shortcut[];
  /** the app's event subscriptions, e.g. `app_mention`, `message.channels` */
  events: ReadonlySet<string>;
  appStatus(): AppStatus;
  /** where this server stands, e.g. `http://127.0.0.1:41234` */
  baseUrl(): string;
  now(): number;
  log: Log;
}

/** What Slack refuses a person, in words that are shown to that person. */
export class Refused extends Error {}
