/**
 * What may be set, within which bounds, by whom, who approves, where. Empty means denied. Every answer explains itself:
 * the steps that led to it, and who could where the asker can't. Evaluation time is an input.
 */
import { matchesGlob } from './glob.js';
import type { Host, Inventory } from './inventory.js';
import { matcherOf, type ParsedSelector, parseSelector, type Selector } from './selector.js';
import type { SysctlEntry } from './sysctl.js';
import { type Bounds, valueProblem } from './values.js';

export const ACTIONS = ['see', 'propose', 'approve', 'confirm', 'revert', 'review', 'administer'] as const;
export type Action = (typeof ACTIONS)[number];

/** Every member of the home workspace, known to the policy or not. It can only ever be granted `see`. */
export const EVERYONE = 'everyone';

export interface PolicyPerson {
  name: string;
  /** `team:user` ids, all of them one person */
  accounts: readonly string[];
  /** name of the environment variable that holds the base32 TOTP secret */
  totpEnv?: string;
}

export interface Role {
  name: string;
  people: readonly string[];
  /** `team:usergroup` ids; members are looked up again at every click */
  userGroups: readonly string[];
}

export interface Grant {
  hosts: Selector;
  /** channel ids; empty: any channel */
  channels: readonly string[];
  /** role names by action; an action that isn't named is denied */
  roles: Readonly<Partial<Record<Action, readonly string[]>>>;
}

export interface KeyRule {
  /** a key or a pattern such as `net.ipv4.neigh.*` */
  pattern: string;
  bounds: Bounds;
  approvals: number;
  /** a click alone is not enough: a one-time code is asked for */
  stepUp: boolean;
  mayPersist: boolean;
}

export interface Freeze {
  name: string;
  fromMs: number;
  toMs: number;
  hosts: Selector;
}

export interface BreakGlass {
  roles: readonly string[];
  hosts: Selector;
  confirmWindowSeconds: number;
}

export interface Policy {
  people: ReadonlyMap<string, PolicyPerson>;
  roles: ReadonlyMap<string, Role>;
  grants: readonly Grant[];
  keys: readonly KeyRule[];
  freezes: readonly Freeze[];
  breakGlass?: BreakGlass;
  /** roles that are told when a proposal nears its end, and by break-glass */
  escalation: readonly string[];
  expiresAfterSeconds: number;
  confirmWindowSeconds: { default: number; max: number };
  revision: string;
}

/** What a person is at the moment of the question. */
export interface Subject {
  /** `team:user` */
  account: string;
  /** `team:usergroup` ids that they are in now */
  userGroups: readonly string[];
  /** ids that could not be looked up now: they count as no, and the refusal says so */
  userGroupsUnknown?: readonly string[];
  /** false for guests, people of other organisations, deactivated ones and bots, and where it could not be found out */
  member: boolean;
  /** it could not be looked up now: it counts as no, and the refusal says so */
  memberUnknown?: true;
}

export interface Question {
  subject: Subject;
  action: Action;
  host: Host;
  channel?: string;
  nowMs: number;
}

export interface PolicyStep {
  question: string;
  answer: string;
  holds: boolean;
}

export interface Verdict {
  allowed: boolean;
  /** the sentence for the person */
  why: string;
  steps: readonly PolicyStep[];
  /** names of people that could, and roles that are filled from the workspace */
  whoCould: readonly string[];
}

/** The person behind an account; where policy knows none, the account stands for itself. */
export const personOf = (policy: Policy, account: string): string => {
  for (const person of policy.people.values()) if (person.accounts.includes(account)) return person.name;
  return account;
};

/** Whether any grant at all lets somebody do this: for help and Home, never for an act. */
export const mayAnywhere = (policy: Policy, subject: Subject, action: Action): boolean =>
  policy.grants.some(({ roles }) =>
    (roles[action] ?? []).some((role) => (action === 'see' || role !== EVERYONE) && holdsRole(policy, subject, role)),
  );

const holdsRole = (policy: Policy, subject: Subject, roleName: string): boolean => {
  if (roleName === EVERYONE) return true;
  const role = policy.roles.get(roleName);
  if (role === undefined) return false;
  return (
    role.people.includes(personOf(policy, subject.account)) ||
    role.userGroups.some((group) => subject.userGroups.includes(group))
  );
};

/** Whether a selector names a host, as it is registered now. */
export const selects = (selector: Selector, host: Host, inventory: Inventory): boolean =>
  matcherOf(selector, inventory)(host);

/** People and filled roles that a set of role names stands for, without one person. */
export const peopleIn = (policy: Policy, roleNames: readonly string[], without?: string): string[] => {
  const names = new Set<string>();
  for (const name of roleNames) {
    const role = policy.roles.get(name);
    if (name === EVERYONE) names.add('every member');
    for (const person of role?.people ?? []) if (person !== without) names.add(person);
    if ((role?.userGroups.length ?? 0) > 0) names.add(`the user group of role ${name}`);
  }
  return [...names];
};

/** May this person do this on this host, here and now? */
export const evaluate = (policy: Policy, inventory: Inventory, question: Question): Verdict => {
  const { subject, action, host, channel, nowMs } = question;
  const steps: PolicyStep[] = [];
  const step = (holds: boolean, asked: string, answer: string): boolean => {
    steps.push({ question: asked, answer, holds });
    return holds;
  };
  const person = personOf(policy, subject.account);
  const forHost = policy.grants.filter((grant) => selects(grant.hosts, host, inventory));
  const couldRoles = forHost
    .flatMap((grant) => grant.roles[action] ?? [])
    .filter((role) => action === 'see' || role !== EVERYONE);
  const verdict = (allowed: boolean, why: string): Verdict => ({
    allowed,
    why,
    steps,
    whoCould: peopleIn(policy, couldRoles, person),
  });

  if (!subject.member && subject.memberUnknown === true) {
    step(false, 'Is it a member of the home workspace?', 'Slack did not say');
    const what = `Slack did not say in time whether ${person} is still a full member of the workspace`;
    return verdict(false, `${what}, so it counts as no; click again in a moment`);
  }
  if (
    !step(
      subject.member,
      'Is it a member of the home workspace?',
      subject.member ? 'yes' : 'a guest, of another organisation, deactivated or a bot',
    )
  )
    return verdict(false, 'only full members of the home workspace may use this');
  if (
    !step(
      forHost.length > 0,
      `Does any grant cover ${host.name}?`,
      forHost.length > 0 ? `yes, ${forHost.length}` : 'none does',
    )
  )
    return verdict(false, `no grant of the policy covers ${host.name}`);
  const here = forHost.filter(
    (grant) => grant.channels.length === 0 || (channel !== undefined && grant.channels.includes(channel)),
  );
  if (!step(here.length > 0, 'In this channel?', here.length > 0 ? 'yes' : 'in other channels only'))
    return verdict(false, `the policy allows this on ${host.name} in other channels only`);
  const roles = [...new Set(here.flatMap((grant) => grant.roles[action] ?? []))].filter(
    (role) => action === 'see' || role !== EVERYONE,
  );
  if (
    !step(
      roles.length > 0,
      `May anybody ${action} there?`,
      roles.length > 0 ? `the roles ${roles.join(', ')}` : 'nobody',
    )
  )
    return verdict(false, `nobody may ${action} on ${host.name}: the policy names no role for it`);
  const held = roles.filter((role) => holdsRole(policy, subject, role));
  const unsaid = roles.filter((role) =>
    policy.roles.get(role)?.userGroups.some((group) => subject.userGroupsUnknown?.includes(group)),
  );
  if (held.length === 0 && unsaid.length > 0) {
    const why = `Slack did not say in time whether ${person} is in the user group of the role ${unsaid.join(' or ')}, so it counts as no; click again in a moment`;
    step(false, `Does ${person} hold one of them?`, 'Slack did not say');
    return verdict(false, why);
  }
  if (!step(held.length > 0, `Does ${person} hold one of them?`, held.length > 0 ? held.join(', ') : 'no'))
    return verdict(false, `to ${action} on ${host.name} takes the role ${roles.join(' or ')}`);
  if (action === 'propose' || action === 'approve') {
    const freeze = policy.freezes.find(
      ({ fromMs, toMs, hosts }) => nowMs >= fromMs && nowMs < toMs && selects(hosts, host, inventory),
    );
    if (
      !step(
        freeze === undefined,
        'Is it free of a freeze?',
        freeze === undefined ? 'yes' : `“${freeze.name}” until ${new Date(freeze.toMs).toISOString()}`,
      )
    )
      return verdict(false, `changes are frozen: ${freeze?.name ?? ''}`);
  }
  return verdict(true, `${person} may ${action} on ${host.name} as ${held.join(', ')}`);
};

/** The first rule whose pattern names the key, exact ones before patterns. */
export const ruleForKey = (policy: Pick<Policy, 'keys'>, key: string): KeyRule | undefined =>
  policy.keys.find(({ pattern }) => pattern === key) ??
  policy.keys.find(({ pattern }) => pattern.includes('*') && matchesGlob(pattern, key));

export interface KeysVerdict {
  allowed: boolean;
  why: string;
  /** the most that any of the keys asks for */
  approvals: number;
  stepUp: boolean;
  mayPersist: boolean;
}

/**
 * May these values be set at all, and what does it take? Whoever asks.
 * @param before what a confirmed change replaced, by key: bounds don't count for taking a key back to just that, because it is
 *   what stood there; that the key may be set, who approves and how does. The host's gate judges the same way by its own record.
 * @returns also of values that may not be set what their keys ask for: nobody gets around a code by a value that is refused
 */
export const evaluateKeys = (
  policy: Pick<Policy, 'keys'>,
  catalogue: ReadonlyMap<string, SysctlEntry>,
  entries: readonly { key: string; to: string }[],
  before: ReadonlyMap<string, string> = new Map(),
): KeysVerdict => {
  const rules = entries.flatMap(({ key }) => ruleForKey(policy, key) ?? []);
  const stepUp = rules.some((rule) => rule.stepUp);
  const no = (why: string): KeysVerdict => ({ allowed: false, why, approvals: 0, stepUp, mayPersist: false });
  if (entries.length === 0) return no('nothing is to be set');
  for (const { key, to } of entries) {
    const rule = ruleForKey(policy, key);
    if (rule === undefined) return no(`the policy allows nobody to set ${key}`);
    const allowed = catalogue.get(key)?.allowed;
    if (allowed === undefined) return no(`${key} is never set by this program`);
    const problem = valueProblem(to, allowed, rule.bounds);
    if (problem !== undefined && before.get(key) !== to) {
      const note = catalogue.get(key)?.notThis;
      return no(`${key} must be ${problem}${note === undefined ? '' : `. ${note.replace(/\.$/, '')}`}`);
    }
  }
  return {
    allowed: true,
    why: 'the policy allows these values',
    approvals: Math.max(1, ...rules.map(({ approvals }) => approvals)),
    stepUp,
    mayPersist: rules.every(({ mayPersist }) => mayPersist),
  };
};

/**
 * What was proposed under an older policy, as it is now.
 * @param asked approvals that were asked for, and whether the values are to outlive a reboot
 * @returns why it can't be had any more; undefined where it can
 */
export const tightened = (keys: KeysVerdict, asked: { approvals: number; persistent: boolean }): string | undefined => {
  if (!keys.allowed) return keys.why;
  if (keys.approvals > asked.approvals)
    return `the policy asks for ${keys.approvals} approvals now, and ${asked.approvals} when it was proposed: propose it again`;
  return asked.persistent && !keys.mayPersist
    ? 'the policy allows these keys at runtime only now: propose it again without keeping them for the next boot'
    : undefined;
};

/** A selector that is known to be good. @throws RangeError with the problem where it is not */
export const mustSelect = (text: string): Selector => {
  const parsed: ParsedSelector = parseSelector(text);
  if (!parsed.ok) throw new RangeError(parsed.problem);
  return parsed.selector;
};
