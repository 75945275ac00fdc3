/** Sends an approved change to its host: everything that was approved is compared once more before the first word. */
import * as decide from '../core/change-decide.js';
import { hostIdentity, planDigest } from '../core/plan-digest.js';
import { evaluateKeys, tightened } from '../core/policy.js';
import { dueAfterNotAfter, dueToApply, hostNotAfter, NOT_AFTER_SECONDS } from './change-due.js';
import { hostOf } from './change-permission.js';
import type { ChangePorts, Diagnose, Result } from './change-ports.js';
import { record, unknownChange, wasOvertaken } from './change-record.js';
import { follow, type SettleParts } from './change-settle.js';
import { beforeOf } from './change-undo.js';

export interface ApplyParts extends SettleParts, Pick<ChangePorts, 'hash' | 'catalogue'> {
  diagnose: Diagnose;
}

/** What the host was before a change came into force: what it is judged by. */
export const BEFORE = 'change-before';
/** Why an approved change could not be sent yet. */
export const WAITS = 'change-waits';

/** Also after a restart, and when the host could not be reached before. */
export const apply = async (parts: ApplyParts, id: string): Promise<Result> => {
  const { store, clock, hash, gate, policy } = parts;
  const loaded = await store.changes.load(id);
  if (loaded === undefined) return unknownChange(id);
  const { change } = loaded;
  if (change.state !== 'approved') return { ok: true, change };
  const overdue = decide.expire(change, clock.now());
  if (overdue.ok) return record(parts, change, id, overdue, 'bot');
  const host = hostOf(parts, change);
  const digest = host === undefined ? '' : planDigest({ ...change.plan, host: hostIdentity(host) }, hash);
  // The policy may have moved since: what it allows no longer is not applied.
  const before = await beforeOf(parts, change.undoes, change.plan.host.name, change.plan.entries);
  const keys = evaluateKeys(policy(), parts.catalogue, change.plan.entries, before);
  const glass = change.approvals.some(({ breakGlass }) => breakGlass !== undefined);
  const detail =
    host === undefined
      ? 'the host is no longer registered'
      : digest !== change.digest
        ? 'the host is registered otherwise than when this was approved'
        : tightened(keys, {
            approvals: glass ? Number.POSITIVE_INFINITY : change.approvals.length,
            persistent: change.plan.persistent,
          });
  if (host === undefined || detail !== undefined) {
    return record(
      parts,
      change,
      id,
      { ok: true, events: [{ type: 'went-stale', atMs: clock.now(), detail: detail ?? '' }] },
      'bot',
    );
  }
  const found = await parts.diagnose(host);
  const hostClock = found.ok ? await gate.clock(host) : { failure: found.failure };
  if (!found.ok || 'failure' in hostClock) {
    const failure = 'failure' in hostClock ? hostClock.failure : '';
    await store.due.schedule([dueToApply(id, clock.now())]);
    await store.documents.put(WAITS, id, { failure, atMs: clock.now() });
    parts.moved(change);
    return { ok: true, change };
  }
  const nowMs = clock.now();
  const decision = decide.beginApply(change, {
    by: change.approvals.at(-1)?.by ?? 'bot',
    digest,
    nowMs,
    notAfterMs: nowMs + NOT_AFTER_SECONDS * 1_000,
  });
  const intended = await record(parts, change, id, decision, 'bot', { due: [dueAfterNotAfter(id, nowMs)] });
  if (wasOvertaken(intended)) {
    // Another process was quicker with the very same: it carries the change on.
    const moved = await store.changes.load(id);
    return moved === undefined ? unknownChange(id) : { ok: true, change: moved.change };
  }
  if (!intended.ok || intended.change.state !== 'applying') return intended;
  // By the one process whose intent stands, and before the host is told: no other may overwrite it with what came after.
  await store.documents.put(BEFORE, id, found.diagnosis);
  // The host's time left, cut by what the bot has spent since it asked for the host's clock.
  const told = await gate.set(host, id, change.plan, hostNotAfter(hostClock));
  return follow(parts, intended.change, told);
};
