/** Who may act on a wave as a whole: on every one of its hosts, or on one of them. */
import type { Change } from '../core/change.js';
import { evaluate, evaluateKeys, peopleIn, type Subject, selects } from '../core/policy.js';
import { membersOf, type Wave } from '../core/wave.js';
import type { PermissionParts } from './change-permission.js';
import type { Nudge } from './change-ports.js';

type Parts = Omit<PermissionParts, 'catalogue'>;

/** Names of who may still approve the whole list: without the requester and those who have. */
export const waveApprovers = ({ policy, inventory, clock }: Parts, wave: Wave): readonly string[] => {
  const subject: Subject = { account: wave.requester.account, userGroups: [], member: true };
  const { channel } = wave;
  const on = membersOf(wave).map(({ host: name }): readonly string[] => {
    const host = inventory().hosts.get(name);
    if (host === undefined) return [];
    return evaluate(policy(), inventory(), { subject, action: 'approve', host, channel, nowMs: clock.now() }).whoCould;
  });
  const [first = [], ...others] = on;
  const done = new Set(wave.approvals.map(({ person }) => person));
  return first.filter((name) => !done.has(name) && others.every((names) => names.includes(name)));
};

export const waveStepUp = (
  { policy, catalogue }: Pick<PermissionParts, 'policy' | 'catalogue'>,
  changes: ReadonlyMap<string, Change>,
): boolean => [...changes.values()].some(({ plan }) => evaluateKeys(policy(), catalogue, plan.entries).stepUp);

/** Who is to be told, by the names of the policy. */
export const waveNamed = (parts: Parts, wave: Wave, about: Nudge, change?: Change): readonly string[] => {
  const policy = parts.policy();
  const inventory = parts.inventory();
  if (about === 'approval') return waveApprovers(parts, wave);
  if (about === 'escalation') return [...peopleIn(policy, policy.escalation), ...waveApprovers(parts, wave)];
  const host = inventory.hosts.get(change?.plan.host.name ?? '');
  const roles = policy.grants
    .filter((grant) => host !== undefined && selects(grant.hosts, host, inventory))
    .flatMap((grant) => grant.roles.confirm ?? []);
  return [wave.requester.person, ...peopleIn(policy, roles)];
};
