/**
 * Every refusal and every failure of a change, as the one who clicked reads it, in golden files. Complete by looking: codes come
 * from their tables, and each sentence that stands in the source must have been produced here, so that none is new unseen.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readReport } from '../../src/app/change-gate.js';
import { refusedClickMessage } from '../../src/blocks/change-notices.js';
import { readPolicy } from '../../src/config/policy.js';
import { type Actor, type Change, type ChangeEvent, replay } from '../../src/core/change.js';
import * as decide from '../../src/core/change-decide.js';
import { GATE_CODES } from '../../src/core/gate/codes.js';
import { type PlanContext, plan } from '../../src/core/plan.js';
import type { Plan } from '../../src/core/plan-digest.js';
import { evaluate, evaluateKeys, type Subject } from '../../src/core/policy.js';
import type { AllowedValues, SysctlEntry } from '../../src/core/sysctl.js';
import { valueProblem } from '../../src/core/values.js';
import { STORE_PROBLEMS } from '../../src/ports/store.js';
import { storeFailure } from '../../src/store/failures.js';
import { readMessage } from '../blocks/support/reading.js';
import { anInventory } from '../support/bot-fakes.js';
import { aHost } from '../support/hosts.js';

const root = new URL('../../', import.meta.url);
const source = (file: string): string => readFileSync(new URL(file, root), 'utf8');

const golden = (name: string, lines: readonly string[]): void => {
  const file = fileURLToPath(new URL(`test/golden/refusals/${name}.txt`, root));
  const content = `${lines.join('\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  expect(existsSync(file) ? readFileSync(file, 'utf8') : `${name} is missing: run with UPDATE_GOLDEN=1`).toBe(content);
};

/** Every sentence that a pattern finds in a source file; its last group is the text between quotes or backticks. */
const sentencesOf = (file: string, pattern: RegExp): string[] =>
  [...source(file).matchAll(pattern)].map((match) => match.at(-1) ?? '').filter((text) => /\s/.test(text));
/** A sentence with holes, as what matches it filled; a hole may hold one. */
const filled = (sentence: string): RegExp =>
  new RegExp(
    sentence
      .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '\u0000')
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('\u0000', '.*'),
    's',
  );
const unseen = (sentences: readonly string[], produced: readonly string[]): string[] =>
  sentences.filter((sentence) => !produced.some((text) => filled(sentence).test(text)));

const asRead = (code: string, detail: string): string =>
  readMessage(refusedClickMessage({ what: 'Approving', code, detail }))
    .replace(/^text: .*\n+/, '')
    .trim();

const AT = Date.parse('2026-11-22T12:00:00Z');
const ada: Actor = { person: 'ada', account: 'T0H:U0ADA' };
const grace: Actor = { person: 'grace', account: 'T0H:U0GRACE' };
const thePlan: Plan = {
  host: { name: 'web-1', address: '10.0.0.1', port: 22, keys: '' },
  entries: [{ key: 'net.ipv4.tcp_tw_reuse', from: '2', to: '1' }],
  confirmWindowSeconds: 300,
  persistent: false,
};
const proposed: Extract<ChangeEvent, { type: 'proposed' }> = {
  type: 'proposed',
  id: 'change0000000001',
  plan: thePlan,
  digest: 'd',
  by: ada,
  reason: 'ports run out',
  atMs: AT,
  expiresAtMs: AT + 3_600_000,
  approvalsNeeded: 2,
};
const given = (by: Actor): ChangeEvent => ({ type: 'approval-given', by, atMs: AT, digest: 'd' });
const linus: Actor = { person: 'linus', account: 'T0H:U0LINUS' };
const applying: ChangeEvent[] = [
  given(grace),
  given(linus),
  { type: 'apply-intended', by: 'bot', atMs: AT, notAfterMs: AT + 20_000 },
];
const held: ChangeEvent = { type: 'revert-held', atMs: AT, why: 'more is in use' };
const applied: ChangeEvent[] = [...applying, { type: 'applied', atMs: AT, windowEndsAtMs: AT + 300_000 }];
const change = (...events: ChangeEvent[]): Change => replay([proposed, ...events]) as Change;
const yes = { allowed: true } as const;
const no = { allowed: false, why: 'to approve on web-1 takes the role leads' } as const;

test('of the state machine: every code and every sentence', () => {
  const asked = { ...proposed, nowMs: AT, permission: yes };
  const click = { by: grace, digest: 'd', nowMs: AT, permission: yes };
  const late = AT + 7_200_000;
  const step = { by: grace, nowMs: AT, notAfterMs: AT, permission: yes, why: 'worse' };
  const reverting: ChangeEvent = { type: 'revert-intended', by: grace, atMs: AT, notAfterMs: AT, why: 'worse' };
  const glass: ChangeEvent = {
    ...(given(grace) as object),
    breakGlass: { reason: 'fire', skipped: [] },
  } as unknown as ChangeEvent;
  const measurement = { atMs: AT, afterSeconds: 30, outcome: 'same', before: '', now: '' } as const;
  const two = [...thePlan.entries, ...thePlan.entries];
  const decisions: decide.Decision[] = [
    decide.propose({ ...asked, permission: no }),
    decide.propose({ ...asked, reason: ' ' }),
    decide.propose({ ...asked, plan: { ...thePlan, entries: [] } }),
    decide.propose({ ...asked, plan: { ...thePlan, entries: two } }),
    decide.approve(change(...applied), click),
    decide.approve(change(given(linus), given(grace)), click),
    decide.approve(change(), { ...click, nowMs: late }),
    decide.approve(replay([{ ...proposed, wave: 'wave000000000001' }]) as Change, click),
    decide.approve(change(), { ...click, digest: 'other' }),
    decide.approve(change(given(grace)), click),
    decide.approve(change(), { ...click, by: ada }),
    decide.approve(change(), { ...click, permission: no }),
    decide.deny(change(...applied), { ...click, reason: 'x' }),
    decide.deny(change(), { ...click, reason: 'x', nowMs: late }),
    decide.deny(change(), { ...click, reason: 'x', permission: no }),
    decide.withdraw(change(), 'x', AT),
    decide.expire(change(), AT),
    decide.beginApply(change(), { by: 'bot', digest: 'd', nowMs: AT, notAfterMs: AT }),
    decide.beginApply(change(given(linus), given(grace)), { by: 'bot', digest: 'd', nowMs: late, notAfterMs: AT }),
    decide.measured(change(), measurement, false),
    decide.beginConfirm(change(), step),
    decide.beginConfirm(change(...applied, reverting), step),
    decide.beginConfirm(change(...applied), { ...step, nowMs: late }),
    decide.beginConfirm(change(...applied, held), step),
    decide.beginConfirm(change(...applied), { ...step, permission: no }),
    decide.beginRevert(change(), step),
    decide.beginRevert(change(...applied, reverting), step),
    decide.beginRevert(change(...applied, held), step),
    decide.beginRevert(change(...applied), { ...step, permission: no }),
    decide.review(change(), click),
    decide.review(change(glass), { ...click, by: linus, permission: no }),
    decide.review(change(glass), click),
  ];
  const refusals = decisions.map((decision) => {
    if (decision.ok) throw new Error(`it happened: ${JSON.stringify(decision.events)}`);
    return decision.refusal;
  });
  expect(decide.REFUSALS.filter((code) => !refusals.some((refusal) => refusal.code === code))).toEqual([]);
  const file = 'src/core/change-decide.ts';
  const sentences = [
    ...sentencesOf(file, /refuse\(\s*'[a-z-]+',\s*(['`])(.*?)\1/gs),
    ...sentencesOf(file, /wrongState\(change, (['`])(.*?)\1/gs),
  ];
  expect(sentences.length).toBeGreaterThan(15);
  expect(
    unseen(
      sentences,
      refusals.map(({ detail }) => detail),
    ),
  ).toEqual([]);
  golden(
    'decide',
    refusals.map(({ code, detail }) => `[${code}] ${asRead(code, detail)}\n`),
  );
});

const policy = readPolicy(
  `people:
  ada: {slack: ["T0H:U0ADA"]}
  grace: {slack: ["T0H:U0GRACE"]}
roles:
  responders: {people: [ada], userGroups: ["T0H:S0CALL"]}
  leads: {people: [grace]}
grants:
  - {hosts: "env=prod", see: [everyone], propose: [responders], approve: [leads]}
  - {hosts: "env=lab", channels: [C0LAB], see: [everyone], propose: [leads]}
keys:
  net.ipv4.tcp_tw_reuse: {}
  net.ipv4.tcp_*: {}
  net.ipv4.ip_local_*: {}
freezes:
  - {name: "launch week", from: 2026-12-01T00:00:00Z, to: 2026-12-08T00:00:00Z, hosts: "env=prod"}
`,
  'policy.yml',
);
const prod = aHost('web-1', { labels: { env: 'prod' } });
const lab = aHost('lab-1', { labels: { env: 'lab' } });
const bare = aHost('bare');
const inventory = anInventory(prod, lab, bare);
const subject = (more: Partial<Subject> = {}): Subject => ({
  account: 'T0H:U0ADA',
  userGroups: [],
  member: true,
  ...more,
});

test('of the policy: every sentence of who may what', () => {
  const ask = (more: Partial<Parameters<typeof evaluate>[2]>) =>
    evaluate(policy, inventory, {
      subject: subject(),
      action: 'propose',
      host: prod,
      channel: 'C0ANY',
      nowMs: AT,
      ...more,
    });
  const stranger = subject({ account: 'T0H:U0WHO' });
  const verdicts = [
    ask({ subject: subject({ member: false }) }),
    ask({ subject: subject({ member: false, memberUnknown: true }) }),
    ask({ host: bare }),
    ask({ host: lab }),
    ask({ action: 'confirm' }),
    ask({ subject: stranger }),
    ask({ subject: { ...stranger, userGroupsUnknown: ['T0H:S0CALL'] } }),
    ask({ nowMs: Date.parse('2026-12-02T00:00:00Z') }),
  ];
  expect(verdicts.map(({ allowed }) => allowed)).toEqual(verdicts.map(() => false));
  const sentences = [
    ...sentencesOf('src/core/policy.ts', /verdict\(\s*false,\s*(['`])(.*?)\1\)/gs),
    ...sentencesOf('src/core/policy.ts', /const (?:why|what) = (['`])(.*?)\1;/gs),
  ];
  expect(sentences.length).toBeGreaterThan(7);
  expect(
    unseen(
      sentences,
      verdicts.map(({ why }) => why),
    ),
  ).toEqual([]);
  golden(
    'policy',
    verdicts.map(
      ({ why, steps, whoCould }) =>
        `${asRead('not-permitted', why)}\n${steps.map((it) => `    ${it.holds ? 'yes' : 'no '} ${it.question} ${it.answer}`).join('\n')}\n    could: ${whoCould.join(', ')}\n`,
    ),
  );
});

const entry = (key: string, allowed?: AllowedValues, more: Partial<SysctlEntry> = {}): [string, SysctlEntry] => [
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
    ...more,
  },
];
const RANGE = 'net.ipv4.ip_local_port_range';
const RESERVED = 'net.ipv4.ip_local_reserved_ports';
const catalogue = new Map([
  entry('net.ipv4.tcp_tw_reuse', { shape: 'integer', min: 0, max: 2 }),
  entry('net.ipv4.tcp_max_tw_buckets', { shape: 'integer', min: 4096, max: 1_048_576, neverLower: true }),
  entry('net.ipv4.tcp_rmem'),
  entry(RANGE, { shape: 'range', min: 1024, max: 65_535, widthMin: 10_000 }),
  entry(RESERVED, { shape: 'ports' }),
]);

test('of keys, values and plans: every sentence', () => {
  const shapes: [AllowedValues, string][] = [
    [{ shape: 'integer', min: 0, max: 2 }, '3'],
    [{ shape: 'integer', min: 4096, max: 65_536, multipleOf: 4096 }, '5000'],
    [{ shape: 'range', min: 1024, max: 65_535, widthMin: 10_000 }, '1 2'],
    [{ shape: 'triple', min: 1, max: 9 }, '3 2 1'],
    [{ shape: 'ports' }, 'x'],
  ];
  const problems = shapes.map(([allowed, value]) => valueProblem(value, allowed) ?? '');
  const values = sentencesOf('src/core/values.ts', /\? undefined\s*:\s*(['`])(.*?)\1;|undefined \? (['`])(.*?)\3 :/gs);
  expect(unseen(values, problems)).toEqual([]);

  const keys = [
    [],
    [{ key: 'kernel.hostname', to: 'x' }],
    [{ key: 'net.ipv4.tcp_rmem', to: '1' }],
    [{ key: 'net.ipv4.tcp_tw_reuse', to: '3' }],
  ].map((entries) => evaluateKeys(policy, catalogue, entries).why);
  expect(unseen(sentencesOf('src/core/policy.ts', /return no\((['`])(.*?)\1\)/gs), keys)).toEqual([]);

  const context: PlanContext = {
    policy,
    inventory,
    catalogue,
    host: prod,
    subject: subject(),
    channel: 'C0ANY',
    nowMs: AT,
  };
  const now = {
    'net.ipv4.tcp_tw_reuse': '2',
    'net.ipv4.tcp_max_tw_buckets': '524288',
    [RANGE]: '32768 60999',
    [RESERVED]: '',
  };
  const planned = (wishes: { key: string; to: string }[], values = now as Record<string, string>, partly = false) => {
    const it = plan(wishes, values, context, { partly });
    return it.ok ? it.leftOut.map(({ why }) => why).join('; ') : it.why;
  };
  const ports = [
    { key: RANGE, to: '10240 65535' },
    { key: RESERVED, to: 'x' },
    { key: 'net.ipv4.tcp_tw_reuse', to: '1' },
  ];
  const long = Array.from({ length: 150 }, (_, at) => 1_025 + at * 2).join(',');
  const taken = plan([{ key: 'net.ipv4.tcp_max_tw_buckets', to: '5' }], now, context, {
    partly: false,
    before: new Map([['net.ipv4.tcp_max_tw_buckets', '5']]),
  });
  const plans = [
    planned([]),
    planned([{ key: 'net.ipv4.tcp_tw_reuse', to: '1' }], {}),
    planned([{ key: 'net.ipv4.tcp_tw_reuse', to: '2' }]),
    planned([{ key: 'net.ipv4.tcp_max_tw_buckets', to: '4096' }]),
    planned(ports, now, true),
    planned([{ key: RESERVED, to: long }]),
    taken.ok ? (taken.settings[0]?.requires?.[0] ?? '') : taken.why,
  ];
  const sentences = [
    ...sentencesOf('src/core/plan.ts', /why: (['`])((?:(?!\1).)*?)\1 ?[,}]/gs),
    ...sentencesOf('src/core/plan.ts', /return (['`])(.*?)\1;/gs),
    ...sentencesOf('src/core/plan.ts', /\?\? (['`])(.*?)\1 \}/gs),
  ];
  expect(sentences.length).toBeGreaterThan(4);
  expect(unseen(sentences, plans)).toEqual([]);
  golden('keys', [...problems.map((it) => `must be ${it}`), '', ...keys, '', ...plans]);
});

test('of the host’s gate: every code, as an answer to the request and as what is found later', () => {
  const lines = Object.keys(GATE_CODES).map((code) => {
    const after = (events: ChangeEvent[], asked: 'set' | 'step'): string => {
      const told = readReport({ fields: {}, end: code }, asked);
      if (told.status === 'unknown') return `asked again: ${told.failure}`;
      const now = change(...events);
      const last = replay([proposed, ...events, ...decide.settle(now, told.report, AT + 1)]);
      return last === undefined || last.state === now.state ? `stays ${now.state}` : `${last.state}: ${last.ending}`;
    };
    return `[${code}] to be applied: ${after(applying, 'set')}\n    in force: ${after(applied, 'step')}`;
  });
  golden('gate', lines);
});

test('of the database: every problem', () => {
  const samples = ['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_CORRUPT', 'SQLITE_READONLY', 'ECONNREFUSED'].map((code) =>
    storeFailure(Object.assign(new Error('x'), { code })),
  );
  // The other two have words of their own: who was first, and which change is open.
  const told = new Set<string>(['conflict', 'host-busy', ...samples.map(({ problem }) => problem)]);
  expect(STORE_PROBLEMS.filter((problem) => !told.has(problem))).toEqual([]);
  golden(
    'store',
    samples.map(({ problem, message }) => `[${problem}] ${asRead('store', message)}\n`),
  );
});

describe('of what stands around the state machine', () => {
  // Each is driven by a test of its own file; here nothing new is said unseen.
  const FILES = [
    'answers',
    'apply',
    'clicks',
    'drafts',
    'permission',
    'propose',
    'proposing',
    'record',
    'settle',
    'shown',
    'standpoint',
    'step-up',
  ];
  test('every sentence', () => {
    const lines = FILES.flatMap((name) => {
      const file = `src/app/change-${name}.ts`;
      const found = sentencesOf(
        file,
        /(?:\bno\(|\brefused?\(|why:|detail:|detail =|failure:|=> |\? |: |return )\s*(['`])((?:(?!\1)[^\n])*? (?:(?!\1)[^\n])*?)\1/g,
      );
      return found
        .filter((sentence) => /^(?:\$\{.*\}|\S+) \S+ \S/.test(sentence) && !sentence.startsWith('${why}'))
        .map((sentence) => `${name}: ${sentence.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')}`);
    });
    expect(lines.length).toBeGreaterThan(25);
    golden('around', lines);
  });
});
