/**
 * Carries changes through their life: load, authorise, decide, append to the log, act, append what came of it. Nothing that
 * matters is in memory alone: a process that dies at any line is taken over at the next start, by this program or another.
 */
import type { Actor, Change } from '../core/change.js';
import type { Decision, Permission } from '../core/change-decide.js';
import * as decide from '../core/change-decide.js';
import { planDigest } from '../core/plan-digest.js';
import type { Action } from '../core/policy.js';
import type { DueDraft } from '../ports/store.js';
import { type ApplyParts, apply } from './change-apply.js';
import { dueToApply, NOT_AFTER_SECONDS } from './change-due.js';
import { type MeasureParts, measure } from './change-measure.js';
import { glassPermission, hostOf, passedOver, permission, steppedUp } from './change-permission.js';
import type { Asker, ChangePorts, Nudge, Result } from './change-ports.js';
import { type ChangeWish, propose } from './change-propose.js';
import { record, recordStep, unknownChange } from './change-record.js';
import { settle, stepOnHost } from './change-settle.js';

export interface LifecycleParts extends ChangePorts, ApplyParts, MeasureParts {
  /** told when a person must act: before an end, or when nobody else can */
  nudge: (change: Change, about: Nudge) => void;
}

const notAfter = (nowMs: number): number => nowMs + NOT_AFTER_SECONDS * 1_000;

export class ChangeLifecycle {
  constructor(private readonly parts: LifecycleParts) {}

  /** A new change, not yet allowed by anybody. */
  propose(asker: Asker, wish: ChangeWish): Promise<Result> {
    return propose(this.parts, asker, wish);
  }

  /**
   * @param digest as the clicked message carried it
   * @param glass alone, in an emergency
   * @param wave in the turn of the wave that it is a member of
   */
  async approve(asker: Asker, id: string, digest: string, glass?: { reason: string }, wave?: string): Promise<Result> {
    const { parts } = this;
    const judge = (change: Change, by: Actor, nowMs: number): Decision => {
      const again = planDigest(change.plan, parts.hash);
      const given = glass === undefined ? this.may(asker, 'approve', change) : glassPermission(parts, asker, change);
      return decide.approve(change, {
        by,
        // Two must agree with the stored one: what was shown, and what the stored plan is.
        digest: again === digest ? digest : '',
        nowMs,
        permission: steppedUp(parts, asker, change, given),
        ...(glass === undefined
          ? {}
          : { breakGlass: { reason: glass.reason, skipped: passedOver(parts, change, by) } }),
        ...(wave === undefined ? {} : { wave }),
      });
    };
    // A bot that dies between the approval and the first word to the host is taken over by whoever finds this due.
    const result = await recordStep(parts, asker, id, judge, (nowMs) => [dueToApply(id, nowMs)]);
    if (result.ok && result.change.state === 'approved') return apply(parts, result.change.id);
    return result;
  }

  deny(asker: Asker, id: string, reason: string): Promise<Result> {
    return recordStep(this.parts, asker, id, (change, by, nowMs) =>
      decide.deny(change, { by, reason, nowMs, permission: this.may(asker, 'approve', change) }),
    );
  }

  /** A member whose wave has ended before its turn. */
  async withdraw(id: string, why: string): Promise<Result> {
    const { parts } = this;
    const loaded = await parts.store.changes.load(id);
    return loaded === undefined
      ? unknownChange(id)
      : record(parts, loaded.change, id, decide.withdraw(loaded.change, why, parts.clock.now()), 'bot');
  }

  review(asker: Asker, id: string): Promise<Result> {
    return recordStep(this.parts, asker, id, (change, by, nowMs) =>
      decide.review(change, { by, nowMs, permission: this.may(asker, 'review', change) }),
    );
  }

  confirm(asker: Asker, id: string): Promise<Result> {
    return stepOnHost(this.parts, asker, id, 'confirm', (change, by, nowMs) =>
      decide.beginConfirm(change, {
        by,
        nowMs,
        notAfterMs: notAfter(nowMs),
        permission: this.may(asker, 'confirm', change),
      }),
    );
  }

  revert(asker: Asker, id: string, why: string): Promise<Result> {
    return stepOnHost(this.parts, asker, id, 'revert', (change, by, nowMs) =>
      decide.beginRevert(change, {
        by,
        nowMs,
        why,
        notAfterMs: notAfter(nowMs),
        permission: this.may(asker, 'revert', change),
      }),
    );
  }

  /** Whether somebody may allow it alone, in an emergency; asked again when they do. */
  mayBreakGlass(asker: Asker, change: Change): Permission {
    return glassPermission(this.parts, asker, change);
  }

  /** What has come due for a change. Never throws; what can't be done now is due again. */
  async due({ kind, subject }: DueDraft): Promise<void> {
    const { parts } = this;
    const loaded = await parts.store.changes.load(subject);
    if (loaded === undefined) return;
    const { change } = loaded;
    switch (kind) {
      case 'change-expire':
        await record(parts, change, change.id, decide.expire(change, parts.clock.now()), 'bot');
        return;
      case 'change-nudge':
        if (change.state === 'proposed') parts.nudge(change, 'approval');
        return;
      case 'change-escalation':
        if (change.state === 'proposed') parts.nudge(change, 'escalation');
        return;
      case 'change-window-nudge':
        if (change.state === 'applied' || change.state === 'verified') parts.nudge(change, 'window');
        return;
      case 'change-apply':
        if (change.state === 'approved') await apply(parts, change.id);
        return;
      case 'change-measure':
        await measure(parts, change);
        return;
      case 'change-settle':
        await settle(parts, change);
        return;
    }
  }

  private may(asker: Asker, action: Action, change: Change): Permission {
    return permission(this.parts, asker, action, hostOf(this.parts, change));
  }
}
