/**
 * A change is a proposal's life: proposed → approved → applying → applied → verified → confirmed; the other ends are
 * denied, expired, stale, reverted, failed and revert-failed. Here is what it is and how an event moves it (`evolve`);
 * which events may happen is decided in `change-decide.ts`. Times are milliseconds since the epoch, UTC.
 */
import type { Plan } from './plan-digest.js';

export const CHANGE_STATES = [
  'proposed',
  'approved',
  'applying',
  'applied',
  'verified',
  'confirmed',
  'denied',
  'expired',
  'stale',
  'reverted',
  'failed',
  'revert-failed',
] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

const ENDS: ReadonlySet<ChangeState> = new Set([
  'confirmed',
  'denied',
  'expired',
  'stale',
  'reverted',
  'failed',
  'revert-failed',
]);
/** Nothing can happen to it any more. */
export const isEnded = (state: ChangeState): boolean => ENDS.has(state);

/** Who does a step: the person that policy knows, and the account that clicked. `bot` acts where time or a host does. */
export interface Actor {
  person: string;
  /** `enterprise or team id:user id` */
  account: string;
}
export type Doer = Actor | 'bot';

export type Outcome = 'better' | 'same' | 'worse' | 'unknown';

export interface Approval {
  by: Actor;
  atMs: number;
  /** a person allowed it alone, in an emergency; `skipped` were told at once */
  breakGlass?: { reason: string; skipped: readonly string[] };
}

export interface Measurement {
  atMs: number;
  /** since the change was applied */
  afterSeconds: number;
  outcome: Outcome;
  /** the finding's own measure before and now, in words with units */
  before: string;
  now: string;
}

/** A finding as a change names it: the rule's id, and the subject where a host can have several. */
export interface FindingRef {
  id: string;
  subject?: string;
}

export interface Underway {
  step: 'apply' | 'confirm' | 'revert';
  by: Doer;
  sinceMs: number;
  /** the host refuses the request after this */
  notAfterMs: number;
  why?: string;
}

export interface Change {
  id: string;
  /** events so far: what a compare-and-set compares */
  version: number;
  state: ChangeState;
  plan: Plan;
  digest: string;
  requester: Actor;
  reason: string;
  incident?: string;
  /** what the change is to cure, by whose own measure it is judged */
  finding?: FindingRef;
  proposedAtMs: number;
  expiresAtMs: number;
  approvalsNeeded: number;
  approvals: readonly Approval[];
  underway?: Underway;
  appliedAtMs?: number;
  /** who confirmed it; of one that the host found confirmed nobody is known */
  confirmedBy?: Actor;
  /** the host reverts by itself at this time unless it is confirmed */
  windowEndsAtMs?: number;
  /** the host is to put the values back and can't yet, e.g. because more is in use than the value from before allows; it tries again */
  held?: { sinceMs: number; why: string };
  measurements: readonly Measurement[];
  endedAtMs?: number;
  /** why it ended, in words */
  ending?: string;
  /** boot files or tuned profiles that would override a persistent value */
  shadowedBy: readonly string[];
  /** a break-glass change waits for a review afterwards */
  review?: { due: true; doneBy?: Actor; atMs?: number };
  /** the change whose effect this one takes back */
  undoes?: string;
  /** the wave that it is a member of: approved, and begun in its turn, with the whole wave alone */
  wave?: string;
}

export type ChangeEvent =
  | {
      type: 'proposed';
      id: string;
      plan: Plan;
      digest: string;
      by: Actor;
      reason: string;
      incident?: string;
      finding?: FindingRef;
      undoes?: string;
      wave?: string;
      atMs: number;
      expiresAtMs: number;
      approvalsNeeded: number;
    }
  | {
      type: 'approval-given';
      by: Actor;
      atMs: number;
      digest: string;
      breakGlass?: { reason: string; skipped: readonly string[] };
    }
  | { type: 'denied'; by: Actor; atMs: number; reason: string }
  | { type: 'withdrawn'; by: Doer; atMs: number; reason: string }
  | { type: 'expired'; atMs: number }
  | { type: 'apply-intended'; by: Doer; atMs: number; notAfterMs: number }
  | { type: 'applied'; atMs: number; windowEndsAtMs: number }
  | { type: 'went-stale'; atMs: number; detail: string }
  | { type: 'failed'; atMs: number; detail: string }
  | { type: 'measured'; measurement: Measurement }
  | { type: 'verified'; atMs: number }
  | { type: 'confirm-intended'; by: Actor; atMs: number; notAfterMs: number }
  | { type: 'confirmed'; atMs: number; shadowedBy: readonly string[] }
  | { type: 'revert-intended'; by: Doer; atMs: number; notAfterMs: number; why: string }
  | { type: 'reverted'; atMs: number; why: string }
  | { type: 'revert-failed'; atMs: number; detail: string }
  | { type: 'revert-held'; atMs: number; why: string }
  | { type: 'step-refused'; step: 'confirm' | 'revert'; atMs: number; detail: string }
  | { type: 'reviewed'; by: Actor; atMs: number };

const end = (change: Change, state: ChangeState, atMs: number, ending: string): Change => {
  const { underway: _, ...rest } = change;
  return { ...rest, state, endedAtMs: atMs, ending };
};

const move = (change: Change, event: Exclude<ChangeEvent, { type: 'proposed' }>): Change => {
  switch (event.type) {
    case 'approval-given': {
      const { type: _, digest: __, ...approval } = event;
      const approvals = [...change.approvals, approval];
      // A break-glass approval stands alone, by design and with a review afterwards.
      const enough = approvals.length >= change.approvalsNeeded || approval.breakGlass !== undefined;
      return {
        ...change,
        approvals,
        state: enough ? 'approved' : change.state,
        ...(approval.breakGlass === undefined ? {} : { review: { due: true as const } }),
      };
    }
    case 'denied':
      return end(change, 'denied', event.atMs, event.reason);
    case 'withdrawn':
      return end(
        change,
        'denied',
        event.atMs,
        `withdrawn${event.by === 'bot' ? '' : ' by the requester'}: ${event.reason}`,
      );
    case 'expired':
      return end(change, 'expired', event.atMs, 'nobody applied it in time');
    case 'apply-intended':
      return {
        ...change,
        state: 'applying',
        underway: { step: 'apply', by: event.by, sinceMs: event.atMs, notAfterMs: event.notAfterMs },
      };
    case 'applied': {
      const { underway: _, ...rest } = change;
      return { ...rest, state: 'applied', appliedAtMs: event.atMs, windowEndsAtMs: event.windowEndsAtMs };
    }
    case 'went-stale':
      return end(change, 'stale', event.atMs, event.detail);
    case 'failed':
      return end(change, 'failed', event.atMs, event.detail);
    case 'measured':
      return { ...change, measurements: [...change.measurements, event.measurement] };
    case 'verified':
      return { ...change, state: 'verified' };
    case 'confirm-intended':
      return {
        ...change,
        underway: { step: 'confirm', by: event.by, sinceMs: event.atMs, notAfterMs: event.notAfterMs },
      };
    case 'confirmed':
      return {
        ...end(change, 'confirmed', event.atMs, 'confirmed'),
        shadowedBy: event.shadowedBy,
        ...(change.underway?.step === 'confirm' && change.underway.by !== 'bot'
          ? { confirmedBy: change.underway.by }
          : {}),
      };
    case 'revert-intended':
      return {
        ...change,
        underway: { step: 'revert', by: event.by, sinceMs: event.atMs, notAfterMs: event.notAfterMs, why: event.why },
      };
    case 'reverted':
      return end(change, 'reverted', event.atMs, event.why);
    case 'revert-failed':
      return end(change, 'revert-failed', event.atMs, event.detail);
    case 'step-refused': {
      const { underway: _, ...rest } = change;
      return rest;
    }
    case 'revert-held': {
      const { underway: _, ...rest } = change;
      return { ...rest, held: { sinceMs: change.held?.sinceMs ?? event.atMs, why: event.why } };
    }
    case 'reviewed':
      return { ...change, review: { due: true, doneBy: event.by, atMs: event.atMs } };
  }
};

/**
 * The change after an event. Total: it applies what happened and judges nothing.
 * @throws RangeError when the first event is not `proposed`, or a later one is: the history is not one of a change
 */
export const evolve = (change: Change | undefined, event: ChangeEvent): Change => {
  if (event.type === 'proposed') {
    if (change !== undefined) throw new RangeError(`change ${change.id} is proposed twice in its history`);
    const { type: _, by, atMs, ...rest } = event;
    return {
      ...rest,
      version: 1,
      state: 'proposed',
      requester: by,
      proposedAtMs: atMs,
      approvals: [],
      measurements: [],
      shadowedBy: [],
    };
  }
  if (change === undefined) throw new RangeError(`a history that begins with “${event.type}” is not one of a change`);
  return { ...move(change, event), version: change.version + 1 };
};

/** The change after its whole history. @throws RangeError as `evolve` */
export const replay = (events: readonly ChangeEvent[]): Change | undefined =>
  events.reduce<Change | undefined>((change, event) => evolve(change, event), undefined);
