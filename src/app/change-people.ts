/** Names of a policy → ids that Slack turns into mentions. */
import type { Mention } from '../blocks/change-words.js';
import type { Host, Inventory } from '../core/inventory.js';
import { type Policy, selects } from '../core/policy.js';

const idOf = (account: string): string => account.slice(account.indexOf(':') + 1);

/** People, filled roles and bare accounts, as policy names them in its answers. */
export const mentionsOf = (policy: Policy, names: readonly string[]): Mention[] =>
  names.flatMap((name): Mention[] => {
    const person = policy.people.get(name);
    const [account] = person?.accounts ?? [];
    if (account !== undefined) return [{ user: idOf(account) }];
    const [, roleName] = /^the user group of role (.+)$/.exec(name) ?? [];
    const groups = roleName === undefined ? [] : (policy.roles.get(roleName)?.userGroups ?? []);
    if (groups.length > 0) return groups.map((group) => ({ group: idOf(group) }));
    return [/^[TE][A-Z0-9]+:[UW][A-Z0-9]+$/.test(name) ? { user: idOf(name) } : { name }];
  });

/** Every `team:usergroup` that a policy's roles are filled from. */
export const groupsOf = (policy: Policy): string[] => [
  ...new Set([...policy.roles.values()].flatMap(({ userGroups }) => userGroups)),
];

export const glassCovers = (policy: Policy, inventory: Inventory, host: Host | undefined): boolean =>
  host !== undefined && policy.breakGlass !== undefined && selects(policy.breakGlass.hosts, host, inventory);
