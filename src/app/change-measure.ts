/** Measures a host again after a change came into force, and judges it by the finding's own measure. */
import type { Change, Measurement } from '../core/change.js';
import * as decide from '../core/change-decide.js';
import { judgeEffect } from '../core/effect.js';
import type { Diagnosis } from '../core/finding.js';
import { looksWithin } from '../core/looks.js';
import { BEFORE } from './change-apply.js';
import { dueToTellWorse } from './change-due.js';
import { hostOf } from './change-permission.js';
import type { ChangePorts, Diagnose, Result } from './change-ports.js';
import { type RecordParts, record } from './change-record.js';

export interface MeasureParts extends RecordParts, Pick<ChangePorts, 'inventory'> {
  diagnose: Diagnose;
  /** seconds after the change came into force; the last of them settles whether it helped */
  verifyAfterSeconds: readonly number[];
}

export const measure = async (parts: MeasureParts, change: Change): Promise<Result> => {
  const { store, clock } = parts;
  // What the host takes back by itself is not judged any more: a look then would call verified what is not in force.
  const isOver = (): boolean => clock.now() >= (change.windowEndsAtMs ?? Number.POSITIVE_INFINITY);
  if (change.state !== 'applied' || change.appliedAtMs === undefined || isOver()) return { ok: true, change };
  const host = hostOf(parts, change);
  const before = await store.documents.get<Diagnosis>(BEFORE, change.id);
  const now =
    host === undefined
      ? { ok: false as const, failure: 'the host is no longer registered' }
      : await parts.diagnose(host);
  if (isOver()) return { ok: true, change };
  const nowMs = clock.now();
  const afterSeconds = Math.round((nowMs - change.appliedAtMs) / 1_000);
  let measurement: Measurement = {
    atMs: nowMs,
    afterSeconds,
    outcome: 'unknown',
    before: '',
    now: now.ok ? 'nothing to compare with' : now.failure,
  };
  if (now.ok && before !== undefined) {
    const effect = judgeEffect(change.finding?.id, before.value, now.diagnosis);
    const harm = effect.newlyCritical.length === 0 ? '' : `; new: ${effect.newlyCritical.join(', ')}`;
    measurement = {
      atMs: nowMs,
      afterSeconds,
      outcome: effect.outcome,
      before: effect.before,
      now: `${effect.now}${harm}`,
    };
  }
  // Of a short window the later looks are never made.
  const windowSeconds = ((change.windowEndsAtMs ?? Number.POSITIVE_INFINITY) - change.appliedAtMs) / 1_000;
  const isLast = afterSeconds >= (looksWithin(parts.verifyAfterSeconds, windowSeconds).at(-1) ?? 0);
  const turnedWorse = measurement.outcome === 'worse' && change.measurements.at(-1)?.outcome !== 'worse';
  return record(parts, change, change.id, decide.measured(change, measurement, isLast), 'bot', {
    due: turnedWorse ? [dueToTellWorse(change.id, nowMs, afterSeconds)] : [],
  });
};
