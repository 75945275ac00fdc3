/** Every role × action × host group × key class, guests and strangers, as one table. */
import { describe, expect, test } from '@jest/globals';
import { LOOK_ONLY, readPolicy } from '../../src/config/policy.js';
import type { Host, Inventory } from '../../src/core/inventory.js';
import { ACTIONS, type Action, evaluate, evaluateKeys, personOf, type Subject } from '../../src/core/policy.js';
import type { SysctlEntry } from '../../src/core/sysctl.js';
import { aHost } from '../support/hosts.js';

const host = (name: string, env: string): Host => aHost(name, { labels: { env } });
const prod = host('web-1', 'prod');
const lab = host('lab-1', 'lab');
const bare = host('bare', 'none');
const inventory: Inventory = {
  hosts: new Map([prod, lab, bare].map((each) => [each.name, each])),
  groups: new Map(),
  revision: '1',
};

const policy = readPolicy(
  `people:
  ada: {slack: ["T0HOME:U0ADA", "T0OTHER:U0ADA2"]}
  grace: {slack: ["T0HOME:U0GRACE"], totpEnv: GRACE_TOTP}
roles:
  responders: {people: [ada], userGroups: ["T0HOME:S0CALL"]}
  leads: {people: [grace]}
grants:
  - {hosts: "env=prod", see: [everyone], propose: [responders, leads], approve: [leads], confirm: [responders, leads], revert: [responders, leads], review: [leads]}
  - {hosts: "env=lab", channels: [C0LAB], see: [everyone], propose: [everyone2], approve: [leads]}
keys:
  net.ipv4.tcp_tw_reuse: {}
  net.netfilter.nf_conntrack_max: {max: 1048576, approvals: 2, stepUp: true}
  net.ipv4.tcp_*: {persist: false}
freezes:
  - {name: "launch week", from: 2026-12-01T00:00:00Z, to: 2026-12-08T00:00:00Z, hosts: "env=prod"}
`.replace('everyone2', 'leads'),
  'policy.yml',
);
const NOW = Date.parse('2026-11-22T12:00:00Z');
const FROZEN = Date.parse('2026-12-03T12:00:00Z');

const who: Record<string, Subject> = {
  ada: { account: 'T0HOME:U0ADA', userGroups: [], member: true },
  'ada elsewhere': { account: 'T0OTHER:U0ADA2', userGroups: [], member: true },
  grace: { account: 'T0HOME:U0GRACE', userGroups: [], member: true },
  'on call': { account: 'T0HOME:U0ANY', userGroups: ['T0HOME:S0CALL'], member: true },
  member: { account: 'T0HOME:U0ANY', userGroups: [], member: true },
  guest: { account: 'T0HOME:U0GUEST', userGroups: [], member: false },
  'deactivated lead': { account: 'T0HOME:U0GRACE', userGroups: [], member: false },
  namesake: { account: 'T0EVIL:U0GRACE', userGroups: [], member: true },
};
/** What each may do: on prod, and on lab from its own channel; nothing on a host without a grant. */
const may: Record<string, { prod: Action[]; lab: Action[] }> = {
  ada: { prod: ['see', 'propose', 'confirm', 'revert'], lab: ['see'] },
  'ada elsewhere': { prod: ['see', 'propose', 'confirm', 'revert'], lab: ['see'] },
  grace: { prod: ['see', 'propose', 'approve', 'confirm', 'revert', 'review'], lab: ['see', 'propose', 'approve'] },
  'on call': { prod: ['see', 'propose', 'confirm', 'revert'], lab: ['see'] },
  member: { prod: ['see'], lab: ['see'] },
  guest: { prod: [], lab: [] },
  'deactivated lead': { prod: [], lab: [] },
  namesake: { prod: ['see'], lab: ['see'] },
};

describe('who may do what', () => {
  const table = Object.keys(who).flatMap((name) => ACTIONS.map((action) => ({ name, action })));
  test.each(table)('$name, $action', ({ name, action }) => {
    const subject = who[name] as Subject;
    const ask = (on: Host, channel: string, nowMs = NOW) =>
      evaluate(policy, inventory, { subject, action, host: on, channel, nowMs });
    expect(ask(prod, 'C0ANY').allowed).toBe(may[name]?.prod.includes(action));
    expect(ask(lab, 'C0LAB').allowed).toBe(may[name]?.lab.includes(action));
    expect(ask(lab, 'C0ANY').allowed).toBe(false);
    expect(ask(bare, 'C0LAB').allowed).toBe(false);
    // A freeze stops what would begin a change, and nothing that ends one.
    const frozen = ask(prod, 'C0ANY', FROZEN).allowed;
    expect(frozen).toBe((may[name]?.prod.includes(action) ?? false) && action !== 'propose' && action !== 'approve');
  });

  test('a refusal says why, which step failed, and who could', () => {
    const verdict = evaluate(policy, inventory, {
      subject: who['ada'] as Subject,
      action: 'approve',
      host: prod,
      channel: 'C0ANY',
      nowMs: NOW,
    });
    expect(verdict).toMatchObject({
      allowed: false,
      why: 'to approve on web-1 takes the role leads',
      whoCould: ['grace'],
    });
    expect(verdict.steps.at(-1)).toEqual({ question: 'Does ada hold one of them?', answer: 'no', holds: false });
  });

  test('where nobody says what somebody is, nothing is allowed, and that is said', () => {
    const subject = { ...(who['grace'] as Subject), member: false, memberUnknown: true as const };
    for (const action of ACTIONS)
      expect(evaluate(policy, inventory, { subject, action, host: prod, channel: 'C0ANY', nowMs: NOW })).toMatchObject({
        allowed: false,
        why: expect.stringContaining('click again in a moment'),
      });
  });

  test('two accounts of one person are one person', () => {
    expect(personOf(policy, 'T0OTHER:U0ADA2')).toBe('ada');
    expect(personOf(policy, 'T0EVIL:U0ADA')).toBe('T0EVIL:U0ADA');
  });

  test('without a policy a member looks, and nobody does more', () => {
    const allowed = ACTIONS.filter(
      (action) =>
        evaluate(LOOK_ONLY, inventory, { subject: who['grace'] as Subject, action, host: prod, nowMs: NOW }).allowed,
    );
    expect(allowed).toEqual(['see']);
  });
});

describe('what may be set', () => {
  const entry = (key: string, allowed: SysctlEntry['allowed']): [string, SysctlEntry] => [
    key,
    {
      key,
      formerly: [],
      group: 'other',
      health: false,
      unit: '',
      meaning: '',
      kernelDefault: { value: '0' },
      scope: 'ns',
      reaches: '',
      risk: 'low',
      sources: [],
      ...(allowed === undefined ? {} : { allowed }),
    },
  ];
  const catalogue = new Map([
    entry('net.ipv4.tcp_tw_reuse', { shape: 'integer', min: 0, max: 2 }),
    entry('net.netfilter.nf_conntrack_max', { shape: 'integer', min: 65_536, max: 16_777_216 }),
    entry('net.ipv4.tcp_mem', { shape: 'triple', min: 1_000, max: 1_000_000 }),
    entry('net.ipv4.ip_local_port_range', { shape: 'range', min: 1_024, max: 65_535, widthMin: 10_000 }),
    entry('net.ipv4.tcp_rmem', undefined),
  ]);
  test.each([
    [[], 'nothing is to be set'],
    [[{ key: 'net.ipv4.tcp_tw_reuse', to: '1' }], 'the policy allows these values'],
    [[{ key: 'net.ipv4.tcp_tw_reuse', to: '3' }], 'net.ipv4.tcp_tw_reuse must be a whole number from 0 to 2'],
    [[{ key: 'net.ipv4.tcp_tw_reuse', to: '01' }], 'net.ipv4.tcp_tw_reuse must be a whole number from 0 to 2'],
    [[{ key: 'net.ipv4.tcp_tw_reuse', to: '1\n' }], 'net.ipv4.tcp_tw_reuse must be a whole number from 0 to 2'],
    [
      [{ key: 'net.netfilter.nf_conntrack_max', to: '1048577' }],
      'net.netfilter.nf_conntrack_max must be a whole number from 65536 to 1048576',
    ],
    [
      [{ key: 'net.ipv4.tcp_mem', to: '2000 1000 3000' }],
      'net.ipv4.tcp_mem must be three rising numbers from 1000 to 1000000',
    ],
    [
      [{ key: 'net.ipv4.ip_local_port_range', to: '10240 65535' }],
      'the policy allows nobody to set net.ipv4.ip_local_port_range',
    ],
    [[{ key: 'net.ipv4.tcp_rmem', to: '1 2 3' }], 'net.ipv4.tcp_rmem is never set by this program'],
    [[{ key: 'kernel.hostname', to: 'x' }], 'the policy allows nobody to set kernel.hostname'],
  ])('%j', (entries, why) => {
    expect(evaluateKeys(policy, catalogue, entries).why).toBe(why);
  });

  test('a value that may not be set still asks for what its key asks for', () => {
    const refused = evaluateKeys(policy, catalogue, [{ key: 'net.netfilter.nf_conntrack_max', to: '1' }]);
    expect(refused).toMatchObject({ allowed: false, stepUp: true });
    const before = new Map([['net.netfilter.nf_conntrack_max', '1']]);
    expect(evaluateKeys(policy, catalogue, [{ key: 'net.netfilter.nf_conntrack_max', to: '1' }], before)).toMatchObject(
      {
        allowed: true,
        approvals: 2,
        stepUp: true,
      },
    );
  });

  test('several keys take what the strictest of them takes', () => {
    expect(
      evaluateKeys(policy, catalogue, [
        { key: 'net.netfilter.nf_conntrack_max', to: '262144' },
        { key: 'net.ipv4.tcp_mem', to: '1000 2000 3000' },
      ]),
    ).toEqual({ allowed: true, why: 'the policy allows these values', approvals: 2, stepUp: true, mayPersist: false });
  });
});

test('everyone may look and nothing else, even where a policy was built otherwise than from its file', () => {
  const open = {
    ...policy,
    grants: policy.grants.map((grant) => ({
      ...grant,
      roles: { see: ['everyone'], propose: ['everyone'], approve: ['everyone'] },
    })),
  };
  const ask = (action: Action) =>
    evaluate(open, inventory, { subject: who['member'] as Subject, action, host: prod, nowMs: NOW }).allowed;
  expect([ask('see'), ask('propose'), ask('approve')]).toEqual([true, false, false]);
});

test('a freeze begins and ends when it says', () => {
  const ask = (nowMs: number) =>
    evaluate(policy, inventory, { subject: who['grace'] as Subject, action: 'propose', host: prod, nowMs }).allowed;
  const from = Date.parse('2026-12-01T00:00:00Z');
  const to = Date.parse('2026-12-08T00:00:00Z');
  expect([ask(from - 1), ask(from), ask(to - 1), ask(to)]).toEqual([true, false, false, true]);
});
