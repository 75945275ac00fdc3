/** The bot, put together: everything that it needs comes in, so that it runs against Slack, the local workspace and tests alike. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnchorPlace } from './app/audit-anchor.js';
import { auditDue, auditHandler } from './app/audit-due.js';
import { AuditNotes } from './app/audit-notes.js';
import { groupsOf } from './app/change-people.js';
import { Changes } from './app/changes.js';
import type { Allow } from './app/desk-access.js';
import { DeskInbox } from './app/desk-inbox.js';
import { DueLoop } from './app/due.js';
import { Fleets } from './app/fleet.js';
import { Investigations, type InvestigationsOptions } from './app/investigate.js';
import { KeptSamples } from './app/samples-kept.js';
import { Sweeps } from './app/sweep.js';
import { WarRoom } from './app/war-room.js';
import { makeWatchRight } from './app/watch-right.js';
import type { Command } from './command.js';
import { LOOK_ONLY } from './config/policy.js';
import { type Caller, personKey } from './core/caller.js';
import type { Host, Inventory } from './core/inventory.js';
import { evaluate, mayAnywhere, type Policy, personOf, type Subject } from './core/policy.js';
import type { Rule, Thresholds } from './core/rule.js';
import type { Sweep } from './core/sweep.js';
import type { SysctlCatalogue } from './core/sysctl-query.js';
import type { Clock, Ids } from './ports/clock.js';
import type { Log } from './ports/log.js';
import type { DueDraft, Store } from './ports/store.js';
import type { Transport } from './ports/transport.js';
import { connectSlack, type Slack, type SlackSettings } from './slack/connect.js';
import { sha256 } from './store/audit.js';
import { LastingStore } from './store/lasting.js';
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
  /** where changes, audit and what is due are kept, when no store is given: a `postgres://` URL; default: SQLite in the folder */
  database?: string;
  /** what may be set and by whom; default: everybody may look, nobody may change anything */
  policy?: () => Policy;
  /** `team:user` of whoever is on call now; told where an approval is waited for */
  onCall?: () => string | undefined;
  /** seconds after a change at which it is measured */
  verifyAfterSeconds?: readonly number[];
  /** a one-time-code secret by the name that the policy gives it */
  secret?: (name: string) => string | undefined;
  thresholds?: (host: Host) => Thresholds;
  /** what is measured on a schedule */
  sweeps?: () => readonly Sweep[];
  /** where the audit log's head is told, beside the channel */
  anchorPlaces?: readonly AnchorPlace[];
  /** a channel that is told it, where one is named */
  auditChannel?: string;
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
  /** The sweeps are others now: new ones are scheduled. */
  sweepsChanged(): Promise<void>;
  /** Takes in nothing new, finishes what is under way within `graceMs` and hands back the rest to the next start. */
  stop(graceMs: number): Promise<void>;
}

const TAKE_UP_AGAIN_MS = 5_000;

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
  // Without a database the bot still looks at hosts: in an incident that is worth more than a clean refusal to start.
  const lasting =
    parts.store ?? (await LastingStore.at(parts.database ?? join(parts.stateDir, 'tcpstates.db'), { clock, log }));
  const store: Store = lasting;
  const policy = parts.policy ?? (() => LOOK_ONLY);
  const inventory = (): Inventory => parts.inventory.current();
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
  // Who is served at all was asked at the door; here policy's own word on hosts.
  const maySee = (caller: Caller, host: Host, subject: Subject): boolean =>
    evaluate(policy(), inventory(), {
      subject: { ...subject, member: true },
      action: 'see',
      host,
      channel: caller.channel,
      nowMs: clock.now(),
    }).allowed;
  const subjectOf = async (caller: Caller, acts = false): Promise<Subject> => {
    const { people } = slack;
    const groups = groupsOf(policy());
    const [standing, found] = await Promise.all([
      acts ? people.standingNow(caller) : people.standing(caller),
      acts
        ? people.groupsNow(caller, groups)
        : people.groupsOf(caller, groups).then((all) => ({ in: all, unknown: [] })),
    ]);
    const { in: userGroups, unknown: userGroupsUnknown } = found;
    return {
      account: personKey(caller),
      userGroups,
      userGroupsUnknown,
      member: standing.kind === 'member',
      ...(standing.kind === 'unknown' ? { memberUnknown: true as const } : {}),
    };
  };
  const changes = new Changes({
    store,
    chat: slack.chat,
    transport,
    clock,
    ids,
    log,
    hash: sha256,
    policy,
    inventory,
    catalogue: parts.sysctlCatalogue,
    diagnose: async (host) => {
      const asked = await investigations.investigate(host);
      room.seen(asked);
      return asked.status === 'measured'
        ? { ok: true, diagnosis: asked.diagnosis }
        : { ok: false, failure: asked.failure.message };
    },
    readSysctls: (host) => investigations.readSysctls(host),
    readMany: (hosts) => fleets.readSysctls(fleets.newId(), hosts, () => undefined),
    maySee,
    subjectNow: (account) => {
      const [teamId = '', userId = ''] = account.split(':');
      return subjectOf({ teamId, userId, channel: '' }, true);
    },
    verifyAfterSeconds: parts.verifyAfterSeconds ?? [30, 120, 300],
    ...(parts.onCall === undefined ? {} : { onCall: parts.onCall }),
    secret: parts.secret ?? (() => undefined),
    changeMoved: () => room.changeMoved(),
  });
  const room: WarRoom = new WarRoom({
    store,
    chat: slack.chat,
    clock,
    ids,
    log,
    rules,
    policy,
    inventory,
    maySee,
    last: (host) => investigations.last(host),
    investigate: async (host, cancelled) => {
      const asked = await investigations.investigate(host, cancelled);
      room.seen(asked);
      return asked;
    },
    keepOpen: (hosts) => investigations.keepOpen('watches', hosts),
    subjectOf,
    right: makeWatchRight({ people: slack.people, allow: parts.allow, subjectOf, maySee }),
  });
  /** who acted, as the audit log names them */
  const actorOf = (caller: Caller): string => `${personOf(policy(), personKey(caller))} (${personKey(caller)})`;
  const sweeps = new Sweeps({
    store,
    chat: slack.chat,
    clock,
    log,
    fleets,
    investigations,
    rules,
    thresholds,
    inventory,
    sweeps: parts.sweeps ?? (() => []),
    actorOf,
  });
  const notes = new AuditNotes({ store, clock, log });
  const samples = new KeptSamples({ store, clock, log });
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
    inventory,
    inventoryProblem: () => parts.inventory.problem(),
    maySee,
    subjectOf,
    sweepsFor: (caller, sees) => sweeps.at(caller, sees),
    changesFor: (caller, subject) => changes.at(caller, subject),
    watchesFor: (caller) => room.watches.deskFor(caller),
    storyFor: (caller, subject) => room.storyFor(caller, subject),
    publishHome: (caller, subject) => room.openedHome(caller, subject),
    may: (subject, action) => mayAnywhere(policy(), subject, action),
    measured: (caller, investigated) => room.measured(caller, investigated),
    waiting: room.waiting,
    greet: (desk, answer) => room.greet(desk, answer),
    keep: (all) => samples.add(all),
    note: (caller, { kind, host, data }) =>
      notes.add({
        actor: actorOf(caller),
        kind,
        host: host.name,
        channel: caller.channel,
        data,
      }),
    thresholds,
    commands: parts.commands,
    mainCommand: 'tcpstates',
    allow: parts.allow,
  });
  /** by the first word of the kind of what is due */
  const handlers: Record<string, (due: DueDraft) => Promise<void>> = {
    audit: auditHandler({ ...parts, chat: slack.chat, store, clock }),
    change: (due) => changes.lifecycle.due(due),
    sweep: (due) => sweeps.due(due),
    watch: (due) => room.watches.due(due),
    wave: (due) => changes.waves.due(due),
  };
  const due = new DueLoop({ store, clock, log, handlers });
  const { port } = await slack.listen(inbox).catch(async (error: unknown) => {
    await slack.deafen();
    pending.close();
    if (parts.store === undefined) await store.close();
    throw error;
  });
  const stopping = new AbortController();
  /** What waits in the store is taken up as soon as that is open, be it now or in an hour. */
  const takeUp = async (): Promise<void> => {
    while (!stopping.signal.aborted)
      try {
        await store.due.schedule(auditDue(clock.now()));
        await sweeps.start();
        await room.start();
        due.start();
        changes.board.start();
        return;
      } catch (error) {
        log.error({ err: error }, 'what was under way could not be taken up; it is tried again');
        await clock.sleep(TAKE_UP_AGAIN_MS, stopping.signal);
      }
  };
  if ((await store.check()).ok) await takeUp();
  else if (lasting instanceof LastingStore) void lasting.opened.then(takeUp);
  const again = inbox.resume();
  if (again > 0) log.info({ count: again }, 'answers that a restart cut short are asked again');

  return {
    home: slack.home,
    ...(port === undefined ? {} : { port }),
    connected: () => slack.connected(),
    sweepsChanged: () =>
      sweeps.start().catch((error: unknown) => log.error({ err: error }, 'sweeps could not be scheduled')),
    stop: async (graceMs) => {
      stopping.abort();
      // Before any question is given up: a round that is under way must not take that for the hosts' silence.
      const swept = sweeps.stop();
      await slack.deafen();
      const dueDone = due.stop();
      await inbox.finish(graceMs);
      await Promise.race([
        Promise.all([dueDone, changes.stop(), swept, notes.done(), samples.done(), room.finish()]),
        clock.sleep(Math.max(graceMs, 500)),
      ]);
      await slack.finish(3_000);
      await transport.close(1_000);
      pending.close();
      if (parts.store === undefined) await store.close();
    },
  };
};
