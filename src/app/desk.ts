/** The desk: all that a command may use, made for one caller and one question. */
import type { Message } from '../blocks/message.js';
import { dialogTooLate } from '../blocks/unanswered.js';
import { verdictOf } from '../blocks/verdict.js';
import type { ChangeDesk } from '../command/changes.js';
import type { Found } from '../command/found.js';
import type { SweepDesk } from '../command/sweeps.js';
import type { StoryDesk } from '../command/timeline.js';
import type { WatchDesk } from '../command/watch.js';
import type { Desk, Investigated } from '../command.js';
import { type Caller, personKey } from '../core/caller.js';
import { wrongIn } from '../core/diagnose.js';
import type { Host, Inventory } from '../core/inventory.js';
import type { Action, Subject } from '../core/policy.js';
import type { Rule, Thresholds } from '../core/rule.js';
import type { SysctlCatalogue } from '../core/sysctl-query.js';
import { type Chat, ChatError, type Place, type Posted, type ResponseUrl } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Click } from '../ports/inbox.js';
import type { Log } from '../ports/log.js';
import type { PendingAnswers } from '../ports/pending.js';
import type { Sample } from '../ports/store.js';
import { answer } from './desk-answer.js';
import { makeFleetDesk, selectHosts } from './desk-fleet.js';
import { noted } from './desk-fleet-notes.js';
import type { Waiting } from './desk-waiting.js';
import type { Fleets } from './fleet.js';
import type { Investigations } from './investigate.js';
import { sampleOf } from './samples-kept.js';

export interface DeskParts {
  chat: Chat;
  clock: Clock;
  log: Log;
  pending: PendingAnswers;
  investigations: Investigations;
  /** many hosts in one answer */
  fleets?: Fleets;
  sweepsFor?: (caller: Caller, maySee: (host: Host) => boolean) => SweepDesk;
  rules: ReadonlyMap<string, Rule>;
  sysctlCatalogue: SysctlCatalogue;
  inventory: () => Inventory;
  inventoryProblem: () => string | undefined;
  /** policy's word on what a caller may see */
  maySee: (caller: Caller, host: Host, subject: Subject) => boolean;
  thresholds: (host: Host) => Thresholds;
  /** what the caller may do with changes */
  storyFor?: (caller: Caller, subject: Subject) => StoryDesk;
  publishHome?: (caller: Caller, subject: Subject) => Promise<void>;
  may?: (subject: Subject, action: Action) => boolean;
  /** remembers what somebody measured, for Home */
  measured?: (caller: Caller, investigated: Investigated) => void;
  watchesFor?: (caller: Caller) => WatchDesk;
  /** answers that people wait for, by their message: who no longer wants one calls it off */
  waiting?: Waiting;
  changesFor?: (caller: Caller, subject: Subject) => ChangeDesk;
  /** keeps the numbers of what was measured, for their course */
  keep?: (samples: readonly Sample[]) => void;
  /** notes for the audit log what was measured or read */
  note?: (caller: Caller, noted: { kind: string; host: Host; data: Readonly<Record<string, unknown>> }) => void;
}

/** A message of an earlier run of the program that still says "measuring". */
export interface LeftBehind {
  posted: Posted;
  /** an answer goes there now */
  taken: boolean;
}

/** One question: who asked, from where, and what is left of an earlier run. */
export interface Occasion {
  id: string;
  caller: Caller;
  /** who that is to the policy; looked up for this occasion */
  subject?: Subject;
  triggerId?: string;
  responseUrl?: ResponseUrl;
  click?: Click;
  left?: LeftBehind;
  /** called with each answer that stands where others see it */
  stands?: (posted: Posted) => void;
  /** aborts when the program stops */
  stopping: AbortSignal;
}

export const makeDesk = (parts: DeskParts, occasion: Occasion): Desk => {
  const { chat, clock, investigations, log, pending } = parts;
  const { caller, click, id, responseUrl } = occasion;
  const place: Place = {
    channel: caller.channel,
    ...(caller.threadTs === undefined ? {} : { threadTs: caller.threadTs }),
  };
  const subject: Subject = occasion.subject ?? { account: personKey(caller), userGroups: [], member: false };
  // From Home there is no channel to whisper in: the direct message with the bot is as private.
  const whisper = async (message: Message, at: Place = place): Promise<void> =>
    /^[UW]/.test(at.channel)
      ? void (await chat.post(at, message))
      : chat.whisper({ ...at, user: caller.userId, ...(responseUrl === undefined ? {} : { responseUrl }) }, message);
  const clicked = click?.at.kind === 'message' ? click.at : undefined;
  const threadOf = (): Place =>
    clicked === undefined || clicked.whispered ? place : { ...place, threadTs: place.threadTs ?? clicked.posted.ts };

  const visible = (): { hosts: Host[]; hidden: number } => {
    const all = [...parts.inventory().hosts.values()];
    const hosts = all.filter((host) => parts.maySee(caller, host, subject));
    return { hosts, hidden: all.length - hosts.length };
  };

  return {
    caller,
    rules: parts.rules,
    sysctlCatalogue: parts.sysctlCatalogue,
    now: () => clock.now(),
    thresholds: parts.thresholds,
    inventory: () => {
      const problem = parts.inventoryProblem();
      return { ...visible(), ...(problem === undefined ? {} : { problem }) };
    },
    find: (text): Found => {
      const selection = selectHosts(text, parts.inventory(), (host) => parts.maySee(caller, host, subject));
      return selection.ok ? { ok: true, hosts: selection.hosts, leftOut: selection.leftOut } : selection;
    },
    ...(parts.changesFor === undefined ? {} : { changes: parts.changesFor(caller, subject) }),
    ...(parts.fleets === undefined
      ? {}
      : {
          fleet: noted(
            makeFleetDesk({
              fleets: parts.fleets,
              inventory: parts.inventory,
              maySee: (host) => parts.maySee(caller, host, subject),
              userId: caller.userId,
              asks: (host, kind, fleet) => {
                // A measurement is noted with what it found.
                if (kind !== 'measurement') parts.note?.(caller, { kind, host, data: { fleet } });
              },
            }),
            {
              note: (host, data) => parts.note?.(caller, { kind: 'measurement', host, data }),
              keep: (samples) => parts.keep?.(samples),
            },
          ),
        }),
    ...(parts.sweepsFor === undefined
      ? {}
      : { sweeps: parts.sweepsFor(caller, (host) => parts.maySee(caller, host, subject)) }),
    ...(parts.watchesFor === undefined ? {} : { watches: parts.watchesFor(caller) }),
    ...(parts.storyFor === undefined ? {} : { story: parts.storyFor(caller, subject) }),
    refreshHome: async () => parts.publishHome?.(caller, subject),
    may: (action) => parts.may?.(subject, action) ?? true,
    cancel: (posted) => parts.waiting?.cancel(posted, caller.userId) ?? false,
    canOpenModal: occasion.triggerId !== undefined,
    investigate: async (host, cancelled) => {
      const investigated = await investigations.investigate(host, cancelled);
      const data =
        investigated.status === 'measured'
          ? {
              measurement: investigated.id,
              verdict: verdictOf(investigated.diagnosis, parts.rules).line.slice(0, 300),
              present: wrongIn(investigated.diagnosis).map(({ id: rule }) => rule),
            }
          : { failed: investigated.failure.problem };
      parts.note?.(caller, { kind: 'measurement', host, data });
      parts.measured?.(caller, investigated);
      if (investigated.status === 'measured') parts.keep?.([sampleOf(investigated)]);
      return investigated;
    },
    last: (host) => investigations.last(host),
    measurement: (measurementId) => {
      const kept = measurementId === undefined ? undefined : investigations.measurement(measurementId);
      return kept !== undefined && parts.maySee(caller, kept.host, subject) ? kept : undefined;
    },
    readSysctls: async (host, cancelled) => {
      const read = await investigations.readSysctls(host, cancelled);
      parts.note?.(caller, { kind: 'read.sysctls', host, data: { status: read.status } });
      return read;
    },
    check: (host, cancelled) => investigations.check(host, cancelled),

    whisper,

    answer: async (opening, work, options = {}) => {
      // Taken over once: a command's second answer is a new message.
      const left = occasion.left?.taken === false && options.private !== true ? occasion.left : undefined;
      if (left !== undefined) left.taken = true;
      const { again } = options;
      // A click is noted only now: before, it had promised nothing. Asked again, it goes where it would have gone.
      if (again !== undefined && click !== undefined)
        pending.open({
          id,
          ...again,
          caller: options.at === 'thread' ? { ...caller, ...threadOf() } : caller,
          since: clock.now(),
          ...(options.at === 'here' && clicked?.whispered === false ? { posted: clicked.posted } : {}),
        });
      return answer(
        {
          chat,
          clock,
          log,
          stopping: occasion.stopping,
          user: caller.userId,
          place,
          ...(responseUrl === undefined ? {} : { responseUrl }),
          ...(clicked === undefined ? {} : { clicked }),
          ...(left === undefined ? {} : { left: left.posted }),
          stands: (posted) => {
            occasion.stands?.(posted);
            pending.posted(id, posted);
          },
          ...(parts.waiting === undefined ? {} : { waiting: parts.waiting }),
        },
        id,
        opening,
        work,
        options,
      );
    },

    upload: (file, at = 'new') => chat.upload(at === 'new' ? place : at === 'thread' ? threadOf() : at, file),

    openModal: async (view, fill) => {
      const { triggerId } = occasion;
      if (triggerId === undefined) throw new ChatError('expired', 'no_trigger');
      const opened = await chat.openModal(triggerId, view).catch(async (error: unknown) => {
        if (!(error instanceof ChatError && error.problem === 'expired')) throw error;
        log.warn({ delivery: id, problem: error.problem, status: error.code }, 'a dialog came too late');
        await whisper(dialogTooLate());
        return undefined;
      });
      if (opened === undefined || fill === undefined) return;
      await chat.updateModal(opened, await fill());
    },
  };
};
