/** What is known of each sweep, in the store: whoever changes it read what stands there, and says so again when it moved meanwhile. */
import type { AuditDraft } from '../core/audit.js';
import { type Alert, emptyState, type SweepState } from '../core/sweep.js';
import { type DueDraft, type Store, StoreFailure } from '../ports/store.js';

const KIND = 'sweep';
const TRIES = 5;

export class SweepRecords {
  constructor(private readonly store: Pick<Store, 'documents'>) {}

  async of(name: string): Promise<SweepState> {
    return (await this.store.documents.get<SweepState>(KIND, name))?.value ?? emptyState;
  }

  async all(): Promise<ReadonlyMap<string, SweepState>> {
    return new Map((await this.store.documents.list<SweepState>(KIND)).map(({ id, value }) => [id, value]));
  }

  async forget(name: string): Promise<void> {
    await this.store.documents.delete(KIND, name);
  }

  /**
   * @param change is told what stands there; its `audit` and `due` are written with the new state, all or nothing. Without a `state`
   * nothing is
   * @throws StoreFailure
   */
  async change<T extends { state?: SweepState; audit?: readonly AuditDraft[]; due?: readonly DueDraft[] }>(
    name: string,
    change: (state: SweepState) => T,
  ): Promise<T> {
    const { documents } = this.store;
    for (let tries = 1; ; tries++) {
      const stored = await documents.get<SweepState>(KIND, name);
      const next = change(stored?.value ?? emptyState);
      if (next.state === undefined) return next;
      try {
        const { audit = [], due = [] } = next;
        await documents.put(KIND, name, next.state, stored?.version ?? 0, { audit, due });
        return next;
      } catch (error) {
        if (!(error instanceof StoreFailure) || error.problem !== 'conflict' || tries >= TRIES) throw error;
      }
    }
  }
}

/** The state with one alert changed; as it is where that alert is over. */
export const withAlert = (
  state: SweepState,
  { cause, raisedAtMs }: Pick<Alert, 'cause' | 'raisedAtMs'>,
  change: (alert: Alert) => Alert,
): SweepState => {
  const alert = state.alerts[cause];
  if (alert === undefined || alert.raisedAtMs !== raisedAtMs) return state;
  return { ...state, alerts: { ...state.alerts, [cause]: change(alert) } };
};
