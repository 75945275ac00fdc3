/** Anchoring the log and comparing it with the hosts' own, now and then: what is due of kind `audit-…`. */
import { noticeMessage } from '../blocks/notice-line.js';
import type { Inventory } from '../core/inventory.js';
import type { Chat } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { DueDraft, Store } from '../ports/store.js';
import type { Transport } from '../ports/transport.js';
import { type AnchorPlace, anchorNow } from './audit-anchor.js';
import { reconcileAll } from './audit-reconcile.js';

const ANCHOR_EVERY_MS = 10 * 60_000;
const RECONCILE_EVERY_MS = 60 * 60_000;
const FIRST_AFTER_MS = 60_000;

export interface AuditDueParts {
  store: Store;
  chat: Pick<Chat, 'post'>;
  transport: Pick<Transport, 'gate'>;
  clock: Clock;
  log: Log;
  inventory: { current(): Inventory };
  anchorPlaces?: readonly AnchorPlace[];
  auditChannel?: string;
}

/** What a start of the program makes due; the same for every process on one store. */
export const auditDue = (nowMs: number): DueDraft[] => [
  { id: 'audit-anchor', kind: 'audit-anchor', subject: 'audit', atMs: nowMs + FIRST_AFTER_MS },
  { id: 'audit-reconcile', kind: 'audit-reconcile', subject: 'audit', atMs: nowMs + FIRST_AFTER_MS },
];

export const auditHandler = (parts: AuditDueParts) => {
  const { store, chat, transport, clock, log, inventory, auditChannel } = parts;
  const channel: AnchorPlace[] =
    auditChannel === undefined
      ? []
      : [
          {
            name: auditChannel,
            tell: async (line) => void (await chat.post({ channel: auditChannel }, noticeMessage(line))),
          },
        ];
  const places = [...(parts.anchorPlaces ?? []), ...channel];
  return async (due: DueDraft): Promise<void> => {
    if (due.kind === 'audit-anchor') await anchorNow({ store, places, clock, log });
    else await reconcileAll({ hosts: () => [...inventory.current().hosts.values()], transport, store, clock, log });
    const everyMs = due.kind === 'audit-anchor' ? ANCHOR_EVERY_MS : RECONCILE_EVERY_MS;
    await store.due.schedule([{ ...due, atMs: clock.now() + everyMs }]);
  };
};
