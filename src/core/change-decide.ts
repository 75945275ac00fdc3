/**
 * What may happen to a change: command × change × time → events, or a refusal that says why. Pure. Who may do what is
 * policy's answer and comes in as `permission`; what holds whatever a policy says stands here: nobody approves their own
 * request, nobody counts twice, an approval covers just the plan whose digest it names, nothing is applied after its time.
 */
import {
  type Actor,
  type Change,
  type ChangeEvent,
  type Doer,
  type FindingRef,
  isEnded,
  type Measurement,
} from './change.js';
import type { Plan } from './plan-digest.js';

export const REFUSALS = [
  'not-permitted',
  'own-request',
  'already-approved',
  'another-plan',
  'expired',
  'wrong-state',
  'under-way',
  'no-change',
  'no-reason',
  'window-ended',
  'not-break-glass',
  'wave-member',
] as const;
export type RefusalCode = (typeof REFUSALS)[number];

/** Why something isn't done. `detail` completes the sentence; who was first, what policy said, who could. */
export interface Refusal {
  code: RefusalCode;
  detail: string;
}

export type Decision = { ok: true; events: readonly ChangeEvent[] } | { ok: false; refusal: Refusal };

/** Policy's answer for this actor and step. */
export type Permission = { allowed: true } | { allowed: false; why: string };

const refuse = (code: RefusalCode, detail: string): Decision => ({ ok: false, refusal: { code, detail } });
const happens = (...events: ChangeEvent[]): Decision => ({ ok: true, events });

const REASON_CHARACTERS_MAX = 1_000;
const reasonProblem = (reason: string): Decision | undefined =>
  reason.trim() === '' || reason.length > REASON_CHARACTERS_MAX
    ? refuse('no-reason', `a reason of 1 to ${REASON_CHARACTERS_MAX} characters is needed`)
    : undefined;

export interface Proposal {
  id: string;
  plan: Plan;
  digest: string;
  by: Actor;
  reason: string;
  incident?: string;
  finding?: FindingRef;
  undoes?: string;
  wave?: string;
  nowMs: number;
  expiresAtMs: number;
  approvalsNeeded: number;
  permission: Permission;
}

export const propose = (proposal: Proposal): Decision => {
  const { nowMs, permission, ...rest } = proposal;
  if (!permission.allowed) return refuse('not-permitted', permission.why);
  const problem = reasonProblem(proposal.reason);
  if (problem !== undefined) return problem;
  const { entries } = proposal.plan;
  if (entries.length === 0 || entries.some(({ from, to }) => from === to))
    return refuse('no-change', 'every key of a change must get another value than it has');
  if (new Set(entries.map(({ key }) => key)).size !== entries.length)
    return refuse('no-change', 'a key stands twice in it');
  // At least one other person, whatever a policy file says.
  return happens({ type: 'proposed', ...rest, approvalsNeeded: Math.max(1, rest.approvalsNeeded), atMs: nowMs });
};

/** Expiry covers the time before anything was sent to the host; afterwards the host's own timer rules. */
const isOverdue = (change: Change, nowMs: number): boolean =>
  (change.state === 'proposed' || change.state === 'approved') && nowMs >= change.expiresAtMs;

const wrongState = (change: Change, wanted: string): Decision => {
  const first = change.approvals.at(-1);
  const who = change.state === 'approved' && first !== undefined ? `, allowed by ${first.by.person}` : '';
  return refuse('wrong-state', `${wanted}, but it is ${change.state}${who}`);
};

export const approve = (
  change: Change,
  {
    by,
    digest,
    nowMs,
    permission,
    breakGlass,
    wave,
  }: {
    by: Actor;
    /** the digest that the clicked message carried, and that was computed again from the stored plan */
    digest: string;
    nowMs: number;
    permission: Permission;
    breakGlass?: { reason: string; skipped: readonly string[] };
    /** the wave in whose turn it is approved */
    wave?: string;
  },
): Decision => {
  if (change.state !== 'proposed') return wrongState(change, 'only a proposed change can be approved');
  if (isOverdue(change, nowMs)) return refuse('expired', 'its time to be approved is over');
  // Alone it would go before the canary, or after a stop.
  if (change.wave !== wave)
    return refuse('wave-member', `it is begun in its turn by the wave ${change.wave ?? ''}: approve that one`);
  if (digest !== change.digest) return refuse('another-plan', 'what was shown is not what would be applied');
  if (change.approvals.some((approval) => approval.by.person === by.person || approval.by.account === by.account))
    return refuse('already-approved', 'a person counts once');
  // Said before any role is named: no role would help.
  const own = by.person === change.requester.person || by.account === change.requester.account;
  if (own && breakGlass === undefined)
    return refuse('own-request', 'Who asks does not approve, administrators included');
  if (!permission.allowed) return refuse('not-permitted', permission.why);
  const problem = breakGlass === undefined ? undefined : reasonProblem(breakGlass.reason);
  if (problem !== undefined) return problem;
  return happens({
    type: 'approval-given',
    by,
    atMs: nowMs,
    digest,
    ...(breakGlass === undefined ? {} : { breakGlass }),
  });
};

export const deny = (
  change: Change,
  { by, reason, nowMs, permission }: { by: Actor; reason: string; nowMs: number; permission: Permission },
): Decision => {
  if (change.state !== 'proposed' && change.state !== 'approved')
    return wrongState(change, 'only a change that waits can be denied');
  if (isOverdue(change, nowMs)) return refuse('expired', 'its time is over, nothing will be applied');
  const own = by.person === change.requester.person;
  if (!own && !permission.allowed) return refuse('not-permitted', permission.why);
  const problem = reasonProblem(reason);
  if (problem !== undefined) return problem;
  return happens({ type: own ? 'withdrawn' : 'denied', by, atMs: nowMs, reason });
};

/** A member whose wave has ended before its turn. */
export const withdraw = (change: Change, reason: string, nowMs: number): Decision =>
  change.wave !== undefined && (change.state === 'proposed' || change.state === 'approved')
    ? happens({ type: 'withdrawn', by: 'bot', atMs: nowMs, reason })
    : wrongState(change, 'only a member of a wave that waits is withdrawn with it');

export const expire = (change: Change, nowMs: number): Decision =>
  isOverdue(change, nowMs)
    ? happens({ type: 'expired', atMs: nowMs })
    : wrongState(change, 'only what waited too long expires');

export const beginApply = (
  change: Change,
  {
    by,
    digest,
    nowMs,
    notAfterMs,
  }: {
    by: Doer /** computed again from the stored plan and the inventory as it is now */;
    digest: string;
    nowMs: number;
    notAfterMs: number;
  },
): Decision => {
  if (change.state !== 'approved') return wrongState(change, 'only an approved change is applied');
  if (isOverdue(change, nowMs)) return refuse('expired', 'its time to be applied is over');
  if (digest !== change.digest)
    return happens({
      type: 'went-stale',
      atMs: nowMs,
      detail: 'the host is registered otherwise than when this was approved',
    });
  return happens({ type: 'apply-intended', by, atMs: nowMs, notAfterMs: Math.min(notAfterMs, change.expiresAtMs) });
};

export const measured = (change: Change, measurement: Measurement, isLast: boolean): Decision => {
  if (change.state !== 'applied') return wrongState(change, 'only a change in force is measured');
  const events: ChangeEvent[] = [{ type: 'measured', measurement }];
  if (isLast && measurement.outcome !== 'worse' && measurement.outcome !== 'unknown')
    events.push({ type: 'verified', atMs: measurement.atMs });
  return happens(...events);
};

const inForce = (change: Change): boolean => change.state === 'applied' || change.state === 'verified';

export const beginConfirm = (
  change: Change,
  { by, nowMs, notAfterMs, permission }: { by: Actor; nowMs: number; notAfterMs: number; permission: Permission },
): Decision => {
  if (!inForce(change)) return wrongState(change, 'only a change in force can be confirmed');
  if (change.underway !== undefined) return refuse('under-way', `a ${change.underway.step} is under way`);
  if (change.held !== undefined) return refuse('window-ended', 'the host is taking it back, as soon as it can');
  if (change.windowEndsAtMs !== undefined && nowMs >= change.windowEndsAtMs)
    return refuse('window-ended', 'the host has taken it back by itself');
  if (!permission.allowed) return refuse('not-permitted', permission.why);
  return happens({ type: 'confirm-intended', by, atMs: nowMs, notAfterMs });
};

export const beginRevert = (
  change: Change,
  {
    by,
    nowMs,
    notAfterMs,
    why,
    permission,
  }: { by: Doer; nowMs: number; notAfterMs: number; why: string; permission: Permission },
): Decision => {
  if (!inForce(change)) return wrongState(change, 'only a change in force can be reverted');
  // A revert may follow a confirmation whose outcome is unknown; the host decides which came first.
  if (change.underway?.step === 'revert') return refuse('under-way', 'a revert is under way');
  if (change.held !== undefined) return refuse('under-way', 'the host is taking it back, as soon as it can');
  if (!permission.allowed) return refuse('not-permitted', permission.why);
  return happens({ type: 'revert-intended', by, atMs: nowMs, notAfterMs, why });
};

export const review = (
  change: Change,
  { by, nowMs, permission }: { by: Actor; nowMs: number; permission: Permission },
): Decision => {
  if (change.review === undefined || change.review.doneBy !== undefined)
    return refuse('not-break-glass', 'it waits for no review');
  if (!permission.allowed) return refuse('not-permitted', permission.why);
  if (change.approvals.some((approval) => approval.by.person === by.person))
    return refuse('own-request', 'Who broke the glass does not review it');
  return happens({ type: 'reviewed', by, atMs: nowMs });
};

/** What the gate says of a change: its record's state, or that it has none. */
export interface HostReport {
  state:
    | 'prepared'
    | 'applied'
    | 'committed'
    | 'confirmed'
    | 'reverted'
    | 'held'
    | 'conflict'
    | 'failed'
    | 'unknown-id';
  /** of a change in force: how long until the host reverts it */
  leftSeconds?: number;
  /** why it is in this state, in the gate's own closed words */
  why?: string;
  shadowedBy?: readonly string[];
}

/**
 * Brings a change to where its host says that it is: after every answer, after an unknown outcome, after a restart.
 * No events: nothing new is known yet; ask again.
 */
export const settle = (change: Change, report: HostReport, nowMs: number): readonly ChangeEvent[] => {
  if (isEnded(change.state) || change.state === 'proposed' || change.state === 'approved') return [];
  const applying = change.state === 'applying';
  switch (report.state) {
    case 'unknown-id':
      // The request may still be on its way; after its not-after the host will refuse it.
      if (applying)
        return nowMs > (change.underway?.notAfterMs ?? 0)
          ? [{ type: 'failed', atMs: nowMs, detail: 'the host never got the request; nothing was changed' }]
          : [];
      return [
        {
          type: 'revert-failed',
          atMs: nowMs,
          detail: 'the host no longer knows this change: look at its values by hand',
        },
      ];
    case 'prepared':
      return [];
    case 'applied':
    case 'committed': {
      if (applying)
        return [{ type: 'applied', atMs: nowMs, windowEndsAtMs: nowMs + (report.leftSeconds ?? 0) * 1_000 }];
      // A step that was meant, whose time is over, and that did not happen: it may be tried again.
      if (
        report.state === 'applied' &&
        change.underway !== undefined &&
        nowMs > change.underway.notAfterMs &&
        change.underway.step !== 'apply'
      )
        return [
          { type: 'step-refused', step: change.underway.step, atMs: nowMs, detail: 'the host never got the request' },
        ];
      return [];
    }
    case 'confirmed': {
      const events: ChangeEvent[] = [];
      if (applying) events.push({ type: 'applied', atMs: nowMs, windowEndsAtMs: nowMs });
      events.push({ type: 'confirmed', atMs: nowMs, shadowedBy: report.shadowedBy ?? [] });
      return events;
    }
    case 'reverted':
      return [
        {
          type: 'reverted',
          atMs: nowMs,
          why:
            change.underway?.step === 'revert' ? (change.underway.why ?? 'asked') : (report.why ?? 'the window ended'),
        },
      ];
    case 'conflict':
      // Told as the answer to the request itself it never came into force; found later on the host, it may have been.
      if (applying && report.why !== undefined)
        return [
          { type: 'went-stale', atMs: nowMs, detail: report.why ?? 'a value moved meanwhile; nothing was overwritten' },
        ];
      return [
        {
          type: 'revert-failed',
          atMs: nowMs,
          detail: report.why ?? 'somebody else changed a value; it was not overwritten',
        },
      ];
    case 'held': {
      // The host goes on trying: until it says otherwise the values stay in force, and nobody can confirm them any more.
      const why = report.why ?? 'the host can not put the values back yet';
      if (change.held?.why === why && change.underway === undefined) return [];
      return [
        ...(applying ? [{ type: 'applied' as const, atMs: nowMs, windowEndsAtMs: nowMs }] : []),
        { type: 'revert-held', atMs: nowMs, why },
      ];
    }
    case 'failed':
      return [
        {
          type: 'failed',
          atMs: nowMs,
          detail: report.why ?? 'the host refused a value; what was written before it was put back',
        },
      ];
  }
};
