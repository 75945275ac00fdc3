/** Writes down what a change does: its events and their audit entries in one transaction. No entry, no action. */
import type { AuditDraft } from '../core/audit.js';
import type { Actor, Change, Doer } from '../core/change.js';
import type { Decision } from '../core/change-decide.js';
import { type DueDraft, StoreFailure } from '../ports/store.js';
import { actorOf } from './change-permission.js';
import type { Asker, ChangePorts, Result } from './change-ports.js';

/** others that were quicker are given way so often */
const TRIES_MAX = 6;

export interface RecordParts extends Pick<ChangePorts, 'store' | 'clock' | 'log' | 'policy'> {
  /** told after every move; what it does must not fail the move */
  moved: (change: Change) => void;
}

const actorText = (doer: Doer): string => (doer === 'bot' ? 'bot' : `${doer.person} (${doer.account})`);

export const unknownChange = (id: string): Extract<Result, { ok: false }> => ({
  ok: false,
  refusal: { code: 'unknown-change', detail: `there is no change ${id}` },
});

/** Whether a step was not taken because another process was quicker. */
export const wasOvertaken = (result: Result): boolean =>
  !result.ok && result.refusal.code === 'store' && result.refusal.detail === 'conflict';

/** @param change undefined for a new one. A refusal is audited too, where a person asked. */
export const record = async (
  { store, clock, log, moved }: RecordParts,
  change: Change | undefined,
  id: string,
  decision: Decision,
  doer: Doer | 'host',
  extra: { host?: string; channel?: string; due?: readonly DueDraft[]; detail?: Record<string, unknown> } = {},
): Promise<Result> => {
  const host = change?.plan.host.name ?? extra.host;
  const base = {
    atMs: clock.now(),
    actor: doer === 'host' ? 'host' : actorText(doer),
    change: id,
    ...(host === undefined ? {} : { host }),
    ...(extra.channel === undefined ? {} : { channel: extra.channel }),
  };
  try {
    if (!decision.ok) {
      if (doer !== 'bot')
        await store.audit.append([{ ...base, kind: 'change.refused', data: { ...decision.refusal } }]);
      return decision;
    }
    const audit = decision.events.map(
      (event): AuditDraft => ({ ...base, kind: `change.${event.type}`, data: { ...event, ...extra.detail } }),
    );
    const now = await store.changes.append({
      id,
      expectedVersion: change?.version ?? 0,
      events: decision.events,
      audit,
      ...(extra.due === undefined ? {} : { due: extra.due }),
    });
    moved(now);
    return { ok: true, change: now };
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    if (error.problem === 'host-busy') return { ok: false, refusal: { code: 'host-busy', detail: error.message } };
    log.error({ change: id, problem: error.problem, err: error }, 'a step was not recorded, so it was not taken');
    return {
      ok: false,
      refusal: { code: 'store', detail: error.problem === 'conflict' ? 'conflict' : error.message },
    };
  }
};

/**
 * What follows a step that stands already. Where the store fails under it, or another process was quicker, the step still stands:
 * it is not told as refused, and what is due takes it up.
 */
export const goOn = async (
  { log }: Pick<RecordParts, 'log'>,
  taken: Change,
  next: () => Promise<Result>,
): Promise<Result> => {
  try {
    const result = await next();
    return result.ok || result.refusal.code !== 'store' ? result : { ok: true, change: taken };
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    log.error(
      { change: taken.id, problem: error.problem, err: error },
      'the store failed behind a step; it goes on later',
    );
    return { ok: true, change: taken };
  }
};

const load = async (
  { store }: Pick<RecordParts, 'store'>,
  id: string,
): Promise<{ ok: true; change: Change } | Extract<Result, { ok: false }>> => {
  try {
    const loaded = await store.changes.load(id);
    return loaded === undefined ? unknownChange(id) : { ok: true, change: loaded.change };
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    return { ok: false, refusal: { code: 'store', detail: error.message } };
  }
};

export interface StepOptions {
  due?: (nowMs: number) => DueDraft[];
  /** the wave that takes it in a person's name: they did nothing that could be refused where another process was quicker */
  wave?: string;
}

const TAKEN: ReadonlySet<string> = new Set(['wrong-state', 'already-approved', 'under-way']);
/** Whether a refusal says that another process was quicker with the very same step. */
export const wasTaken = (code: string): boolean => TAKEN.has(code);

/** A person's step: judged on what the change is now, and on what it has become where somebody was quicker. */
export const recordStep = async (
  parts: RecordParts,
  asker: Asker,
  id: string,
  judge: (change: Change, by: Actor, nowMs: number) => Decision,
  { due, wave }: StepOptions = {},
): Promise<Result> => {
  const by = actorOf(parts, asker);
  for (let tries = 1; ; tries++) {
    const loaded = await load(parts, id);
    if (!loaded.ok) return loaded;
    const nowMs = parts.clock.now();
    const decision = judge(loaded.change, by, nowMs);
    if (!decision.ok && wave !== undefined && wasTaken(decision.refusal.code)) return decision;
    const result = await record(parts, loaded.change, id, decision, by, {
      ...(due === undefined ? {} : { due: due(nowMs) }),
      ...(asker.channel === undefined ? {} : { channel: asker.channel }),
    });
    // What holds now decides, and says who it was.
    if (!wasOvertaken(result) || tries >= TRIES_MAX) return result;
  }
};
