/** What a command may do with changes: each method authorises anew, and says what to show to the one who asked. */
import type { Offer } from '../blocks/findings.js';
import type { Message, Modal } from '../blocks/message.js';
import type { FindingRef } from '../core/change.js';
import type { Diagnosis } from '../core/finding.js';
import type { Host } from '../core/inventory.js';
import type { Wish } from '../core/plan.js';
import type { Place } from '../ports/chat.js';
import type { WaveDesk } from './waves.js';

/** What to show to the one who clicked; nothing where the change's own message says it. */
/** `at`: where it was asked; a modal itself stands in no channel. */
export type Shown = { whisper: Message; at?: Place } | { modal: Modal } | undefined;

export interface DraftWish {
  wishes: readonly Wish[];
  /** what may not be set is left out (a finding's remedies), or refuses the whole (what was typed) */
  partly: boolean;
  finding?: FindingRef;
  windowSeconds?: number;
  persistent?: boolean;
}

export interface ChangesAsked {
  /** default: open ones only */
  all?: boolean;
  host?: string;
  person?: string;
  sinceSeconds?: number;
}

/** A change as a button or a modal names it. */
export interface ChangeRef {
  change: string;
  digest: string;
}

export interface ChangeDesk {
  /** one change on many hosts */
  readonly waves: WaveDesk;
  /** For each finding with remedies: whether the caller may propose them here, or why not. */
  offers(host: Host, diagnosis: Diagnosis): readonly Offer[];
  /** Reads the host and plans. @returns the modal that proposes, or that says why not */
  draft(host: Host, wish: DraftWish): Promise<Modal>;
  /** Takes back a confirmed change. */
  draftUndo(ref: ChangeRef): Promise<Modal>;
  /** what the proposal's modal was sent with */
  propose(draft: string, entered: { reason: string; windowSeconds: number; persistent: boolean }): Promise<Shown>;
  /** @param code what was typed, where the keys ask for one; without it the modal that asks for it */
  approve(ref: ChangeRef, code?: string, at?: string): Promise<Shown>;
  /** without a reason the modal that asks for it */
  deny(ref: ChangeRef, reason?: string, at?: string): Promise<Shown>;
  breakGlass(ref: ChangeRef, entered?: { reason: string; code?: string }, at?: string): Promise<Shown>;
  confirm(ref: ChangeRef): Promise<Shown>;
  revert(ref: ChangeRef): Promise<Shown>;
  review(ref: ChangeRef): Promise<Shown>;
  dryRun(ref: ChangeRef): Promise<Modal>;
  whoCan(ref: ChangeRef): Promise<Message>;
  list(asked: ChangesAsked): Promise<Message>;
  show(id: string): Promise<Message>;
}
