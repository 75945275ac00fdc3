/** A new change: planned against policy and the host as it is registered now, not yet allowed by anybody. */

import type { FindingRef } from '../core/change.js';
import type { Permission } from '../core/change-decide.js';
import * as decide from '../core/change-decide.js';
import { TTL_SECONDS_MIN } from '../core/gate/request.js';
import type { Host } from '../core/inventory.js';
import type { Before } from '../core/plan.js';
import { hostIdentity, type Plan, type PlanEntry, planDigest } from '../core/plan-digest.js';
import { evaluateKeys } from '../core/policy.js';
import { dueOfProposal, dueToExpire } from './change-due.js';
import { actorOf, type PermissionParts, permission } from './change-permission.js';
import type { Asker, ChangePorts, Result } from './change-ports.js';
import { type RecordParts, record } from './change-record.js';
import { beforeOf } from './change-undo.js';

export type ProposeParts = RecordParts & PermissionParts & Pick<ChangePorts, 'ids' | 'hash'>;

export interface ChangeWish {
  /** of the draft that it was; the same draft sent twice is one change */
  id?: string;
  host: Host;
  /** with the values that the host has now */
  entries: readonly PlanEntry[];
  reason: string;
  incident?: string;
  finding?: FindingRef;
  confirmWindowSeconds: number;
  persistent: boolean;
  /** the confirmed change that it takes back */
  undoes?: string;
  /** as a member of this wave, which is approved for it; `endsAtMs`: so long it may wait for its turn */
  wave?: { id: string; endsAtMs: number };
}

/** May this person ask for this, on this host, here and now? And how many must allow it. */
const mayPropose = (
  parts: ProposeParts,
  asker: Asker,
  wish: ChangeWish,
  before: Before,
): { may: Permission; approvals: number } => {
  const policy = parts.policy();
  const keys = evaluateKeys(policy, parts.catalogue, wish.entries, before);
  const no = (why: string) => ({ may: { allowed: false as const, why }, approvals: keys.approvals });
  const may = permission(parts, asker, 'propose', wish.host);
  if (!may.allowed) return no(may.why);
  if (!keys.allowed) return no(keys.why);
  if (wish.persistent && !keys.mayPersist) return no('the policy allows these keys at runtime only');
  const { max } = policy.confirmWindowSeconds;
  const fits = wish.confirmWindowSeconds >= TTL_SECONDS_MIN && wish.confirmWindowSeconds <= max;
  if (!fits) return no(`the host can wait ${TTL_SECONDS_MIN} s to ${max} s for a confirmation`);
  return { may, approvals: keys.approvals };
};

export const propose = async (parts: ProposeParts, asker: Asker, wish: ChangeWish): Promise<Result> => {
  const { ids, clock, hash, policy } = parts;
  const nowMs = clock.now();
  const by = actorOf(parts, asker);
  const before = await beforeOf(parts, wish.undoes, wish.host.name, wish.entries);
  const { may, approvals } = mayPropose(parts, asker, wish, before);
  const plan: Plan = {
    host: hostIdentity(wish.host),
    entries: wish.entries,
    confirmWindowSeconds: wish.confirmWindowSeconds,
    persistent: wish.persistent,
  };
  const id = wish.id ?? ids.next();
  const expiresAtMs = wish.wave?.endsAtMs ?? nowMs + policy().expiresAfterSeconds * 1_000;
  const { reason, incident, finding, undoes, wave } = wish;
  const decision = decide.propose({
    id,
    plan,
    digest: planDigest(plan, hash),
    by,
    reason,
    ...(incident === undefined ? {} : { incident }),
    ...(finding === undefined ? {} : { finding }),
    ...(undoes === undefined ? {} : { undoes }),
    ...(wave === undefined ? {} : { wave: wave.id }),
    nowMs,
    expiresAtMs,
    approvalsNeeded: approvals,
    permission: may,
  });
  return record(parts, undefined, id, decision, by, {
    host: wish.host.name,
    // Of a wave's approval people are reminded once, not for every host.
    due: wave === undefined ? dueOfProposal(id, nowMs, expiresAtMs) : [dueToExpire(id, expiresAtMs)],
    ...(asker.channel === undefined ? {} : { channel: asker.channel }),
  });
};
