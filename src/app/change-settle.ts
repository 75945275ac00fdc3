/** Brings a change to where its host says that it is, and asks again where the host said nothing. */
import { type Actor, type Change, isEnded } from '../core/change.js';
import type { Decision } from '../core/change-decide.js';
import * as decide from '../core/change-decide.js';
import { dueInForce, dueToAskAgain, dueToSettle, dueToTellHeld } from './change-due.js';
import type { GateDoor, Told } from './change-gate.js';
import { hostOf } from './change-permission.js';
import type { Asker, ChangePorts, Result } from './change-ports.js';
import { goOn, type RecordParts, record, recordStep } from './change-record.js';

export interface SettleParts extends RecordParts, Pick<ChangePorts, 'inventory'> {
  gate: GateDoor;
  /** seconds after the change came into force */
  verifyAfterSeconds: readonly number[];
}

/** Follows what a host told; where it told nothing, asks again later. */
export const follow = async (parts: SettleParts, change: Change, told: Told): Promise<Result> => {
  const { store, clock, log } = parts;
  const nowMs = clock.now();
  const again = dueToAskAgain(change, nowMs);
  if (told.status === 'unknown') {
    log.warn(
      { host: change.plan.host.name, change: change.id, detail: told.failure },
      'what became of a change is unknown',
    );
    await store.due.schedule([again]);
    return { ok: true, change };
  }
  const events = decide.settle(change, told.report, nowMs);
  if (events.length === 0) {
    // Of a change in force nothing new is expected before its window ends, unless a step is under way.
    const waits =
      change.underway !== undefined || told.report.state === 'held' || nowMs >= (change.windowEndsAtMs ?? 0);
    if (waits) await store.due.schedule([again]);
    return { ok: true, change };
  }
  return record(parts, change, change.id, { ok: true, events }, 'host', {
    due: [
      ...dueInForce(change.id, events, parts.verifyAfterSeconds),
      ...(events.some(({ type }) => type === 'revert-held')
        ? [again, ...(change.held === undefined ? [dueToTellHeld(change.id, nowMs)] : [])]
        : []),
    ],
    detail: { end: told.end },
  });
};

/** Asks the host what became of a change, and follows. */
export const settle = async (parts: SettleParts, change: Change): Promise<Result> => {
  if (isEnded(change.state) || change.state === 'proposed' || change.state === 'approved') return { ok: true, change };
  const host = hostOf(parts, change);
  const told: Told =
    host === undefined
      ? { status: 'unknown', failure: 'the host is no longer registered' }
      : await parts.gate.step(host, 'status', change.id);
  return follow(parts, change, told);
};

/** A confirmation or a revert: intended in the log, told to the host, followed. */
export const stepOnHost = async (
  parts: SettleParts,
  asker: Asker,
  id: string,
  verb: 'confirm' | 'revert',
  begin: (change: Change, by: Actor, nowMs: number) => Decision,
  wave?: string,
): Promise<Result> => {
  const intended = await recordStep(parts, asker, id, begin, {
    due: (nowMs) => [dueToSettle(id, nowMs)],
    ...(wave === undefined ? {} : { wave }),
  });
  if (!intended.ok) return intended;
  const host = hostOf(parts, intended.change);
  if (host === undefined) return intended;
  return goOn(parts, intended.change, async () =>
    follow(parts, intended.change, await parts.gate.step(host, verb, id)),
  );
};
