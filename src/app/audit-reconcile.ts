/** Asks enrolled hosts for their own log and holds it against ours; what does not agree is audited and said. */
import type { AuditEntry } from '../core/audit.js';
import { readLog } from '../core/gate/answer.js';
import { LOG_LINES_MAX, requestLine } from '../core/gate/request.js';
import type { Host } from '../core/inventory.js';
import { type Discrepancy, reconcile } from '../core/reconcile.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';
import type { Transport } from '../ports/transport.js';

export type Reconciled =
  | { status: 'compared'; discrepancies: readonly Discrepancy[]; lines: number }
  | { status: 'failed'; why: string };

/** Never throws for what a host does. */
export const reconcileHost = async (
  host: Host,
  transport: Pick<Transport, 'gate'>,
  store: Pick<Store, 'audit'>,
): Promise<Reconciled> => {
  if (host.change === undefined)
    return { status: 'failed', why: `${host.name} has no change account: nothing is ever changed there from here` };
  const asked = await transport.gate(host, requestLine({ verb: 'log', lines: LOG_LINES_MAX }));
  if (asked.status === 'failed') return { status: 'failed', why: asked.failure.message };
  const log = readLog(asked.answer);
  if (log === undefined)
    return { status: 'failed', why: `the gate of ${host.name} gave no log: ${asked.answer.end ?? 'cut off'}` };
  const entries: AuditEntry[] = [];
  for await (const entry of store.audit.read({ host: host.name })) entries.push(entry);
  return { status: 'compared', discrepancies: reconcile(entries, log.lines), lines: log.lines.length };
};

export interface ReconcilingParts {
  hosts: () => readonly Host[];
  transport: Pick<Transport, 'gate'>;
  store: Pick<Store, 'audit' | 'documents'>;
  clock: Clock;
  log: Log;
}

/** All enrolled hosts, one after the other; a discrepancy is audited once. @returns the new ones */
export const reconcileAll = async ({ hosts, transport, store, clock, log }: ReconcilingParts): Promise<number> => {
  let news = 0;
  for (const host of hosts()) {
    if (host.change === undefined) continue;
    const result = await reconcileHost(host, transport, store);
    if (result.status === 'failed') {
      log.warn({ host: host.name, detail: result.why }, 'the log of a host could not be compared');
      continue;
    }
    for (const { change, kind, detail } of result.discrepancies) {
      const id = `${host.name} ${change} ${kind}`;
      if ((await store.documents.get('discrepancy', id)) !== undefined) continue;
      await store.audit.append([
        { atMs: clock.now(), actor: 'bot', kind: 'audit.discrepancy', host: host.name, change, data: { kind, detail } },
      ]);
      await store.documents.put('discrepancy', id, { detail, atMs: clock.now() });
      log.error({ host: host.name, change, problem: kind, detail }, 'the log here and the log of a host do not agree');
      news++;
    }
  }
  return news;
};
