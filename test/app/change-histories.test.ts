/**
 * Histories of a change in a hostile world, at random: people click twice and too late, requests are lost, late or cut off,
 * the bot dies between any two of its steps, the store fails under it, the host reboots, somebody else sets a value. Whatever
 * happens, what safety promises must hold; and the generator must really have been everywhere, or the run proves nothing.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GateDoor } from '../../src/app/change-gate.js';
import { ChangeLifecycle } from '../../src/app/change-lifecycle.js';
import { readPolicy } from '../../src/config/policy.js';
import { CHANGE_STATES, type ChangeState, isEnded } from '../../src/core/change.js';
import type { Diagnosis } from '../../src/core/finding.js';
import type { Inventory } from '../../src/core/inventory.js';
import type { Subject } from '../../src/core/policy.js';
import type { SysctlEntry } from '../../src/core/sysctl.js';
import type { Log } from '../../src/ports/log.js';
import { type Store, StoreFailure } from '../../src/ports/store.js';
import type { Transport } from '../../src/ports/transport.js';
import { FakeHost, type WireFault } from '../support/fake-gate.js';
import { aHost } from '../support/hosts.js';
import { type MemoryDisk, memoryDisk, memoryStore } from '../support/memory-store.js';

/** In CI many, from a seed that stays; elsewhere enough to meet every transition, each time from another. 100,000 by hand. */
const IN_CI = process.env['TCPSTATES_NOTHING_SKIPPED'] === '1';
const HISTORIES = Number(process.env['TCPSTATES_HISTORIES'] ?? (IN_CI ? 25_000 : 5_000));
const SEED = IN_CI ? { seed: 20_261_122 } : {};
const FLOOR = 100;

const REUSE = 'net.ipv4.tcp_tw_reuse';
const RANGE = 'net.ipv4.ip_local_port_range';
const DEFAULTS = { [REUSE]: '2', [RANGE]: '32768 60999' };
const WINDOW_SECONDS = 600;
const HOUR_MS = 3_600_000;

const web = aHost('web-1', {
  address: '10.0.0.1',
  hostKeys: { kind: 'pinned', keys: ['ssh-ed25519 AAAA'] },
  access: 'gate',
});
const inventory: Inventory = { hosts: new Map([[web.name, web]]), groups: new Map(), revision: '1' };
const policy = readPolicy(
  `people:
  ada: {slack: ["T0H:U0ADA", "T0X:U0ADA2"]}
  grace: {slack: ["T0H:U0GRACE"]}
  margaret: {slack: ["T0H:U0MARG"]}
roles:
  all: {people: [ada, grace, margaret]}
grants:
  - {hosts: "*", see: [everyone], propose: [all], approve: [all], confirm: [all], revert: [all], review: [all]}
keys:
  ${REUSE}: {}
  ${RANGE}: {approvals: 2}
breakGlass: {roles: [all], hosts: "*", confirmWindow: 10m}
`,
  'policy.yml',
);
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
  entry(REUSE, { shape: 'integer', min: 0, max: 2 }),
  entry(RANGE, { shape: 'range', min: 1_024, max: 65_535, widthMin: 10_000 }),
]);

const people: Record<string, Subject> = {
  ada: { account: 'T0H:U0ADA', userGroups: [], member: true },
  'ada, other account': { account: 'T0X:U0ADA2', userGroups: [], member: true },
  grace: { account: 'T0H:U0GRACE', userGroups: [], member: true },
  margaret: { account: 'T0H:U0MARG', userGroups: [], member: true },
  stranger: { account: 'T0H:U0WHO', userGroups: [], member: true },
  guest: { account: 'T0H:U0GRACE', userGroups: [], member: false },
};
type Name = keyof typeof people;

class Crash extends Error {}
const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silent,
};
/** Cheap, and as good for telling plans apart here; the chain itself is proved elsewhere. */
const cheapHash = (text: string): string => {
  let a = 0x811c9dc5;
  let b = 0x1000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 16_777_619);
    b = Math.imul(b + text.charCodeAt(i), 2_654_435_761);
  }
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
};

type Op =
  | { do: 'propose'; who: Name; keys: 'one' | 'two'; persistent: boolean }
  | { do: 'approve'; who: Name; digest: 'shown' | 'forged'; glass: boolean }
  | { do: 'deny' | 'confirm' | 'revert' | 'review'; who: Name }
  /** `down`: the bot does not run meanwhile */
  | { do: 'wait' | 'down'; ms: number }
  | { do: 'drift' }
  | { do: 'reboot' }
  | { do: 'race'; a: Name; b: Name };
interface Turn {
  op: Op;
  fault: WireFault;
  trouble: Trouble;
}
/** The bot dies at its nth call to the store or the host, or the store fails from its nth call on, for so many: not done, or done unheard. */
type Trouble = 'none' | { dieAt: number } | { failAt: number; calls: number; unheard: boolean };

const who = fc.constantFrom<Name>(
  'ada',
  'ada',
  'grace',
  'grace',
  'margaret',
  'ada, other account',
  'stranger',
  'guest',
);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('propose' as const),
      who,
      keys: fc.constantFrom('one' as const, 'one' as const, 'two' as const),
      persistent: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('approve' as const),
      who,
      digest: fc.constantFrom('shown' as const, 'shown' as const, 'shown' as const, 'forged' as const),
      glass: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revert' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('deny' as const, 'review' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('wait' as const, 'wait' as const, 'down' as const),
      ms: fc.constantFrom(1_000, 25_000, 125_000, 301_000, 700_000, 1_900_000, HOUR_MS),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Op>({ do: 'drift' }, { do: 'reboot' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('race' as const), a: who, b: who }) },
);
const fault: fc.Arbitrary<WireFault> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<WireFault>('none') },
  { weight: 1, arbitrary: fc.constantFrom<WireFault>('request lost', 'answer lost', 'answer cut off') },
  { weight: 1, arbitrary: fc.constantFrom(5_000, 19_000, 30_000, 400_000).map((lateMs) => ({ lateMs })) },
);
const turns = fc.array(
  fc.record<Turn>({
    op,
    fault,
    trouble: fc.oneof(
      { weight: 12, arbitrary: fc.constant<Trouble>('none') },
      { weight: 2, arbitrary: fc.record({ dieAt: fc.integer({ min: 1, max: 9 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          failAt: fc.integer({ min: 1, max: 7 }),
          calls: fc.constantFrom(1, 1, 3, 50),
          unheard: fc.boolean(),
        }),
      },
    ),
  }),
  { minLength: 4, maxLength: 14 },
);

class World {
  nowMs = Date.parse('2026-11-22T12:00:00Z');
  readonly disk: MemoryDisk = memoryDisk();
  readonly host = new FakeHost(() => this.nowMs, DEFAULTS);
  fault: WireFault = 'none';
  private callsLeft = Number.POSITIVE_INFINITY;
  private storeFails = { from: Number.POSITIVE_INFINITY, calls: 0, unheard: false };
  private ids = 0;
  /** what a line of audit must precede: requests that reached the wire, with the length of the log at that moment */
  readonly sent: { line: string; logged: number }[] = [];
  private bot = this.start();

  /** Lives or dies before and after each outside call; a store may also fail. */
  private mortal<T extends object>(target: T, isStore = false): T {
    return new Proxy(target, {
      get: (object, name, receiver) => {
        const value: unknown = Reflect.get(object, name, receiver);
        if (typeof value === 'object' && value !== null) return this.mortal(value, isStore);
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]) => {
          this.mayDie();
          const fails = isStore && this.storeFailsNow();
          if (fails && !this.storeFails.unheard) throw new StoreFailure('unavailable', 'the database does not answer');
          const result: unknown = await Reflect.apply(value, object, given);
          if (fails) throw new StoreFailure('unavailable', 'the database does not answer');
          this.mayDie();
          return result;
        };
      },
    });
  }
  private storeFailsNow(): boolean {
    return --this.storeFails.from <= 0 && --this.storeFails.calls >= 0;
  }
  private mayDie(): void {
    if (--this.callsLeft < 0) throw new Crash('the bot died');
  }

  private start(): ChangeLifecycle {
    const store: Store = this.mortal(memoryStore(this.disk, cheapHash), true);
    const wire: Pick<Transport, 'gate'> = {
      gate: async (_host, line) => {
        this.sent.push({ line, logged: this.disk.audit.length });
        const now = line.startsWith('version') && this.fault !== 'request lost' ? 'none' : this.fault;
        return this.host.send(line, now);
      },
    };
    return new ChangeLifecycle({
      store,
      gate: new GateDoor(this.mortal(wire) as Transport),
      clock: { now: () => this.nowMs, sleep: async () => undefined },
      ids: { next: () => `change${String(++this.ids).padStart(10, '0')}` },
      log: silent,
      hash: cheapHash,
      policy: () => policy,
      inventory: () => inventory,
      catalogue,
      diagnose: async () => ({ ok: true, diagnosis: this.diagnosis() }),
      verifyAfterSeconds: [30, 120, 300],
      moved: () => undefined,
      tell: async () => undefined,
    });
  }

  private diagnosis(): Diagnosis {
    const better = this.host.values.get(REUSE) === '1';
    return {
      host: 'web-1',
      measuredAt: '',
      intervalSeconds: 2,
      checked: [],
      notChecked: [],
      findings: [
        {
          id: 'f',
          status: better ? 'absent' : 'present',
          severity: 'crit',
          confidence: 'high',
          evidence: [],
          missing: [],
          causedBy: [],
          remedies: [],
          advice: [],
          avoid: [],
          steps: [],
        },
      ],
    };
  }

  async alive<T>(trouble: Trouble, act: (bot: ChangeLifecycle) => Promise<T>): Promise<T | undefined> {
    if (typeof trouble === 'object' && 'dieAt' in trouble) this.callsLeft = trouble.dieAt;
    if (typeof trouble === 'object' && 'failAt' in trouble)
      this.storeFails = { from: trouble.failAt, calls: trouble.calls, unheard: trouble.unheard };
    try {
      return await act(this.bot);
    } catch (error) {
      if (error instanceof StoreFailure) return undefined;
      if (!(error instanceof Crash)) throw error;
      this.bot = this.start();
      return undefined;
    } finally {
      this.callsLeft = Number.POSITIVE_INFINITY;
      this.storeFails = { from: Number.POSITIVE_INFINITY, calls: 0, unheard: false };
    }
  }

  /** All that is due now, by a bot that may die of it; what it then leaves is due again when its lease ran out. */
  async doDue(trouble: Trouble = 'none'): Promise<void> {
    this.host.tick();
    const store = memoryStore(this.disk, cheapHash);
    for (const due of await store.due.claim(this.nowMs, 60_000, 50)) {
      const done = await this.alive(trouble, async (bot) => {
        await bot.due(due);
        return true;
      });
      if (done === true) await store.due.done(due);
    }
  }

  async pass(ms: number, trouble: Trouble): Promise<void> {
    const until = this.nowMs + ms;
    while (this.nowMs < until) {
      const next = Math.min(
        until,
        ...[...this.disk.due.values()].map(({ atMs, leasedUntilMs }) =>
          Math.max(atMs, leasedUntilMs, this.nowMs + 1_000),
        ),
      );
      this.nowMs = next;
      this.checkWindows();
      await this.doDue(trouble);
    }
  }

  /** No value stays in force unconfirmed later than its window and two seconds. */
  checkWindows(): void {
    this.host.tick();
    for (const { state, deadlineSeconds } of this.host.records.values())
      if (state === 'applied' && this.host.uptimeSeconds > deadlineSeconds + 2)
        throw new Error('in force after its window, unconfirmed');
  }

  newest() {
    return [...this.disk.changes.values()].at(-1)?.change;
  }
}

const reached: Record<string, number> = {};
const count = (what: string): void => {
  reached[what] = (reached[what] ?? 0) + 1;
};

const play = async (world: World, { op, fault, trouble }: Turn): Promise<void> => {
  world.fault = fault;
  if (fault !== 'none') count(`wire: ${typeof fault === 'object' ? 'late' : fault}`);
  if (trouble !== 'none') count('dieAt' in trouble ? 'the bot dies' : 'the store fails');
  const change = world.newest();
  const asker = (name: Name) => ({ subject: people[name] as Subject, channel: 'C0INC' });
  const click = (act: (bot: ChangeLifecycle) => Promise<{ ok: boolean; refusal?: { code: string } }>) =>
    world.alive(trouble, async (bot) => {
      const result = await act(bot);
      if (!result.ok) count(`refused: ${result.refusal?.code}`);
      return result;
    });
  switch (op.do) {
    case 'propose': {
      const current = (key: string): string => world.host.values.get(key) ?? '';
      const entries = [
        { key: REUSE, from: current(REUSE), to: '1' },
        ...(op.keys === 'two' ? [{ key: RANGE, from: current(RANGE), to: '10240 65535' }] : []),
      ];
      await click((bot) =>
        bot.propose(asker(op.who), {
          host: web,
          entries,
          reason: 'ports run out',
          finding: { id: 'f' },
          confirmWindowSeconds: WINDOW_SECONDS,
          persistent: op.persistent,
        }),
      );
      break;
    }
    case 'approve':
      if (change !== undefined)
        await click((bot) =>
          bot.approve(
            asker(op.who),
            change.id,
            op.digest === 'shown' ? change.digest : 'forged',
            op.glass ? { reason: 'all is on fire' } : undefined,
          ),
        );
      break;
    case 'race':
      if (change !== undefined) {
        // A double click, and two people at once.
        await click(async (bot) => {
          const [first] = await Promise.all([
            bot.approve(asker(op.a), change.id, change.digest),
            bot.approve(asker(op.a), change.id, change.digest),
            bot.approve(asker(op.b), change.id, change.digest),
          ]);
          return first;
        });
      }
      break;
    case 'deny':
      if (change !== undefined) await click((bot) => bot.deny(asker(op.who), change.id, 'not now'));
      break;
    case 'confirm':
      if (change !== undefined) await click((bot) => bot.confirm(asker(op.who), change.id));
      break;
    case 'revert':
      if (change !== undefined) await click((bot) => bot.revert(asker(op.who), change.id, 'it got worse'));
      break;
    case 'review':
      if (change !== undefined) await click((bot) => bot.review(asker(op.who), change.id));
      break;
    case 'wait':
      await world.pass(op.ms, trouble);
      break;
    case 'down':
      world.nowMs += op.ms;
      count('down');
      break;
    case 'drift':
      world.host.values.set(REUSE, '0');
      count('drift');
      break;
    case 'reboot':
      world.host.reboot(DEFAULTS);
      count('reboot');
      break;
  }
  world.fault = 'none';
  world.checkWindows();
};

/** What must hold when all has come to rest. */
const verify = (world: World): void => {
  for (const { change, events } of world.disk.changes.values()) {
    const record = world.host.records.get(change.id);
    count(`end: ${change.state}`);
    for (const { type } of events) count(`event: ${type}`);
    if (!isEnded(change.state)) throw new Error(`${change.id} never came to an end: ${change.state}`);
    // Nobody's own request, nobody twice, and enough of them, before anything reached the host.
    if (record !== undefined) {
      const approvers = new Set(change.approvals.map(({ by }) => by.person));
      const glass = change.approvals.some(({ breakGlass }) => breakGlass !== undefined);
      if (approvers.size !== change.approvals.length) throw new Error('somebody counted twice');
      if (!glass && approvers.has(change.requester.person)) throw new Error('self-approval');
      if (!glass && approvers.size < change.approvalsNeeded) throw new Error('too few approvals');
      if ([...approvers].some((name) => !['ada', 'grace', 'margaret'].includes(name)))
        throw new Error('a stranger approved');
      if (!glass && change.plan.entries.length === 2 && approvers.size < 2)
        throw new Error('two keys with one approval');
    }
    const onHost = record?.state;
    const agree: Partial<Record<ChangeState, (string | undefined)[]>> = {
      confirmed: ['confirmed'],
      reverted: ['reverted'],
      'revert-failed': ['conflict', undefined],
      stale: [undefined],
      failed: [undefined],
      denied: [undefined],
      expired: [undefined],
    };
    if (!agree[change.state]?.includes(onHost))
      throw new Error(`${change.id} is ${change.state} here and ${onHost} on the host`);
    for (const verb of ['set', 'confirm', 'revert'] as const)
      if (world.host.effects.filter((effect) => effect.id === change.id && effect.verb === verb).length > 1)
        throw new Error(`${verb} had its effect twice`);
  }
  // No entry, no action: when a request went out, its intent stood in the log already.
  for (const { line, logged } of world.sent) {
    const [verb = '', id] = line.split(' ');
    const kind = { set: 'change.apply-intended', confirm: 'change.confirm-intended', revert: 'change.revert-intended' }[
      verb
    ];
    if (
      kind !== undefined &&
      !world.disk.audit.slice(0, logged).some((entry) => entry.change === id && entry.kind === kind)
    )
      throw new Error(`${verb} was sent before its entry`);
  }
};

describe('a change, whatever happens', () => {
  test(
    `keeps its promises in ${HISTORIES} histories`,
    async () => {
      await fc.assert(
        fc.asyncProperty(turns, async (history) => {
          const world = new World();
          for (const turn of history) await play(world, turn);
          // The bot lives on and the network heals: everything must come to its end by itself.
          await world.pass(2 * HOUR_MS, 'none');
          verify(world);
        }),
        { numRuns: HISTORIES, ...SEED },
      );
      const wanted = [
        ...CHANGE_STATES.filter(isEnded).map((state) => `end: ${state}`),
        ...[
          'approval-given',
          'apply-intended',
          'applied',
          'measured',
          'verified',
          'confirm-intended',
          'revert-intended',
          'step-refused',
          'withdrawn',
          'denied',
          'expired',
          'reviewed',
        ].map((type) => `event: ${type}`),
        ...[
          'own-request',
          'already-approved',
          'another-plan',
          'not-permitted',
          'wrong-state',
          'under-way',
          'expired',
          'not-break-glass',
        ].map((code) => `refused: ${code}`),
        ...[
          'wire: late',
          'wire: request lost',
          'wire: answer lost',
          'wire: answer cut off',
          'the bot dies',
          'the store fails',
          'down',
          'drift',
          'reboot',
        ],
      ];
      if (process.env['TCPSTATES_SHOW_COVERAGE'] !== undefined) console.log(reached);
      const floor = HISTORIES >= 100_000 ? FLOOR : 1;
      expect(
        wanted.filter((what) => (reached[what] ?? 0) < floor).map((what) => `${what}: ${reached[what] ?? 0}`),
      ).toEqual([]);
    },
    20 * 60_000,
  );
});
