/** What a change's card shows beside the change itself: who may approve now, what the keys ask for, what it waits for. */
import type { ChangeCard } from '../blocks/change-card.js';
import type { Mention } from '../blocks/change-words.js';
import type { Change } from '../core/change.js';
import type { Setting } from '../core/plan.js';
import { evaluate, evaluateKeys, type Subject } from '../core/policy.js';
import { WAITS } from './change-apply.js';
import { glassCovers, mentionsOf } from './change-people.js';
import type { ChangePorts } from './change-ports.js';

export interface CardParts extends Pick<ChangePorts, 'clock' | 'policy' | 'inventory' | 'catalogue'> {
  store: Pick<ChangePorts['store'], 'documents'>;
}

/** Names of who may still approve: without the requester and those who have. */
export const approverNames = (
  { policy, inventory, clock }: Pick<CardParts, 'policy' | 'inventory' | 'clock'>,
  change: Change,
): string[] => {
  const host = inventory().hosts.get(change.plan.host.name);
  if (host === undefined) return [];
  const asker: Subject = { account: change.requester.account, userGroups: [], member: true };
  const { whoCould } = evaluate(policy(), inventory(), { subject: asker, action: 'approve', host, nowMs: clock.now() });
  const done = new Set(change.approvals.map(({ by }) => by.person));
  return whoCould.filter((name) => !done.has(name));
};

export const approverMentions = (parts: CardParts, change: Change): Mention[] =>
  mentionsOf(parts.policy(), approverNames(parts, change));

export const cardFor = async (parts: CardParts, change: Change, settings: readonly Setting[]): Promise<ChangeCard> => {
  const waits =
    change.state === 'approved' ? await parts.store.documents.get<{ failure: string }>(WAITS, change.id) : undefined;
  return {
    change,
    words: settings,
    approvers: approverMentions(parts, change),
    stepUp: evaluateKeys(parts.policy(), parts.catalogue, change.plan.entries).stepUp,
    glass:
      glassCovers(parts.policy(), parts.inventory(), parts.inventory().hosts.get(change.plan.host.name)) &&
      change.plan.confirmWindowSeconds <= (parts.policy().breakGlass?.confirmWindowSeconds ?? 0),
    ...(waits === undefined ? {} : { waits: waits.value.failure }),
  };
};
