/** Policy's word on a step of a change, asked anew at each: who may, with which keys, alone in an emergency. */
import type { Actor, Change } from '../core/change.js';
import type { Permission } from '../core/change-decide.js';
import type { Host } from '../core/inventory.js';
import { type Action, evaluate, evaluateKeys, personOf } from '../core/policy.js';
import type { Asker, ChangePorts } from './change-ports.js';

export type PermissionParts = Pick<ChangePorts, 'policy' | 'inventory' | 'catalogue' | 'clock'>;

const no = (why: string): Permission => ({ allowed: false, why });

/** The person that policy knows, behind the account that clicked. */
export const actorOf = ({ policy }: Pick<PermissionParts, 'policy'>, { subject }: Asker): Actor => ({
  person: personOf(policy(), subject.account),
  account: subject.account,
});

/** The change's host as it is registered now; undefined where it is gone. */
export const hostOf = ({ inventory }: Pick<PermissionParts, 'inventory'>, change: Change): Host | undefined =>
  inventory().hosts.get(change.plan.host.name);

export const permission = (
  { policy, inventory, clock }: Omit<PermissionParts, 'catalogue'>,
  { subject, channel }: Asker,
  action: Action,
  host: Host | undefined,
): Permission => {
  if (host === undefined) return no('the host is no longer registered');
  const verdict = evaluate(policy(), inventory(), {
    subject,
    action,
    host,
    nowMs: clock.now(),
    ...(channel === undefined ? {} : { channel }),
  });
  return verdict.allowed ? { allowed: true } : no(verdict.why);
};

/** Keys that ask for more than a click ask it of everybody, with broken glass too. */
export const steppedUp = (
  { policy, catalogue }: Pick<PermissionParts, 'policy' | 'catalogue'>,
  asker: Asker,
  change: Change,
  given: Permission,
): Permission => {
  if (!given.allowed || asker.steppedUp === true) return given;
  const { stepUp } = evaluateKeys(policy(), catalogue, change.plan.entries);
  return stepUp ? no('these keys ask for a one-time code beside the click') : given;
};

/** Whether somebody may allow a change alone, in an emergency. */
export const glassPermission = (
  parts: Omit<PermissionParts, 'catalogue'>,
  asker: Asker,
  change: Change,
): Permission => {
  const policy = parts.policy();
  const { breakGlass } = policy;
  const host = hostOf(parts, change);
  if (breakGlass === undefined || host === undefined) return no('the policy has no break-glass for this host');
  const covered = evaluate(
    {
      ...policy,
      grants: [{ hosts: breakGlass.hosts, channels: [], roles: { approve: breakGlass.roles } }],
      freezes: [],
    },
    parts.inventory(),
    { subject: asker.subject, action: 'approve', host, nowMs: parts.clock.now() },
  );
  if (!covered.allowed) return no(covered.why);
  return change.plan.confirmWindowSeconds > breakGlass.confirmWindowSeconds
    ? no(
        `with break-glass the host waits ${breakGlass.confirmWindowSeconds} s at the most; propose it with that window`,
      )
    : { allowed: true };
};

/** People who would have been asked, had nobody broken the glass. */
export const passedOver = (parts: Omit<PermissionParts, 'catalogue'>, change: Change, by: Actor): string[] => {
  const host = hostOf(parts, change);
  if (host === undefined) return [];
  const { whoCould } = evaluate(parts.policy(), parts.inventory(), {
    subject: { account: by.account, userGroups: [], member: true },
    action: 'approve',
    host,
    nowMs: parts.clock.now(),
  });
  return [...whoCould];
};
