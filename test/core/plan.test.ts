/** Finding × values × policy: what may be proposed, in which order, and why not; and the digest that binds an approval to it. */
import { describe, expect, test } from '@jest/globals';
import { readPolicy } from '../../src/config/policy.js';
import { CHANGE_STATES, type ChangeState } from '../../src/core/change.js';
import { diagnose } from '../../src/core/diagnose.js';
import { byHand, dryRun } from '../../src/core/dry-run.js';
import type { Finding } from '../../src/core/finding.js';
import { parseRequest } from '../../src/core/gate/request.js';
import {
  inOrder,
  type PlanContext,
  plan,
  planByHand,
  planFinding,
  readWishes,
  valuesBefore,
  wishesOf,
} from '../../src/core/plan.js';
import { type Plan, planText } from '../../src/core/plan-digest.js';
import { rule as conntrackFull } from '../../src/core/rules/conntrack-full.js';
import { loadSysctls } from '../../src/sysctls.js';
import { aHost, anInventory } from '../support/bot-fakes.js';
import { type SnapshotBuilder, snapshot } from '../support/snapshot-builder.js';

const catalogue = await loadSysctls();
const host = aHost('web-1');
const RANGE = 'net.ipv4.ip_local_port_range';
const RESERVED = 'net.ipv4.ip_local_reserved_ports';
const REUSE = 'net.ipv4.tcp_tw_reuse';
const BUCKETS = 'net.ipv4.tcp_max_tw_buckets';
const now = { [RANGE]: '32768 60999', [RESERVED]: '', [REUSE]: '2', [BUCKETS]: '524288' };
const policy = (keys: string) =>
  readPolicy(
    `people:\n  ada: {slack: ["T0H:U0ADA"]}\n  grace: {slack: ["T0H:U0GRACE"]}\nroles: {all: {people: [ada, grace]}}\ngrants: [{hosts: "*", see: [everyone], propose: [all], approve: [all]}]\nkeys: {${keys}}\n`,
    'policy.yml',
  );
const context = (
  keys = `${RANGE}: {}, ${RESERVED}: {}, ${REUSE}: {persist: false}, ${BUCKETS}: {approvals: 2, stepUp: true}`,
  account = 'T0H:U0ADA',
): PlanContext => ({
  policy: policy(keys),
  inventory: anInventory(host),
  catalogue,
  host,
  subject: { account, userGroups: [], member: true },
  channel: 'C1',
  nowMs: 0,
});
const ports = [
  { key: RANGE, to: '10240 65535' },
  { key: RESERVED, to: '8080,9100' },
];

test('a key that is gone, or that only one value may be given: what it does stands beside the number', () => {
  const planned = plan(
    [{ key: 'net.ipv4.tcp_tw_recycle', to: '1' }],
    { 'net.ipv4.tcp_tw_recycle': '0' },
    context('net.ipv4.tcp_tw_recycle: {}'),
    { partly: false },
  );
  expect(planned).toMatchObject({ ok: false, why: expect.stringMatching(/tcp_tw_recycle must be 0\. .{20}/) });
});

describe('a plan', () => {
  test('reserves ports before it widens the range, whatever the order of asking', () => {
    const planned = plan(ports, now, context(), { partly: true });
    expect(planned).toMatchObject({ ok: true, approvals: 1, stepUp: false, mayPersist: true, approvers: ['grace'] });
    expect(planned.ok && planned.settings.map(({ key, from, to }) => [key, from, to])).toEqual([
      [RESERVED, '', '8080,9100'],
      [RANGE, '32768 60999', '10240 65535'],
    ]);
  });

  test('leaves the range alone where its reservations may not be made; it does not need those that are there', () => {
    const without = context(`${RANGE}: {}`);
    expect(plan(ports, now, without, { partly: true })).toMatchObject({ ok: false });
    const there = plan(ports, { ...now, [RESERVED]: '8080,9100' }, without, { partly: true });
    expect(there).toMatchObject({ ok: false });
    const allowed = plan(ports, { ...now, [RESERVED]: '8080,9100' }, context(), { partly: true });
    expect(allowed.ok && allowed.settings.map(({ key }) => key)).toEqual([RANGE]);
  });

  test('takes the most that any key asks for', () => {
    const planned = plan(
      [
        { key: REUSE, to: '1' },
        { key: BUCKETS, to: '1048576' },
      ],
      now,
      context(),
      { partly: false },
    );
    expect(planned).toMatchObject({ ok: true, approvals: 2, stepUp: true, mayPersist: false });
  });

  test('never lowers what may only be raised, except to take a change back', () => {
    const wishes = [{ key: BUCKETS, to: '262144' }];
    expect(plan(wishes, now, context(), { partly: false })).toMatchObject({
      ok: false,
      why: expect.stringContaining('only be raised'),
    });
    const before = new Map(wishes.map(({ key, to }) => [key, to]));
    expect(plan(wishes, now, context(), { partly: false, before })).toMatchObject({ ok: true });
  });

  test('takes a key back to what stood there before, out of bounds too and said so; to nothing else', () => {
    const narrow = context(`${BUCKETS}: {min: 400000}`);
    const before = new Map([[BUCKETS, '4096']]);
    const back = (to: string, of = before) => plan([{ key: BUCKETS, to }], now, narrow, { partly: false, before: of });
    expect(back('4096')).toMatchObject({
      ok: true,
      settings: [
        { to: '4096', requires: [expect.stringMatching(/must be a whole number from 400000 .* outside, and allowed/)] },
      ],
    });
    expect(back('4097')).toMatchObject({ ok: false, why: expect.stringContaining('from 400000') });
    expect(back('4096', new Map())).toMatchObject({ ok: false });
    // Whether the key may be set at all, and by whom, is asked as always.
    expect(plan([{ key: BUCKETS, to: '4096' }], now, context(`${REUSE}: {}`), { partly: false, before })).toMatchObject(
      {
        ok: false,
        why: expect.stringContaining('allows nobody'),
      },
    );
    // What is within the bounds needs no word about them.
    const within = plan([{ key: BUCKETS, to: '500000' }], now, narrow, {
      partly: false,
      before: new Map([[BUCKETS, '500000']]),
    });
    expect(within.ok && within.settings[0]?.requires).toBeUndefined();
  });

  test('knows what stood before only of a change that was confirmed, on this host, and is in force still', () => {
    const undone = (state: ChangeState, name = 'web-1') => ({
      state,
      plan: { host: { name }, entries: [{ key: REUSE, from: '2', to: '1' }] } as unknown as Plan,
    });
    const entries = [{ key: REUSE, from: '1' }];
    expect([...valuesBefore(undone('confirmed'), 'web-1', entries)]).toEqual([[REUSE, '2']]);
    expect(valuesBefore(undone('confirmed', 'web-2'), 'web-1', entries).size).toBe(0);
    expect(valuesBefore(undone('confirmed'), 'web-1', [{ key: REUSE, from: '0' }]).size).toBe(0);
    expect(valuesBefore(undefined, 'web-1', entries).size).toBe(0);
    for (const state of CHANGE_STATES)
      expect(valuesBefore(undone(state), 'web-1', entries).size).toBe(state === 'confirmed' ? 1 : 0);
  });

  test.each([
    ['a stranger', 'T0H:U0WHO', [{ key: REUSE, to: '1' }], /takes the role all/],
    [
      'a key that no rule names',
      'T0H:U0ADA',
      [{ key: 'net.core.somaxconn', to: '4096' }],
      /allows nobody to set net.core.somaxconn/,
    ],
    ['a value out of bounds', 'T0H:U0ADA', [{ key: REUSE, to: '9' }], /must be a whole number/],
    ['a value that is so already', 'T0H:U0ADA', [{ key: REUSE, to: '2' }], /is 2 already/],
  ])('is refused for %s', (_name, account, wishes, why) =>
    expect(plan(wishes, now, context(undefined, account), { partly: false })).toMatchObject({
      ok: false,
      why: expect.stringMatching(why),
    }),
  );

  test('is refused for a value that a host’s gate has no spelling for', () => {
    const odd = { ...now, [REUSE]: '2; rm -rf /' };
    expect(plan([{ key: REUSE, to: '1' }], odd, context(), { partly: false })).toMatchObject({
      ok: false,
      why: expect.stringContaining('gate'),
    });
  });

  test('by hand asks no policy, and still makes sense', () => {
    expect(planByHand(ports, now, catalogue)).toMatchObject({
      ok: true,
      settings: [{ key: RESERVED }, { key: RANGE }],
    });
    expect(planByHand([{ key: BUCKETS, to: '262144' }], now, catalogue)).toMatchObject({ ok: false });
  });

  test('thresholds of the neighbour table are raised from the top', () => {
    const keys = ['gc_thresh1', 'gc_thresh2', 'gc_thresh3'].map((name) => ({ key: `net.ipv4.neigh.default.${name}` }));
    expect(inOrder(keys).map(({ key }) => key.slice(-1))).toEqual(['3', '2', '1']);
  });
});

describe('a value of the machine, measured from a namespace of its own', () => {
  const MAX = 'net.netfilter.nf_conntrack_max';
  const full = snapshot().with({
    readings: { conntrack: { count: 65_536, max: 65_536, buckets: 262_144 } },
    rates: { 'conntrack.drop': 200 },
    sysctls: { [MAX]: '65536' },
  });
  const findingOn = (builder: SnapshotBuilder): Finding => {
    const [finding] = diagnose({
      snapshot: builder.build(),
      rules: new Map([[conntrackFull.id, conntrackFull]]),
    }).findings;
    if (finding?.status !== 'present') throw new Error('not full');
    return finding;
  };
  const allowed = context(`${MAX}: {}`);

  test('is never offered where a gate could not set it: it would be approved and fail', () => {
    const finding = findingOn(full.inside());
    expect(finding.remedies).toMatchObject([{ key: MAX, to: '262144', elsewhere: true }]);
    expect(planFinding(finding, allowed)).toEqual({
      ok: false,
      why: `the gate lives in the network namespace that was measured, and from there ${MAX} can’t be set: only on the machine itself`,
      whoCould: [],
    });
    // A person can still be told what to type, and where.
    expect(planByHand(wishesOf(finding), { [MAX]: '65536' }, catalogue)).toMatchObject({ ok: true });
    const both = [...wishesOf(finding), { key: REUSE, to: '1' }];
    const partly = plan(both, { ...now, [MAX]: '65536' }, context(`${MAX}: {}, ${REUSE}: {}`), { partly: true });
    expect(partly).toMatchObject({ ok: true, settings: [{ key: REUSE }], leftOut: [{ key: MAX }] });
  });
  test('is offered from the machine’s own, from one where the kernel lets it be set, and in the lab, which mounts it', () => {
    const machine = findingOn(full);
    expect(machine.remedies[0]?.requires).toBeUndefined();
    const old = findingOn(full.kernel('5.10.0').inside());
    expect(old.remedies[0]?.requires?.join()).toMatch(/changes for every container.*stays as it is, and that is said/);
    for (const finding of [machine, old]) expect(planFinding(finding, allowed)).toMatchObject({ ok: true });
    const lab = { ...allowed, host: { ...host, lab: 'namespace' as const } };
    expect(planFinding(findingOn(full.inside()), lab)).toMatchObject({ ok: true, leftOut: [] });
  });
});

describe('what is typed behind set', () => {
  test.each([
    [[`${RANGE}=10240_65535`], [{ key: RANGE, to: '10240 65535' }]],
    [[`${RANGE}=10240-65535`], [{ key: RANGE, to: '10240 65535' }]],
    [[`${RESERVED}=9100,8080-8081,8082`], [{ key: RESERVED, to: '8080-8082,9100' }]],
    [[`${RESERVED}=none`], [{ key: RESERVED, to: '' }]],
    [['net/ipv4/tcp_tw_reuse=1'], [{ key: REUSE, to: '1' }]],
    [['tcp_tw_reuse=1'], [{ key: REUSE, to: '1' }]],
    [['nf_conntrack_max=262144'], [{ key: 'net.netfilter.nf_conntrack_max', to: '262144' }]],
    [['net.ipv4.netfilter.ip_conntrack_max=262144'], [{ key: 'net.netfilter.nf_conntrack_max', to: '262144' }]],
  ])('%j is understood', (words, wishes) => expect(readWishes(words, catalogue)).toEqual({ ok: true, wishes }));

  test.each([
    [['tcp_tw_reuse'], /is no key=value/],
    [['gc_thresh3=4096'], /Several keys end in “gc_thresh3”: net.ipv4.neigh.default.gc_thresh3 or net.ipv6/],
    [['net.ipv4.tcp_tw_reus=1'], /Did you mean net.ipv4.tcp_tw_reuse/],
    [[`${REUSE}=1`, `${REUSE}=0`], /twice/],
    [[], /Say what is to be set/],
  ])('%j is not, and why', (words, why) =>
    expect(readWishes(words, catalogue)).toMatchObject({ ok: false, wrong: expect.stringMatching(why) }),
  );
});

const whole: Plan = {
  host: { name: 'web-1', address: '10.0.0.1', port: 22, keys: 'ssh-ed25519 AAAA' },
  entries: [
    { key: RESERVED, from: '', to: '8080' },
    { key: RANGE, from: '32768 60999', to: '10240 65535' },
  ],
  confirmWindowSeconds: 300,
  persistent: true,
};

describe('the text that a digest is taken of', () => {
  const others: Plan[] = [
    { ...whole, host: { ...whole.host, name: 'web-2' } },
    { ...whole, host: { ...whole.host, address: '10.0.0.2' } },
    { ...whole, host: { ...whole.host, port: 23 } },
    { ...whole, host: { ...whole.host, keys: 'ssh-ed25519 BBBB' } },
    { ...whole, confirmWindowSeconds: 301 },
    { ...whole, persistent: false },
    { ...whole, entries: [...whole.entries].reverse() },
    { ...whole, entries: whole.entries.slice(0, 1) },
    { ...whole, entries: [{ key: RESERVED, from: '80', to: '8080' }, ...whole.entries.slice(1)] },
    { ...whole, entries: [{ key: RESERVED, from: '', to: '8081' }, ...whole.entries.slice(1)] },
    { ...whole, host: { ...whole.host, name: 'web-1\n10.0.0.1', address: '' } },
  ];
  test('is another one for every other plan', () => {
    const texts = [whole, ...others].map(planText);
    expect(new Set(texts).size).toBe(texts.length);
  });
  test('can’t be made of other fields by what stands in them', () => {
    const a: Plan = { ...whole, entries: [{ key: 'a', from: 'b\nc', to: 'd' }] };
    const b: Plan = { ...whole, entries: [{ key: 'a\nb', from: 'c', to: 'd' }] };
    expect(planText(a)).not.toBe(planText(b));
  });
});

test('a dry run is the very request, and the steps in their order', () => {
  const { request, steps } = dryRun('change0000000001', whole, { boot8: 'deadbeef', uptimeSeconds: 100 });
  expect(parseRequest(request)).toMatchObject({
    verb: 'set',
    ttlSeconds: 300,
    persistent: true,
    entries: whole.entries,
  });
  const at = (what: RegExp): number => steps.findIndex((step) => what.test(step));
  expect(at(/^reads .*reserved/)).toBeLessThan(at(/starts its timer/));
  expect(at(/starts its timer/)).toBeLessThan(at(/^writes .*reserved/));
  expect(at(/^writes .*reserved/)).toBeLessThan(at(/^writes .*port_range/));
  expect(steps.join('\n')).toContain('90-tcpstates.conf');
  expect(byHand(whole.entries).back.split('\n')[0]).toBe(`sysctl -w ${RANGE}='32768 60999'`);
});
