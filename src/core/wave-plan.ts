/** What somebody typed for many hosts → what each host would get, and which hosts are left out and why. Pure. */
import type { Host } from './inventory.js';
import { approversOf, type PlanContext, plan, type Setting, type Wish } from './plan.js';
import { evaluateKeys } from './policy.js';
import type { SysctlValues } from './snapshot.js';
import { folded } from './values.js';

export interface PlannedHost {
  host: Host;
  /** in the order in which they are applied; keys that have the wished value already are not among them */
  settings: readonly Setting[];
}

export interface HostLeftOut {
  host: string;
  why: string;
}

export type PlannedWave =
  | {
      ok: true;
      hosts: readonly PlannedHost[];
      leftOut: readonly HostLeftOut[];
      approvals: number;
      stepUp: boolean;
      mayPersist: boolean;
      /** names of people and filled roles that may approve on every one of the hosts, without the asker */
      approvers: readonly string[];
    }
  | { ok: false; why: string; leftOut: readonly HostLeftOut[] };

/** What is known of a host just now, or why it can't take part. */
export type Known = { values: SysctlValues } | { why: string };

const plannedOn = (
  host: Host,
  known: Known,
  wishes: readonly Wish[],
  context: Omit<PlanContext, 'host'>,
): PlannedHost | HostLeftOut => {
  const left = (why: string): HostLeftOut => ({ host: host.name, why });
  if (host.change === undefined) return left('it has no gate, so the bot changes nothing there');
  if ('why' in known) return left(known.why);
  const others = wishes.filter(({ key, to }) => {
    const now = known.values[key];
    return now === undefined || folded(now) !== to;
  });
  if (others.length === 0) return left('it has these values already');
  const planned = plan(others, known.values, { ...context, host }, { partly: false });
  return planned.ok ? { host, settings: planned.settings } : left(planned.why);
};

/**
 * @param hosts in the order in which they are begun
 * @param known by host name; what is not there did not answer
 */
export const planWave = (
  wishes: readonly Wish[],
  hosts: readonly Host[],
  known: ReadonlyMap<string, Known>,
  context: Omit<PlanContext, 'host'>,
): PlannedWave => {
  const keys = evaluateKeys(context.policy, context.catalogue, wishes);
  if (!keys.allowed) return { ok: false, why: keys.why, leftOut: [] };
  const planned: PlannedHost[] = [];
  const leftOut: HostLeftOut[] = [];
  for (const host of hosts) {
    const on = plannedOn(host, known.get(host.name) ?? { why: 'it gave no answer' }, wishes, context);
    if ('settings' in on) planned.push(on);
    else leftOut.push(on);
  }
  if (planned.length === 0) return { ok: false, why: 'no host is left over', leftOut };
  const [first = [], ...others] = planned.map(({ host }) => approversOf({ ...context, host }));
  const { approvals, stepUp, mayPersist } = keys;
  return {
    ok: true,
    hosts: planned,
    leftOut,
    approvals,
    stepUp,
    mayPersist,
    approvers: first.filter((name) => others.every((names) => names.includes(name))),
  };
};
