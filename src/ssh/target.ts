/** Where a connection goes and as whom: a host, one of its accounts, and the jump hosts on the way. */
import type { Host, Identity } from '../core/inventory.js';
import { failure } from './failures.js';

export interface Target {
  /** equal for targets that may share a connection */
  key: string;
  host: Host;
  user: string;
  identity: readonly Identity[];
  /** the last jump host before it */
  via?: Target;
}

const JUMPS_MAX = 8;

const make = (host: Host, user: string, identity: readonly Identity[], via: Target | undefined): Target => ({
  key: JSON.stringify([host.address, host.port, user, identity, host.hostKeys, via?.key]),
  host,
  user,
  identity,
  ...(via === undefined ? {} : { via }),
});

/**
 * @param hosts the inventory by name, where jump hosts are looked up
 * @throws Failure `jump-failed` for a jump host that is unknown or leads back to itself
 */
export const targetOf = (
  host: Host,
  account: 'read' | 'change',
  hosts: ReadonlyMap<string, Host>,
  seen: readonly string[] = [],
): Target => {
  if (seen.includes(host.name) || seen.length > JUMPS_MAX)
    throw failure('jump-failed', seen[0] ?? host.name, {
      via: host.name,
      say: `its jump hosts lead back to ${host.name}. Mend \`jump\` in the inventory.`,
    });
  let via: Target | undefined;
  for (const name of host.jump) {
    const hop = hosts.get(name);
    if (hop === undefined)
      throw failure('jump-failed', seen[0] ?? host.name, {
        via: name,
        say:
          seen.length === 0
            ? `its jump host ${name} is not in the inventory.`
            : `${name}, the jump host of ${host.name}, is not in the inventory.`,
      });
    // The first hop may have a way of its own, as ProxyJump does; the others are reached through the one before.
    via =
      via === undefined ? targetOf(hop, 'read', hosts, [...seen, host.name]) : make(hop, hop.user, hop.identity, via);
  }
  if (account === 'change' && host.change !== undefined) return make(host, host.change.user, host.change.identity, via);
  return make(host, host.user, host.identity, via);
};
