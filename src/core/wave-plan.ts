/** What many hosts are to get, typed or computed by a finding on each → what each would get, and which are left out and why. Pure. */
import type { FindingRef } from './change.js';
import type { Host } from './inventory.js';
import { approversOf, type LeftOut, type PlanContext, plan, type Setting, type Wish } from './plan.js';
import { evaluateKeys } from './policy.js';
import type { SysctlValues } from './snapshot.js';
import { folded } from './values.js';

/** What one host of several is to get. */
export interface HostWish {
  host: Host;
  wishes: readonly Wish[];
  /** what it is to cure there */
  finding?: FindingRef;
}

export interface PlannedHost {
  host: Host;
  finding?: FindingRef;
  /** in the order in which they are applied; keys that have the wished value already are not among them */
  settings: readonly Setting[];
}

export interface HostLeftOut {
  /** its name; in words where it stands for others, or for none */
  host: string;
  why: string;
  /** hosts that it stands for, where that is not one */
  count?: number;
}

export interface SettingLeftOut extends LeftOut {
  hosts: readonly string[];
}

export type PlannedWave =
  | {
      ok: true;
      hosts: readonly PlannedHost[];
      leftOut: readonly HostLeftOut[];
      /** settings of a finding that hosts which take part do not get */
      without: readonly SettingLeftOut[];
      approvals: number;
      stepUp: boolean;
      mayPersist: boolean;
      /** names of people and filled roles that may approve on every one of the hosts, without the asker */
      approvers: readonly string[];
    }
  | { ok: false; why: string; leftOut: readonly HostLeftOut[] };

/** What is known of a host just now, or why it can't take part. */
export type Known = { values: SysctlValues } | { why: string };

type OnHost = { planned: PlannedHost; without: readonly LeftOut[] } | { left: HostLeftOut };

const plannedOn = (
  { host, wishes, finding }: HostWish,
  known: Known,
  context: Omit<PlanContext, 'host'>,
  partly: boolean,
): OnHost => {
  const left = (why: string): OnHost => ({ left: { host: host.name, why } });
  if (host.change === undefined)
    return left('it has no gate: the bot changes nothing there until it is enrolled (npx tcpstates enroll <host>)');
  if ('why' in known) return left(known.why);
  if (wishes.length === 0) return left('there is no setting that would help it');
  const others = wishes.filter(({ key, to }) => {
    const now = known.values[key];
    return now === undefined || folded(now) !== to;
  });
  if (others.length === 0) return left('it has these values already');
  const planned = plan(others, known.values, { ...context, host }, { partly });
  if (!planned.ok) return left(planned.why);
  return {
    planned: { host, settings: planned.settings, ...(finding === undefined ? {} : { finding }) },
    without: planned.leftOut,
  };
};

/**
 * @param wishes in the order in which the hosts are begun
 * @param known by host name; what is not there did not answer
 * @param how `partly`: what may not be set is left out (a finding's remedies), else it keeps the host out (what was typed)
 */
export const planWave = (
  wishes: readonly HostWish[],
  known: ReadonlyMap<string, Known>,
  context: Omit<PlanContext, 'host'>,
  how: { partly: boolean },
): PlannedWave => {
  if (!how.partly) {
    const all = evaluateKeys(
      context.policy,
      context.catalogue,
      wishes.flatMap((wish) => wish.wishes),
    );
    if (!all.allowed) return { ok: false, why: all.why, leftOut: [] };
  }
  const hosts: PlannedHost[] = [];
  const leftOut: HostLeftOut[] = [];
  const without = new Map<string, SettingLeftOut>();
  for (const wish of wishes) {
    const { name } = wish.host;
    const on = plannedOn(wish, known.get(name) ?? { why: 'it gave no answer' }, context, how.partly);
    if ('left' in on) {
      leftOut.push(on.left);
      continue;
    }
    hosts.push(on.planned);
    for (const setting of on.without) {
      const spelled = JSON.stringify([setting.key, setting.why]);
      without.set(spelled, { ...setting, hosts: [...(without.get(spelled)?.hosts ?? []), name] });
    }
  }
  if (hosts.length === 0) return { ok: false, why: 'No host is left over', leftOut };
  const { approvals, stepUp, mayPersist } = evaluateKeys(
    context.policy,
    context.catalogue,
    hosts.flatMap(({ settings }) => settings),
  );
  const [first = [], ...others] = hosts.map(({ host }) => approversOf({ ...context, host }));
  return {
    ok: true,
    hosts,
    leftOut,
    without: [...without.values()],
    approvals,
    stepUp,
    mayPersist,
    approvers: first.filter((name) => others.every((names) => names.includes(name))),
  };
};
