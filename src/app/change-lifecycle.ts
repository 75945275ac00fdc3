/**
 * Carries changes through their life: load, authorise, decide, append to the log, act, append what came of it. Nothing that
 * matters is in memory alone: a process that dies at any line is taken over at the next start, by this program or another.
 */
import type { Actor, Change } from '../core/change.js';
import type { Decision, Permission } from '../core/change-decide.js';
import * as decide from '../core/change-decide.js';
import { planDigest } from '../core/plan-digest.js';
import type { Action } from '../core/policy.js';
import { type DueDraft, StoreFailure } from '../ports/store.js';
import { type ApplyParts, apply } from './change-apply.js';
import { dueToApply, dueToTellSkipped, NOT_AFTER_SECONDS, NOTICES } from './change-due.js';
import { type MeasureParts, measure } from './change-measure.js';
import { glassPermission, hostOf, passedOver, permission, steppedUp } from './change-permission.js';
import type { Asker, ChangePorts, Notice, Result } from './change-ports.js';
import { type ChangeWish, propose } from './change-propose.js';
import { goOn, record, recordStep, unknownChange, wasOvertaken } from './change-record.js';
import { settle, stepOnHost } from './change-settle.js';

export interface LifecycleParts extends ChangePorts, ApplyParts, MeasureParts {
  /** Tells people who must act, or know; once per what is due. Rejects where they could not be told. */
  tell: (change: Change, about: Notice, due: DueDraft) => Promise<void>;
}

/** a channel that can't be written to for so long is not waited for */
const TELL_WITHIN_MS = 3_600_000;
const OVERTAKEN_MAX = 5;

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
    const result = await recordStep(parts, asker, id, judge, {
      due: (nowMs) => [dueToApply(id, nowMs), ...(glass === undefined ? [] : [dueToTellSkipped(id, nowMs)])],
      ...(wave === undefined ? {} : { wave }),
    });
    if (!result.ok || result.change.state !== 'approved') return result;
    return goOn(parts, result.change, () => apply(parts, id));
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

  /** @param wave as one of its hosts, where the whole is taken back */
  revert(asker: Asker, id: string, why: string, wave?: string): Promise<Result> {
    const begin = (change: Change, by: Actor, nowMs: number): Decision =>
      decide.beginRevert(change, {
        by,
        nowMs,
        why,
        notAfterMs: notAfter(nowMs),
        permission: this.may(asker, 'revert', change),
      });
    return stepOnHost(this.parts, asker, id, 'revert', begin, wave);
  }

  /** Whether somebody may allow it alone, in an emergency; asked again when they do. */
  mayBreakGlass(asker: Asker, change: Change): Permission {
    return glassPermission(this.parts, asker, change);
  }

  /** What has come due for a change. @throws where it can't be done now: it is due again when its lease has run out */
  async due(due: DueDraft): Promise<void> {
    const { store } = this.parts;
    for (let tries = 1; ; tries++) {
      const loaded = await store.changes.load(due.subject);
      const result = loaded === undefined ? undefined : await this.dueOf(loaded.change, due);
      if (result === undefined || result.ok || result.refusal.code !== 'store') return;
      // Another process moved it meanwhile: what it is now decides.
      if (!wasOvertaken(result) || tries >= OVERTAKEN_MAX) throw new StoreFailure('unavailable', result.refusal.detail);
    }
  }

  private async dueOf(change: Change, due: DueDraft): Promise<Result | undefined> {
    const { parts } = this;
    const nowMs = parts.clock.now();
    switch (due.kind) {
      case 'change-expire':
        return record(parts, change, change.id, decide.expire(change, nowMs), 'bot');
      case 'change-apply':
        return apply(parts, change.id);
      case 'change-measure':
        return measure(parts, change);
      case 'change-settle':
        return settle(parts, change);
    }
    const notice = NOTICES[due.kind];
    if (notice?.holds(change) !== true) return undefined;
    try {
      await parts.tell(change, notice.about, due);
    } catch (error) {
      if (nowMs - due.atMs < TELL_WITHIN_MS) throw error;
      parts.log.error({ change: change.id, action: notice.about, err: error }, 'nobody could be told; it is given up');
    }
    return undefined;
  }

  private may(asker: Asker, action: Action, change: Change): Permission {
    return permission(this.parts, asker, action, hostOf(this.parts, change));
  }
}
