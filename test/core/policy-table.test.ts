/**
 * Policy as one table: who × action × group of hosts × class of keys. Each role does what its column says and nothing else; a
 * guest, a person of another organisation and a deactivated account do nothing, whatever roles their account holds.
 */
import { describe, expect, test } from '@jest/globals';
import { readPolicy } from '../../src/config/policy.js';
import { type PlanContext, plan } from '../../src/core/plan.js';
import { ACTIONS, type Action, evaluate, type Subject } from '../../src/core/policy.js';
import { loadSysctls } from '../../src/sysctls.js';
import { anInventory } from '../support/bot-fakes.js';
import { aHost } from '../support/hosts.js';

const catalogue = await loadSysctls();
const hosts = {
  prod: aHost('web-1', { labels: { env: 'prod' } }),
  lab: aHost('lab-1', { labels: { env: 'lab' } }),
  'not granted': aHost('db-1', { labels: { env: 'db' } }),
};
type Group = keyof typeof hosts;
const inventory = anInventory(...Object.values(hosts));

const ROLES = ['viewers', 'proposers', 'approvers', 'confirmers', 'reverters', 'reviewers', 'administrators'] as const;
type Role = (typeof ROLES)[number];
const MAY: Record<Role, Action> = {
  viewers: 'see',
  proposers: 'propose',
  approvers: 'approve',
  confirmers: 'confirm',
  reverters: 'revert',
  reviewers: 'review',
  administrators: 'administer',
};
const grantsOf = (of: readonly Role[]): string => of.map((role) => `${MAY[role]}: [${role}]`).join(', ');
const policy = readPolicy(
  `people:
${ROLES.map((role) => `  one-of-${role}: {slack: ["T0H:U0${role.toUpperCase()}"]}`).join('\n')}
  everything: {slack: ["T0H:U0ALL"]}
roles:
${ROLES.map((role) => `  ${role}: {people: [one-of-${role}, everything], userGroups: ["T0H:S0${role.toUpperCase()}"]}`).join('\n')}
grants:
  - {hosts: "env=prod", ${grantsOf(ROLES)}}
  - {hosts: "env=lab", channels: [C0LAB], ${grantsOf(['viewers', 'proposers'])}}
keys:
  net.ipv4.tcp_tw_reuse: {}
  net.netfilter.nf_conntrack_max: {approvals: 2, stepUp: true, max: 1048576}
  net.core.somaxconn: {persist: false}
`,
  'policy.yml',
);
/** Where the lab's grant holds too. */
const CHANNELS: Record<Group, string> = { prod: 'C0ANY', lab: 'C0LAB', 'not granted': 'C0LAB' };
const GRANTED: Record<Group, readonly Role[]> = { prod: ROLES, lab: ['viewers', 'proposers'], 'not granted': [] };

const account = (role: Role): Subject => ({ account: `T0H:U0${role.toUpperCase()}`, userGroups: [], member: true });
const all: Subject = { account: 'T0H:U0ALL', userGroups: [], member: true };
const people: { name: string; subject: Subject; roles: readonly Role[] }[] = [
  ...ROLES.map((role) => ({ name: role, subject: account(role), roles: [role] })),
  ...ROLES.map((role) => ({
    name: `${role} by user group`,
    subject: { account: 'T0H:U0ANY', userGroups: [`T0H:S0${role.toUpperCase()}`], member: true },
    roles: [role],
  })),
  { name: 'everything at once', subject: all, roles: ROLES },
  { name: 'a member without a role', subject: { account: 'T0H:U0ANY', userGroups: [], member: true }, roles: [] },
  { name: 'a guest with every role', subject: { ...all, member: false }, roles: [] },
  { name: 'a deactivated one with every role', subject: { ...all, member: false }, roles: [] },
  { name: 'one whom nobody knows now', subject: { ...all, member: false, memberUnknown: true }, roles: [] },
  {
    name: 'one of another organisation with the same user id',
    subject: { account: 'T0EVIL:U0ALL', userGroups: [], member: true },
    roles: [],
  },
  {
    name: 'one of another organisation, in a user group of the same id',
    subject: { account: 'T0EVIL:U0X', userGroups: ROLES.map((role) => `T0EVIL:S0${role.toUpperCase()}`), member: true },
    roles: [],
  },
];

const groups = Object.keys(hosts) as Group[];
describe('who may do what where', () => {
  test('every action is a role’s', () => expect(Object.values(MAY).sort()).toEqual([...ACTIONS].sort()));

  const table = people.flatMap((person) => groups.map((group) => ({ ...person, group })));
  test.each(table)('$name on $group', ({ subject, roles, group }) => {
    const ask = (action: Action, channel: string) =>
      evaluate(policy, inventory, { subject, action, host: hosts[group], channel, nowMs: 0 });
    const wanted = ACTIONS.filter((action) =>
      roles.some((role) => MAY[role] === action && GRANTED[group].includes(role)),
    );
    expect(ACTIONS.filter((action) => ask(action, CHANNELS[group]).allowed)).toEqual(wanted);
    // A grant for one channel holds there alone.
    if (group !== 'prod') expect(ACTIONS.filter((action) => ask(action, 'C0ANY').allowed)).toEqual([]);
    for (const action of ACTIONS) {
      const { allowed, why, steps } = ask(action, CHANNELS[group]);
      expect({ why: why.length > 0, last: steps.at(-1)?.holds }).toEqual({ why: true, last: allowed });
    }
  });
});

const KEYS: Record<string, { entry: { key: string; to: string }; takes?: object; why?: RegExp }> = {
  plain: { entry: { key: 'net.ipv4.tcp_tw_reuse', to: '1' }, takes: { approvals: 1, stepUp: false, mayPersist: true } },
  'high risk': {
    entry: { key: 'net.netfilter.nf_conntrack_max', to: '262144' },
    takes: { approvals: 2, stepUp: true, mayPersist: true },
  },
  'runtime only': {
    entry: { key: 'net.core.somaxconn', to: '8192' },
    takes: { approvals: 1, stepUp: false, mayPersist: false },
  },
  'beyond the policy’s bounds': { entry: { key: 'net.netfilter.nf_conntrack_max', to: '1048577' }, why: /must be/ },
  'beyond the catalogue’s bounds': { entry: { key: 'net.ipv4.tcp_tw_reuse', to: '3' }, why: /must be/ },
  'not named': { entry: { key: 'net.ipv4.tcp_fin_timeout', to: '30' }, why: /allows nobody/ },
  'not known': { entry: { key: 'kernel.core_pattern', to: '|/bin/sh' }, why: /allows nobody/ },
};
const now = {
  'net.ipv4.tcp_tw_reuse': '2',
  'net.netfilter.nf_conntrack_max': '65536',
  'net.core.somaxconn': '4096',
  'net.ipv4.tcp_fin_timeout': '60',
};

describe('what may be proposed by whom where', () => {
  const table = people.flatMap((person) =>
    groups.flatMap((group) => Object.keys(KEYS).map((keys) => ({ ...person, group, keys }))),
  );
  test.each(table)('$name on $group: $keys', ({ subject, roles, group, keys }) => {
    const context: PlanContext = {
      policy,
      inventory,
      catalogue,
      host: hosts[group],
      subject,
      channel: CHANNELS[group],
      nowMs: 0,
    };
    const { entry, takes, why } = KEYS[keys] ?? { entry: { key: '', to: '' } };
    const planned = plan([entry], now, context, { partly: false });
    const may = roles.includes('proposers') && GRANTED[group].includes('proposers');
    if (may && takes !== undefined) expect(planned).toMatchObject({ ok: true, ...takes });
    // Who may not propose at all learns that, and nothing of keys.
    else if (may) expect(planned).toMatchObject({ ok: false, why: expect.stringMatching(why ?? /never/) });
    else expect(planned).toMatchObject({ ok: false, why: expect.not.stringMatching(/must be|allows nobody/) });
  });
});
