/**
 * Finding × values as they are now × policy → what may be proposed, or a refusal that says which rule refused and who could.
 * The same for settings that somebody typed. Pure: values, time and what the asker is come in.
 */
import type { Change } from './change.js';
import type { Finding, Remedy } from './finding.js';
import { type GateEntry, REQUEST_CHARACTERS_MAX, setRequest } from './gate/request.js';
import type { Host, Inventory } from './inventory.js';
import { evaluate, evaluateKeys, type Policy, type Subject } from './policy.js';
import { formatPorts, parsePortList } from './port-list.js';
import { nearestNames } from './selector.js';
import type { SysctlValues } from './snapshot.js';
import type { SysctlEntry } from './sysctl.js';
import { normalizedName, todaysName } from './sysctl-names.js';
import { folded, valueIn } from './values.js';

/** A value that somebody wants a key to have, as the kernel prints it. */
export interface Wish {
  key: string;
  to: string;
  /** what the finding says of it; a typed one has the catalogue's words */
  remedy?: Remedy;
}

/** One key of a proposal with what an approver must know about it. */
export interface Setting {
  key: string;
  from: string;
  to: string;
  meaning: string;
  /** what people wrongly expect of it */
  notThis?: string;
  reaches: string;
  risk: 'low' | 'medium' | 'high';
  /** `host`: one value for the whole machine, containers included */
  scope: 'ns' | 'host';
  memoryBytes?: number;
  revertHazard?: string;
  requires?: readonly string[];
  /** how to tell that it worked */
  signal?: string;
  reason?: string;
}

export interface LeftOut {
  key: string;
  why: string;
}

export type Planned =
  | {
      ok: true;
      /** in the order in which they are applied */
      settings: readonly Setting[];
      leftOut: readonly LeftOut[];
      approvals: number;
      stepUp: boolean;
      mayPersist: boolean;
      /** names of people and filled roles that may approve, without the asker */
      approvers: readonly string[];
    }
  | { ok: false; why: string; whoCould: readonly string[] };

export interface PlanContext {
  policy: Policy;
  inventory: Inventory;
  catalogue: ReadonlyMap<string, SysctlEntry>;
  host: Host;
  subject: Subject;
  channel?: string;
  nowMs: number;
}

/** Keys of which the first must be set before the second; the revert goes the other way. */
const BEFORE: readonly (readonly [first: string, then: string])[] = [
  // reserve the ports of services before connections may take them
  ['net.ipv4.ip_local_reserved_ports', 'net.ipv4.ip_local_port_range'],
  // room at once, the faster table afterwards
  ['net.netfilter.nf_conntrack_max', 'net.netfilter.nf_conntrack_buckets'],
  // thresholds are raised from the top, so that they never cross
  ['net.ipv4.neigh.default.gc_thresh3', 'net.ipv4.neigh.default.gc_thresh2'],
  ['net.ipv4.neigh.default.gc_thresh2', 'net.ipv4.neigh.default.gc_thresh1'],
  ['net.ipv6.neigh.default.gc_thresh3', 'net.ipv6.neigh.default.gc_thresh2'],
  ['net.ipv6.neigh.default.gc_thresh2', 'net.ipv6.neigh.default.gc_thresh1'],
];
/** Keys that would do harm without another one that was to come with them. */
const ONLY_WITH: ReadonlyMap<string, string> = new Map([
  ['net.ipv4.ip_local_port_range', 'net.ipv4.ip_local_reserved_ports'],
]);

/** The order in which several keys are set. */
export const inOrder = <T extends { key: string }>(settings: readonly T[]): T[] => {
  const ordered: T[] = [];
  const place = (setting: T): void => {
    if (ordered.includes(setting)) return;
    for (const [first, then] of BEFORE)
      if (then === setting.key) for (const earlier of settings) if (earlier.key === first) place(earlier);
    ordered.push(setting);
  };
  for (const setting of settings) place(setting);
  return ordered;
};

/**
 * What was typed behind `set`: `key=value …`. Values of several numbers stand in quotes, or joined by `_`; a range also as
 * `10240-65535`. Old names are understood.
 * @returns `wrong`: the sentence for the typist
 */
export const readWishes = (
  words: readonly string[],
  catalogue: ReadonlyMap<string, SysctlEntry>,
): { ok: true; wishes: readonly Wish[] } | { ok: false; wrong: string } => {
  const wishes: Wish[] = [];
  for (const word of words) {
    const [, name, text] = /^([^=]{1,120})=(.*)$/s.exec(word) ?? [];
    if (name === undefined || text === undefined)
      return {
        ok: false,
        wrong: `“${word.slice(0, 80)}” is no key=value: write for instance net.ipv4.tcp_tw_reuse=1.`,
      };
    const key = todaysName(normalizedName(name.trim()));
    // As people, and this program's own advice, call them: tcp_fin_timeout for net.ipv4.tcp_fin_timeout.
    const short = [...catalogue.values()].filter((it) => it.key.endsWith(`.${key}`));
    const entry =
      catalogue.get(key) ??
      [...catalogue.values()].find((it) => it.formerly.includes(normalizedName(name.trim()))) ??
      (short.length === 1 ? short[0] : undefined);
    if (entry === undefined && short.length > 1)
      return {
        ok: false,
        wrong: `Several keys end in “${key.slice(0, 80)}”: ${short.map((it) => it.key).join(' or ')}.`,
      };
    if (entry === undefined) {
      const [nearest] = nearestNames(key, [...catalogue.keys()], 1);
      return {
        ok: false,
        wrong: `Nothing is known of a key “${key.slice(0, 80)}”.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`,
      };
    }
    if (wishes.some((wish) => wish.key === entry.key)) return { ok: false, wrong: `${entry.key} stands there twice.` };
    wishes.push({ key: entry.key, to: spelled(text, entry) });
  }
  return wishes.length === 0 ? { ok: false, wrong: 'Say what is to be set: key=value.' } : { ok: true, wishes };
};

/** As the kernel would print it. */
const spelled = (text: string, entry: SysctlEntry): string => {
  const value = folded(text.replace(/^(["'])(.*)\1$/s, '$2').replaceAll('_', ' '));
  if (entry.allowed?.shape === 'range') return value.replace(/^(\d+)\s?[-,]\s?(\d+)$/, '$1 $2');
  if (entry.allowed?.shape !== 'ports') return value;
  const ports = parsePortList(value === 'none' ? '' : value.replaceAll(' ', ''));
  return ports === undefined ? value : formatPorts(ports);
};

const numbersOf = (value: string): number[] => value.split(' ').map(Number);

/** Why a key can't go from one value to another on any host, whoever asks; undefined where it can. */
const moveProblem = (from: string, to: string, entry: SysctlEntry): string | undefined => {
  const { allowed } = entry;
  if (allowed?.neverLower === true) {
    const now = numbersOf(from);
    if (numbersOf(to).some((number, index) => number < (now[index] ?? 0)))
      return `${entry.key} is ${from} now and may only be raised`;
  }
  return undefined;
};

const tooLong = (entries: readonly GateEntry[]): boolean => {
  try {
    // The longest line that these entries can make; also refuses what a gate has no spelling for.
    const notAfter = { boot8: '00000000', uptimeSeconds: 999_999_999 };
    const id = 'a'.repeat(40);
    return setRequest({ id, ttlSeconds: 3600, notAfter, persistent: true, entries }).length > REQUEST_CHARACTERS_MAX;
  } catch {
    return true;
  }
};

const settingOf = (wish: Wish, from: string, entry: SysctlEntry, mind?: string): Setting => {
  const { remedy } = wish;
  const requires = [...(remedy?.requires ?? []), ...(mind === undefined ? [] : [mind])];
  return {
    key: wish.key,
    from,
    to: wish.to,
    meaning: entry.meaning,
    ...(entry.notThis === undefined ? {} : { notThis: entry.notThis }),
    reaches: remedy?.reaches ?? entry.reaches,
    risk: remedy?.risk ?? entry.risk,
    scope: remedy?.scope ?? entry.scope,
    ...(remedy?.memoryBytes === undefined ? {} : { memoryBytes: remedy.memoryBytes }),
    ...(remedy?.revertHazard === undefined ? {} : { revertHazard: remedy.revertHazard }),
    ...(requires.length === 0 ? {} : { requires }),
    ...(remedy === undefined ? {} : { signal: remedy.signal, reason: remedy.reason }),
  };
};

type Keys = Pick<Policy, 'keys'>;

/** Values by key that a confirmed change replaced, on the host and over the values that it set there. */
export type Before = ReadonlyMap<string, string>;

/** Empty unless the change was confirmed, on this host; a key that somebody set since is not among them. */
export const valuesBefore = (
  undone: Pick<Change, 'state' | 'plan'> | undefined,
  host: string,
  now: readonly { key: string; from: string }[],
): Before =>
  new Map(
    undone?.state === 'confirmed' && undone.plan.host.name === host
      ? undone.plan.entries
          .filter((entry) => now.some(({ key, from }) => key === entry.key && from === entry.to))
          .map(({ key, from }) => [key, from])
      : [],
  );

/** One wish against the host's value and the policy's keys. */
const settingFor = (
  wish: Wish,
  now: SysctlValues,
  policy: Keys,
  catalogue: PlanContext['catalogue'],
  before: Before,
): { setting: Setting } | { why: string } => {
  const { key, to } = wish;
  const entry = catalogue.get(key);
  const keys = evaluateKeys(policy, catalogue, [wish], before);
  if (entry === undefined || !keys.allowed) return { why: keys.allowed ? `nothing is known of ${key}` : keys.why };
  const from = valueIn(now, key);
  if (from === undefined) return { why: `this host has no ${key}, or it could not be read` };
  if (from === to) return { why: `${key} is ${to === '' ? 'empty' : to}${ALREADY}` };
  const takesBack = before.get(key) === to;
  const problem = takesBack ? undefined : moveProblem(from, to, entry);
  if (problem !== undefined) return { why: problem };
  const outside = takesBack ? evaluateKeys(policy, catalogue, [wish]) : undefined;
  const mind =
    outside?.allowed === false ? `${outside.why}: this is outside, and allowed as what stood there before` : undefined;
  return { setting: settingOf(wish, from, entry, mind) };
};
/** What is so already needs no change; it keeps nothing else from being proposed. */
const ALREADY = ' already';

type Arranged = { ok: true; settings: readonly Setting[]; leftOut: readonly LeftOut[] } | { ok: false; why: string };

const arrange = (
  wishes: readonly Wish[],
  now: SysctlValues,
  policy: Keys,
  catalogue: PlanContext['catalogue'],
  { partly, before = new Map() }: { partly: boolean; before?: Before },
): Arranged => {
  const settings: Setting[] = [];
  const leftOut: LeftOut[] = [];
  for (const wish of wishes) {
    const found = settingFor(wish, now, policy, catalogue, before);
    if ('setting' in found) settings.push(found.setting);
    else if (partly) leftOut.push({ key: wish.key, why: found.why });
    else return { ok: false, why: found.why };
  }
  const kept = settings.filter(({ key }) => {
    const other = ONLY_WITH.get(key);
    const blocked = leftOut.find((left) => left.key === other && !left.why.endsWith(ALREADY));
    if (blocked !== undefined) leftOut.push({ key, why: `only together with ${blocked.key}` });
    return blocked === undefined;
  });
  if (kept.length === 0) return { ok: false, why: leftOut[0]?.why ?? 'nothing is to be set' };
  const ordered = inOrder(kept);
  return tooLong(ordered)
    ? { ok: false, why: 'a value is longer or other than a host’s gate takes' }
    : { ok: true, settings: ordered, leftOut };
};

/**
 * A gate lives in the network namespace of the account that measures: what only the machine's own can set it can't either, and a
 * proposal of it would be approved and then fail. The lab's namespaces are whole hosts to it: it mounts the machine's limits there.
 */
const gateReaches = ({ remedy }: Wish, host: Host): boolean => remedy?.elsewhere !== true || host.lab === 'namespace';
const whyUnreached = (key: string): string =>
  `the gate lives in the network namespace that was measured, and from there ${key} can’t be set: only on the machine itself`;

/**
 * @param wishes what is to be set
 * @param now values read from the host just now
 * @param how `partly`: what may not be set is left out (a finding's remedies), else it refuses the whole (what was typed);
 *   `before`: what the change that is taken back replaced; a key may go back to just that, lowered or out of bounds too
 */
export const plan = (
  wishes: readonly Wish[],
  now: SysctlValues,
  context: PlanContext,
  how: { partly: boolean; before?: Before },
): Planned => {
  const { policy, inventory, catalogue, host, subject, channel, nowMs } = context;
  const question = { subject, host, nowMs, ...(channel === undefined ? {} : { channel }) };
  const may = evaluate(policy, inventory, { ...question, action: 'propose' });
  if (!may.allowed) return { ok: false, why: may.why, whoCould: may.whoCould };
  const outside = wishes.filter((wish) => !gateReaches(wish, host));
  const [unreached] = outside;
  if (unreached !== undefined && (!how.partly || outside.length === wishes.length))
    return { ok: false, why: whyUnreached(unreached.key), whoCould: [] };
  const here = wishes.filter((wish) => !outside.includes(wish));
  const arranged = arrange(here, now, policy, catalogue, how);
  if (!arranged.ok) return { ok: false, why: arranged.why, whoCould: [] };
  const { approvals, stepUp, mayPersist } = evaluateKeys(policy, catalogue, arranged.settings, how.before);
  const leftOut = [...outside.map(({ key }) => ({ key, why: whyUnreached(key) })), ...arranged.leftOut];
  return { ...arranged, leftOut, approvals, stepUp, mayPersist, approvers: approversOf(context) };
};

const ANY_KEY: Keys = { keys: [{ pattern: '*', bounds: {}, approvals: 1, stepUp: false, mayPersist: true }] };

/** What a person with root would type on a host that the bot can't change: policy is not asked, sense still is. */
export const planByHand = (wishes: readonly Wish[], now: SysctlValues, catalogue: PlanContext['catalogue']): Arranged =>
  arrange(wishes, now, ANY_KEY, catalogue, { partly: true });

/** Who may approve on this host, the asker apart. */
export const approversOf = ({ policy, inventory, host, subject, channel, nowMs }: PlanContext): readonly string[] =>
  evaluate(policy, inventory, {
    subject,
    action: 'approve',
    host,
    nowMs,
    ...(channel === undefined ? {} : { channel }),
  }).whoCould;

/** What a present finding would have set. */
export const wishesOf = (finding: Finding): readonly Wish[] =>
  finding.remedies.map((remedy) => ({ key: remedy.key, to: remedy.to, remedy }));

/** A finding's remedies as they were when it was measured: whether they may be proposed at all, for the button's sake. */
export const planFinding = (finding: Finding, context: PlanContext): Planned =>
  plan(wishesOf(finding), Object.fromEntries(finding.remedies.map(({ key, from }) => [key, from])), context, {
    partly: true,
  });
