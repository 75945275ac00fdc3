/** What falls due in a change's life, and when. Each has one id, so that scheduling it again moves it. */
import type { Change, ChangeEvent } from '../core/change.js';
import type { NotAfter } from '../core/gate/request.js';
import type { DueDraft } from '../ports/store.js';
import type { Notice } from './change-ports.js';

/** How long a request may be on its way before the host must refuse it. */
export const NOT_AFTER_SECONDS = 20;
/**
 * The host's own clock after which a request sent now has no effect; of a host that could not be asked, one that shows where it
 * stands. One second less, because the host counts whole ones: it takes a request until the end of the one that is named, and
 * must have refused it when the bot counts it as never got.
 */
export const hostNotAfter = (hostClock: NotAfter | { failure: string }): NotAfter =>
  'failure' in hostClock
    ? { boot8: '00000000', uptimeSeconds: 0 }
    : { boot8: hostClock.boot8, uptimeSeconds: hostClock.uptimeSeconds + NOT_AFTER_SECONDS - 1 };

const SETTLE_AGAIN_MS = 3_000;
const SETTLE_AGAIN_MS_MAX = 60_000;
const APPLY_AGAIN_MS = 10_000;
const AFTER_WINDOW_MS = 2_500;
const BEFORE_END_MS = 60_000;
const ESCALATE_BEFORE_MS = 10 * 60_000;

export const dueToExpire = (id: string, expiresAtMs: number): DueDraft => ({
  id: `${id}:expire`,
  kind: 'change-expire',
  subject: id,
  atMs: expiresAtMs,
});

/** Of a new change: people are reminded at half time, others before the end, then it expires. */
export const dueOfProposal = (id: string, nowMs: number, expiresAtMs: number): DueDraft[] => [
  dueToExpire(id, expiresAtMs),
  { id: `${id}:nudge`, kind: 'change-nudge', subject: id, atMs: nowMs + (expiresAtMs - nowMs) / 2 },
  {
    id: `${id}:escalation`,
    kind: 'change-escalation',
    subject: id,
    atMs: expiresAtMs - Math.min(ESCALATE_BEFORE_MS, (expiresAtMs - nowMs) / 4),
  },
];

/** An approved change is sent again: the host could not be asked, or the bot died before the first word to it. */
export const dueToApply = (id: string, nowMs: number): DueDraft => ({
  id: `${id}:apply`,
  kind: 'change-apply',
  subject: id,
  atMs: nowMs + APPLY_AGAIN_MS,
});

/**
 * A host that says nothing is asked again: often while its answer is waited for, more and more seldom the longer the time is past
 * at which it must have settled the matter by itself.
 */
export const dueToAskAgain = ({ id, windowEndsAtMs, underway }: Change, nowMs: number): DueDraft => {
  const overdueMs = nowMs - (windowEndsAtMs ?? underway?.notAfterMs ?? nowMs);
  return dueToSettle(id, nowMs, Math.min(SETTLE_AGAIN_MS_MAX, Math.max(SETTLE_AGAIN_MS, overdueMs / 10)));
};

/** The host is asked what became of a request. */
export const dueToSettle = (id: string, nowMs: number, inMs = SETTLE_AGAIN_MS): DueDraft => ({
  id: `${id}:settle`,
  kind: 'change-settle',
  subject: id,
  atMs: nowMs + inMs,
});

/** When the host must have refused what it had not got by then. */
export const dueAfterNotAfter = (id: string, nowMs: number): DueDraft =>
  dueToSettle(id, nowMs, (NOT_AFTER_SECONDS + 1) * 1_000);

/** Of a change that has come into force: its measurements, a word before its window ends, a look afterwards. */
export const dueInForce = (
  id: string,
  events: readonly ChangeEvent[],
  verifyAfterSeconds: readonly number[],
): DueDraft[] =>
  events.flatMap((event): DueDraft[] => {
    if (event.type !== 'applied') return [];
    const { atMs, windowEndsAtMs } = event;
    return [
      ...verifyAfterSeconds
        .map((seconds) => ({
          id: `${id}:measure:${seconds}`,
          kind: 'change-measure',
          subject: id,
          atMs: atMs + seconds * 1_000,
        }))
        .filter((due) => due.atMs < windowEndsAtMs),
      {
        id: `${id}:window-nudge`,
        kind: 'change-window-nudge',
        subject: id,
        atMs: windowEndsAtMs - Math.min(BEFORE_END_MS, (windowEndsAtMs - atMs) / 2),
      },
      // An id of its own: asking in between, for a step, must not put off the look at the end.
      { id: `${id}:window-end`, kind: 'change-settle', subject: id, atMs: windowEndsAtMs + AFTER_WINDOW_MS },
    ];
  });

const waits = ({ state }: Change): boolean => state === 'proposed';
const inForce = ({ state }: Change): boolean => state === 'applied' || state === 'verified';

/** Which notice each kind of what is due is, and while what it is still true. */
export const NOTICES: Readonly<Record<string, { about: Notice; holds: (change: Change) => boolean }>> = {
  'change-nudge': { about: 'approval', holds: waits },
  'change-escalation': { about: 'escalation', holds: waits },
  'change-window-nudge': { about: 'window', holds: inForce },
  'change-worse': { about: 'worse', holds: inForce },
  'change-held': { about: 'held', holds: (change) => inForce(change) && change.held !== undefined },
  'change-skipped': { about: 'skipped', holds: () => true },
};

/** People who were passed over are told at once, whatever became of the change. */
export const dueToTellSkipped = (id: string, nowMs: number): DueDraft => ({
  id: `${id}:skipped`,
  kind: 'change-skipped',
  subject: id,
  atMs: nowMs,
});

/** That the host can't put the values back yet is told once. */
export const dueToTellHeld = (id: string, nowMs: number): DueDraft => ({
  id: `${id}:held`,
  kind: 'change-held',
  subject: id,
  atMs: nowMs,
});

/** @param afterSeconds of the look that found it worse */
export const dueToTellWorse = (id: string, nowMs: number, afterSeconds: number): DueDraft => ({
  id: `${id}:worse:${afterSeconds}`,
  kind: 'change-worse',
  subject: id,
  atMs: nowMs,
});
