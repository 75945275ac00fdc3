/** What an approval covers, and the text over which its digest is taken: whoever approves this approves nothing else. */
import type { Host } from './inventory.js';

/** One key of a change; values as the kernel prints them. */
export interface PlanEntry {
  key: string;
  from: string;
  to: string;
}

export interface Plan {
  /** the host as it was when the plan was shown: another address or key is another host */
  host: { name: string; address: string; port: number; keys: string };
  /** applied in this order, reverted in the opposite one, all or none */
  entries: readonly PlanEntry[];
  /** how long the host waits for a confirmation before it reverts by itself */
  confirmWindowSeconds: number;
  /** true: a confirmation also writes the values for the next boot */
  persistent: boolean;
}

/** A host's registration in a plan: other keys, another address or port is another host. */
export const hostIdentity = (host: Host): Plan['host'] => ({
  name: host.name,
  address: host.address,
  port: host.port,
  keys:
    host.hostKeys.kind === 'pinned'
      ? [...host.hostKeys.keys].sort().join('\n')
      : `known_hosts ${host.hostKeys.path} ${host.hostKeys.alias ?? ''}`.trim(),
});

/**
 * The one spelling of a plan. Two plans have the same text only if they are the same plan: every field is length-prefixed,
 * so that no value can pretend to be two fields.
 */
export const planText = (plan: Plan): string =>
  [
    'tcpstates plan 1',
    plan.host.name,
    plan.host.address,
    String(plan.host.port),
    plan.host.keys,
    String(plan.confirmWindowSeconds),
    plan.persistent ? 'persistent' : 'runtime',
    ...plan.entries.flatMap(({ key, from, to }) => [key, from, to]),
  ]
    .map((field) => `${[...field].length}:${field}`)
    .join('\n');

/** Fixed-length hash of a text, hexadecimal; SHA-256 in the program. */
export type Hash = (text: string) => string;

export const planDigest = (plan: Plan, hash: Hash): string => hash(planText(plan));
