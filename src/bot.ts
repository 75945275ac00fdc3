/** The bot, put together: everything that it needs comes in, so that it runs against Slack, the local workspace and tests alike. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Allow } from './app/desk-access.js';
import { DeskInbox } from './app/desk-inbox.js';
import { DueLoop } from './app/due.js';
import { Fleets } from './app/fleet.js';
import { Investigations, type InvestigationsOptions } from './app/investigate.js';
import type { Command } from './command.js';
import type { Caller } from './core/caller.js';
import type { Host, Inventory } from './core/inventory.js';
import type { Rule, Thresholds } from './core/rule.js';
import type { SysctlCatalogue } from './core/sysctl-query.js';
import type { Clock, Ids } from './ports/clock.js';
import type { Log } from './ports/log.js';
import type { DueDraft, Store } from './ports/store.js';
import type { Transport } from './ports/transport.js';
import { connectSlack, type Slack, type SlackSettings } from './slack/connect.js';
import { openStore } from './store/open.js';
import { openPendingFile } from './store/pending-file.js';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }).catch(() => undefined),
};

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz012345';
/** 16 characters of five bits: 80 bits */
export const randomIds: Ids = { next: () => [...randomBytes(16)].map((byte) => ALPHABET[byte & 31]).join('') };

export interface BotParts {
  slack: SlackSettings;
  /** where the program keeps what must survive it */
  stateDir: string;
  /** changes, audit, what is due; default: SQLite in the folder. Closed with the bot where it was opened by it. */
  store?: Store;
  allow: Allow;
  log: Log;
  transport: Transport;
  inventory: { current(): Inventory; problem(): string | undefined };
  commands: ReadonlyMap<string, Command>;
  rules: ReadonlyMap<string, Rule>;
  sysctlCatalogue: SysctlCatalogue;
  scripts: InvestigationsOptions['scripts'];
  parse: InvestigationsOptions['parse'];
  maySee?: (caller: Caller, host: Host) => boolean;
  thresholds?: (host: Host) => Thresholds;
  clock?: Clock;
  ids?: Ids;
  helloMs?: number;
  updateEveryMs?: number;
}

export interface Bot {
  home: Slack['home'];
  /** the port in HTTP mode */
  port?: number;
  connected(): number;
  /** Takes in nothing new, finishes what is under way within `graceMs` and hands back the rest to the next start. */
  stop(graceMs: number): Promise<void>;
}

export const startBot = async (parts: BotParts): Promise<Bot> => {
  const { clock = systemClock, ids = randomIds, log, transport, rules } = parts;
  const thresholds = parts.thresholds ?? (() => ({}));
  const pending = openPendingFile(join(parts.stateDir, 'pending.jsonl'), () => clock.now());
  const slack = await connectSlack(parts.slack, {
    log,
    now: () => clock.now(),
    takenBefore: pending.recentIds(),
    ...(parts.helloMs === undefined ? {} : { helloMs: parts.helloMs }),
    ...(parts.updateEveryMs === undefined ? {} : { updateEveryMs: parts.updateEveryMs }),
  });
  const store = parts.store ?? (await openStore(join(parts.stateDir, 'tcpstates.db')));
  const investigations = new Investigations({
    transport,
    clock,
    ids,
    log,
    rules,
    thresholds,
    scripts: parts.scripts,
    parse: parts.parse,
  });
  const fleets = new Fleets({ investigations, clock, ids, rules });
  const inbox = new DeskInbox({
    chat: slack.chat,
    people: slack.people,
    clock,
    log,
    pending,
    investigations,
    fleets,
    rules,
    sysctlCatalogue: parts.sysctlCatalogue,
    inventory: () => parts.inventory.current(),
    inventoryProblem: () => parts.inventory.problem(),
    maySee: parts.maySee ?? (() => true),
    thresholds,
    commands: parts.commands,
    mainCommand: 'tcpstates',
    allow: parts.allow,
  });
  /** by the first word of the kind of what is due */
  const handlers: Record<string, (due: DueDraft) => Promise<void>> = {};
  const due = new DueLoop({ store, clock, log, handlers });
  const { port } = await slack.listen(inbox).catch(async (error: unknown) => {
    await slack.deafen();
    pending.close();
    if (parts.store === undefined) await store.close();
    throw error;
  });
  due.start();
  const again = inbox.resume();
  if (again > 0) log.info({ count: again }, 'answers that a restart cut short are asked again');

  return {
    home: slack.home,
    ...(port === undefined ? {} : { port }),
    connected: () => slack.connected(),
    stop: async (graceMs) => {
      await slack.deafen();
      const dueDone = due.stop();
      await inbox.finish(graceMs);
      await Promise.race([dueDone, clock.sleep(graceMs)]);
      await slack.finish(3_000);
      await transport.close(1_000);
      pending.close();
      if (parts.store === undefined) await store.close();
    },
  };
};
