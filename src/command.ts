/**
 * What a command is, and what it may use. One file in `commands/` = one slash command, read downwards: usage, parse, run, and
 * what its buttons and modals do. A command acts through the Desk alone.
 */
import type { Message, Modal } from './blocks/message.js';
import type { Usage } from './blocks/notices.js';
import type { ChangeDesk } from './command/changes.js';
import type { FleetDesk } from './command/fleet.js';
import type { Found } from './command/found.js';
import type { SweepDesk } from './command/sweeps.js';
import type { StoryDesk } from './command/timeline.js';
import type { WatchDesk } from './command/watch.js';
import type { Caller } from './core/caller.js';
import type { Diagnosis } from './core/finding.js';
import type { Host } from './core/inventory.js';
import type { Action } from './core/policy.js';
import type { Rule, Thresholds } from './core/rule.js';
import type { Snapshot } from './core/snapshot.js';
import type { SysctlCatalogue, SysctlFacts } from './core/sysctl-query.js';
import type { Place, Posted } from './ports/chat.js';
import type { Click, Shortcut, Submission } from './ports/inbox.js';
import type { CheckReport, TransportFailure } from './ports/transport.js';

/** `wrong` is the sentence for the typist, said above usage and examples; none for a plain call for help. */
export type Parsed<Args> = { ok: true; args: Args } | { ok: false; wrong?: string };

export interface Command<Args = unknown> {
  /** without the slash; also the file's name */
  name: string;
  /** one line, for Slack's list of commands */
  summary: string;
  /** what Slack shows behind the name while it is typed, e.g. `<host> [--private]` */
  hint: string;
  usage: Usage;
  /** Pure. `help` and nothing at all come here too. */
  parse(text: string): Parsed<Args>;
  run(desk: Desk, args: Args): Promise<void>;
  /** by action id, without the `:0` that tells several buttons of a message apart */
  actions?: Readonly<Record<string, ClickHandler>>;
  /** modals by callback id */
  views?: Readonly<Record<string, ViewHandler>>;
  /** shortcuts by callback id */
  shortcuts?: Readonly<Record<string, ShortcutHandler>>;
}

/** Nothing in a click is trusted: it carries ids; load, authorise and check again. */
export type ClickHandler = (desk: Desk, click: Click) => Promise<void>;

export interface ViewHandler {
  /** Pure and quick, part of the acknowledgement: what is wrong, by block id. */
  check?(submission: Submission): Readonly<Record<string, string>> | undefined;
  run(desk: Desk, submission: Submission): Promise<void>;
}

export interface ShortcutHandler {
  /** what Slack shows in its menu, ≤ 24 characters */
  title: string;
  /** in the list of shortcuts, ≤ 150 characters */
  description: string;
  on: 'message' | 'anywhere';
  run(desk: Desk, shortcut: Shortcut): Promise<void>;
}

export interface Measured {
  status: 'measured';
  /** the bot keeps the last measurements under their ids: buttons carry one */
  id: string;
  host: Host;
  snapshot: Snapshot;
  diagnosis: Diagnosis;
  previous?: Snapshot;
  /** what the host said, word for word: hostile */
  transcript: string;
}

export type Investigated = Measured | { status: 'failed'; host: Host; failure: TransportFailure; last?: Measured };

export type SysctlsRead =
  | { status: 'read'; facts: SysctlFacts; readAt: string }
  | { status: 'failed'; failure: TransportFailure };

export interface AnswerOptions {
  /** to the caller alone */
  private?: boolean;
  /** a new message in the channel or thread that was asked in; the message whose button was clicked; or its thread */
  at?: 'new' | 'here' | 'thread';
  /** for `here`: the command that asks the same again, should the program die meanwhile; a command's own is known */
  again?: { command: string; text: string };
}

/** All that a command may use, for one caller and one question. */
export interface Desk {
  readonly caller: Caller;
  /** milliseconds since the epoch */
  now(): number;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly sysctlCatalogue: SysctlCatalogue;
  /** the hosts that the caller may see; `problem`: the file is broken and the last good one is in use */
  inventory(): { hosts: readonly Host[]; hidden: number; problem?: string };
  find(selector: string): Found;
  /** overrides of rules' thresholds that hold for a host */
  thresholds(host: Host): Thresholds;
  /**
   * Measures and judges. Never rejects for what a host does; people who ask at the same time share one measurement, and the host
   * is left alone when none of them wants it any more.
   */
  investigate(host: Host, cancelled?: AbortSignal): Promise<Investigated>;
  /** the last good measurement, where one is kept */
  last(host: Host): Measured | undefined;
  measurement(id: string | undefined): Measured | undefined;
  readSysctls(host: Host, cancelled?: AbortSignal): Promise<SysctlsRead>;
  check(host: Host, cancelled?: AbortSignal): Promise<CheckReport>;

  /** To the caller alone, at once; where they are, or at another place that they asked from. */
  whisper(message: Message, at?: Place): Promise<void>;
  /**
   * One message, kept current: `opening` at once, whatever `show` is given meanwhile, and at the end what `work` returns. It is
   * never left at its opening: when work throws, the program stops or dies, the message says so or is finished later.
   */
  answer(
    opening: Message,
    work: (show: (progress: Message) => void, cancelled: AbortSignal) => Promise<Message>,
    options?: AnswerOptions,
  ): Promise<Posted | undefined>;
  /** The person no longer waits for the answer in this message. @returns false where nobody waited */
  cancel(posted: Posted): boolean;
  upload(
    file: { name: string; title: string; content: string | Uint8Array },
    at?: 'new' | 'thread' | Place,
  ): Promise<void>;
  /** many hosts in one answer; undefined where the program measures one at a time */
  readonly fleet?: FleetDesk;
  /** what is measured on a schedule, and what was kept; undefined where the program has no place to keep it */
  readonly sweeps?: SweepDesk;
  /** the audit log as this person may see it */
  readonly story?: StoryDesk;
  /** Makes the caller's Home tab anew. */
  refreshHome(): Promise<void>;
  /** Whether policy lets the caller do this on any host at all; each act is authorised anew. */
  may(action: Action): boolean;
  /** messages that are kept current; undefined where the program has no place to keep them */
  readonly watches?: WatchDesk;
  /** changes of settings: planned, proposed, approved; undefined where the program has no place to keep them */
  readonly changes?: ChangeDesk;
  /** false: a question that no modal can be opened for (a mention, one asked again after a restart) */
  readonly canOpenModal: boolean;
  /** Within 3 s of the click, once. `fill` completes it later. */
  openModal(view: Modal, fill?: () => Promise<Modal>): Promise<void>;
}
