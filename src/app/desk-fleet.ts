/** The desk's part for many hosts: only what the caller may see is selected, measured and shown. */
import type { FleetDesk, Selection } from '../command/fleet.js';
import type { Host, Inventory } from '../core/inventory.js';
import { nearestTerms, parseSelector, resolveSelector } from '../core/selector.js';
import type { Fleets } from './fleet.js';

const FLEET_LIMIT = 50;
const FLEET_MOST = 2_000;

/**
 * Hosts by what a caller typed. Of hosts that a caller may not see only the number is told, and only where a group, a pattern or
 * a label named them: a name typed whole is treated as if it were not registered.
 */
export const selectHosts = (text: string, inventory: Inventory, maySee: (host: Host) => boolean): Selection => {
  const parsed = parseSelector(text);
  if (!parsed.ok) return { ok: false, problem: parsed.problem };
  const { hosts, unknown, idle, excluded, hidden } = resolveSelector(parsed.selector, inventory, maySee);
  const [term] = unknown;
  if (term !== undefined && hosts.length === 0)
    return { ok: false, term, nearest: nearestTerms(term, inventory, maySee) };
  return { ok: true, hosts, leftOut: { excluded, hidden, unknown: [...unknown, ...idle] } };
};

/** Groups by host, those that the inventory lists among them. */
const groupsByHost = (inventory: Inventory): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>();
  for (const [group, members] of inventory.groups)
    for (const member of members) {
      const known = groups.get(member);
      if (known === undefined) groups.set(member, [group]);
      else known.push(group);
    }
  return groups;
};

export const makeFleetDesk = (parts: {
  fleets: Fleets;
  inventory: () => Inventory;
  maySee: (host: Host) => boolean;
  userId: string;
  limit?: number;
  /** told of every host that is asked */
  asks?: (host: Host, what: 'measurement' | 'read.sysctls', fleet: string) => void;
}): FleetDesk => {
  const { fleets, inventory, maySee, userId, asks } = parts;
  const visibleNamed = (name: string): boolean => {
    const host = inventory().hosts.get(name);
    return host !== undefined && maySee(host);
  };
  return {
    limit: parts.limit ?? FLEET_LIMIT,
    most: FLEET_MOST,
    select: (text) => selectHosts(text, inventory(), maySee),
    newId: () => fleets.newId(),
    measure: (id, hosts, onProgress) => {
      for (const host of hosts) asks?.(host, 'measurement', id);
      const groups = groupsByHost(inventory());
      return fleets.measure(id, hosts, (host) => groups.get(host.name) ?? host.groups, onProgress);
    },
    readSysctls: (id, hosts, onProgress) => {
      for (const host of hosts) asks?.(host, 'read.sysctls', id);
      return fleets.readSysctls(id, hosts, onProgress);
    },
    kept: (id) => {
      const fleet = fleets.ofId(id);
      if (fleet === undefined) return undefined;
      const members = fleet.members.filter(({ host }) => visibleNamed(host));
      return { ...fleet, members, hidden: fleet.members.length - members.length };
    },
    stop: (id) => (fleets.hostsOf(id)?.some(maySee) ?? false) && fleets.stop(id, userId),
  };
};
