/** Many hosts of which some are in every kind of trouble: the answer comes in its time, names each, and the rest are right. */
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { makeFleetDesk, selectHosts } from '../../src/app/desk-fleet.js';
import { Fleets } from '../../src/app/fleet.js';
import { Places } from '../../src/app/fleet-places.js';
import { runFleet, wallClockMs } from '../../src/app/fleet-run.js';
import { Investigations } from '../../src/app/investigate.js';
import type { FleetProgress } from '../../src/blocks/fleet-progress.js';
import { systemClock } from '../../src/bot.js';
import type { Investigated } from '../../src/command.js';
import { viewFleet } from '../../src/core/fleet.js';
import type { Host } from '../../src/core/inventory.js';
import { parseSelector, resolveSelector } from '../../src/core/selector.js';
import { parseTranscript } from '../../src/core/transcript.js';
import type { Answer, TransportProblem } from '../../src/ports/transport.js';
import { loadRules } from '../../src/rules.js';
import {
  aHost,
  anInventory,
  countingIds,
  FakeTransport,
  HandClock,
  keepingLog,
  said,
  settled,
} from '../support/bot-fakes.js';
import { recorded } from '../support/bot-workspace.js';

// A hundred transcripts are read and judged: seconds where the machine is busy.
jest.setTimeout(60_000);
const rules = await loadRules();
const text = recorded('c01');
const script = { id: 'state' as const, text: '', closingLine: '@@end', expectedMs: 10 };
const failing = (problem: TransportProblem): Answer => ({ status: 'failed', failure: { problem, message: problem } });

/** every tenth host is in trouble, by turns */
const trouble = ['frozen', 'refused', 'host-key-changed', 'dropped'] as const;
const troubleOf = (at: number): (typeof trouble)[number] | undefined =>
  at % 10 === 3 ? trouble[Math.floor(at / 10) % 4] : undefined;

const setUp = (count: number) => {
  const hosts = Array.from({ length: count }, (_, at) =>
    aHost(`web-${at}`, {
      groups: ['web'],
      limits: { connectTimeoutMs: 200, totalTimeoutMs: 400, outputBytesMax: 1_000_000 },
    }),
  );
  const transport = new FakeTransport();
  let atOnce = 0;
  let most = 0;
  transport.answer = async (host: Host, _script, options) => {
    most = Math.max(most, ++atOnce);
    try {
      const kind = troubleOf(Number(host.name.slice(4)));
      if (kind === 'frozen') {
        // Hangs until its limit, as the transport's own clock ends it.
        await systemClock.sleep(host.limits.totalTimeoutMs, options?.signal);
        return failing('wall-clock');
      }
      await systemClock.sleep(5);
      return kind === undefined ? said(text) : failing(kind);
    } finally {
      atOnce -= 1;
    }
  };
  const investigations = new Investigations({
    transport,
    clock: systemClock,
    ids: countingIds(),
    log: keepingLog().log,
    rules,
    scripts: { state: () => script, sysctl: () => ({ ...script, id: 'sysctl' }) },
    parse: { state: parseTranscript, sysctl: () => ({ values: {} }) },
  });
  const fleets = new Fleets({ investigations, clock: systemClock, ids: countingIds(), rules, hostsAtOnce: 32 });
  return { hosts, fleets, most: () => most };
};

describe('a tenth of 100 hosts in trouble', () => {
  test('each is named with its cause, all others are right, never more at once than allowed', async () => {
    const { hosts, fleets, most } = setUp(100);
    const fleet = await fleets.measure('f1', hosts, (host) => host.groups);
    expect(fleet.overTime).toBe(false);
    expect(fleet.tookMs).toBeLessThan(wallClockMs(hosts, 32));
    expect(most()).toBeLessThanOrEqual(32);
    const view = viewFleet(fleet.members);
    expect(view.asked).toBe(100);
    expect(view.answered).toBe(90);
    for (const kind of trouble) {
      const expected = hosts
        .map(({ name }) => name)
        .filter((_, at) => troubleOf(at) === kind)
        .sort();
      const problem = kind === 'frozen' ? 'wall-clock' : kind;
      expect(view.silent.find((group) => group.problem === problem)?.members.map(({ host }) => host)).toEqual(expected);
    }
    const [one] = fleet.members.filter(({ status }) => status === 'measured');
    for (const member of fleet.members)
      if (member.status === 'measured' && one?.status === 'measured') {
        expect(member.numbers).toEqual(one.numbers);
        expect(member.causes).toEqual(one.causes);
      }
    expect(fleets.ofId('f1')).toBe(fleet);
  });

  test('stopped in the middle: says by whom, keeps what is there, names what was not asked', async () => {
    const { hosts, fleets } = setUp(100);
    const going = fleets.measure('f1', hosts, (host) => host.groups);
    await systemClock.sleep(30);
    expect(fleets.stop('f1', 'UADA')).toBe(true);
    const fleet = await going;
    expect(fleet.stoppedBy).toBe('UADA');
    expect(fleet.members).toHaveLength(100);
    expect(fleet.members.some((member) => member.status === 'failed' && member.problem === 'not-asked')).toBe(true);
    expect(fleets.stop('f1', 'UADA')).toBe(false);
  });
});

describe('a run', () => {
  test('what is under way when it ends is given up at the hosts too', async () => {
    const hosts = [aHost('quick'), aHost('frozen')];
    const stop = new AbortController();
    const given: string[] = [];
    const outcome = await runFleet({
      hosts,
      ask: (host, ended) =>
        new Promise<string>((resolve) => {
          if (host.name === 'quick') {
            resolve('there');
            setImmediate(() => stop.abort());
          } else
            ended.addEventListener('abort', () => {
              given.push(host.name);
              resolve('given up');
            });
        }),
      problemOf: () => undefined,
      asker: 'person',
      places: new Places(2),
      clock: systemClock,
      stop: stop.signal,
    });
    expect(given).toEqual(['frozen']);
    expect([...outcome.answers]).toEqual([['quick', 'there']]);
    expect(outcome.unanswered.map(({ name }) => name)).toEqual(['frozen']);
  });

  test('ends at its wall clock when hosts hang that nobody else ends, and frees nobody’s place twice', async () => {
    const hosts = ['a', 'b', 'c'].map((name) =>
      aHost(name, { limits: { connectTimeoutMs: 1, totalTimeoutMs: 1, outputBytesMax: 1 } }),
    );
    let nowMs = 0;
    const places = new Places(2);
    const told: FleetProgress[] = [];
    const outcome = await runFleet({
      hosts,
      ask: (host) => (host.name === 'a' ? new Promise<string>(() => undefined) : Promise.resolve(host.name)),
      problemOf: () => undefined,
      asker: 'person',
      places,
      // Time runs, a thousand times as fast.
      clock: {
        now: () => nowMs,
        sleep: async (ms, signal) => {
          await systemClock.sleep(ms / 1_000, signal);
          nowMs = Math.max(nowMs, ms);
        },
      },
      stop: new AbortController().signal,
      onProgress: (progress) => told.push(progress),
    });
    expect(outcome.overTime).toBe(true);
    expect([...outcome.answers.keys()].sort()).toEqual(['b', 'c']);
    expect(outcome.unanswered.map(({ name }) => name)).toEqual(['a']);
    expect(told[0]).toMatchObject({ asked: 3, answered: 2, waiting: [{ host: 'a' }] });
  });
});

describe('a large sweep', () => {
  /** Hosts that answer when they are told to: all that were asked so far. */
  const setUpHeld = (hostsAtOnce: number) => {
    const clock = new HandClock();
    const asked: string[] = [];
    const held: (() => void)[] = [];
    const fleets = new Fleets({
      investigations: {
        investigate: (host: Host) =>
          new Promise<Investigated>((resolve) => {
            asked.push(host.name);
            held.push(() => resolve({ status: 'failed', host, failure: { problem: 'refused', message: 'no' } }));
          }),
      } as unknown as Investigations,
      clock,
      ids: countingIds(),
      rules,
      hostsAtOnce,
    });
    const answerAll = async (): Promise<void> => {
      for (const answer of held.splice(0)) answer();
      await settled();
    };
    return { clock, asked, fleets, answerAll };
  };
  const some = (name: string, count: number) => Array.from({ length: count }, (_, at) => aHost(`${name}-${at}`));

  test('keeps no place from people, nor from a small sweep that comes after it', async () => {
    const { asked, fleets, answerAll } = setUpHeld(16);
    const large = fleets.each(some('big', 100), () => 'read');
    await settled();
    // Its hosts may hang for as long as they may take: a few places are left to people.
    expect(asked).toHaveLength(14);
    const person = fleets.measure('f1', some('db', 5), () => []);
    const small = fleets.each(some('web', 10), () => 'read');
    await settled();
    expect(asked.slice(14)).toEqual(['db-0', 'db-1']);
    await answerAll();
    expect(asked.slice(16, 29)).toEqual(['db-2', 'db-3', 'db-4', ...some('web', 10).map(({ name }) => name)]);
    await answerAll();
    expect((await person).members.map((member) => member.status === 'failed' && member.problem)).toEqual(
      Array.from({ length: 5 }, () => 'refused'),
    );
    expect((await small).size).toBe(10);
    while (asked.length < 115) await answerAll();
    await answerAll();
    expect((await large).size).toBe(100);
  });

  test('another of its size waits for its turn, and its wall clock with it', async () => {
    const { clock, fleets, answerAll } = setUpHeld(2);
    const runs = [some('one', 8), some('other', 8)].map((hosts) => fleets.each(hosts, () => 'read'));
    // Both one after the other take longer than one may, and neither takes longer than that.
    const turnMs = 7_000;
    expect([4 * turnMs, 8 * turnMs].map((ms) => ms > wallClockMs(some('one', 8), 2))).toEqual([false, true]);
    for (let turn = 0; turn < 8; turn++) {
      await settled();
      await clock.advance(turnMs);
      await answerAll();
    }
    expect((await Promise.all(runs)).map(({ size }) => size)).toEqual([8, 8]);
  });

  test('says nothing of hosts that had no turn when its time is over, and frees the way for who waits', async () => {
    const { clock, fleets, answerAll, asked } = setUpHeld(2);
    const hosts = some('big', 6);
    const large = fleets.each(hosts, ({ host }) => host.name);
    await settled();
    await answerAll();
    await clock.advance(wallClockMs(hosts, 2));
    expect([...(await large).keys()]).toEqual(['big-0', 'big-1']);
    expect(asked).toHaveLength(4);
    const after = fleets.each(some('web', 1), () => 1);
    await answerAll();
    await answerAll();
    expect((await after).size).toBe(1);
  });
});

describe('hosts by what was typed', () => {
  const inventory = anInventory(
    aHost('web-1', { groups: ['web'] }),
    aHost('web-2', { groups: ['web'] }),
    aHost('secret-1', { groups: ['web'] }),
  );
  const groups = { ...inventory, groups: new Map([['web', ['web-1', 'web-2', 'secret-1']]]) };
  const sees = (host: Host): boolean => !host.name.startsWith('secret');

  test('what is left out is counted, by “!” and by policy; a hidden name is treated as unknown', () => {
    expect(selectHosts('@web,!web-2', groups, sees)).toMatchObject({
      hosts: [{ name: 'web-1' }],
      leftOut: { excluded: 1, hidden: 1, unknown: [] },
    });
    expect(selectHosts('@web,!wbe-2,!secret-1', groups, sees)).toMatchObject({
      hosts: [{ name: 'web-1' }, { name: 'web-2' }],
      leftOut: { excluded: 0, hidden: 1, unknown: ['!wbe-2', '!secret-1'] },
    });
    expect(selectHosts('web-1,secret-1', groups, sees)).toMatchObject({
      hosts: [{ name: 'web-1' }],
      leftOut: { hidden: 0, unknown: ['secret-1'] },
    });
    expect(selectHosts('secret-1', groups, sees)).toMatchObject({ ok: false, term: 'secret-1' });
  });

  test('whatever is typed: what the caller may see of it, in no other way than if nothing else were registered', () => {
    const terms = [
      'web-1',
      'web-2',
      'secret-1',
      'web-*',
      '*-1',
      '@web',
      '@all',
      'nothing',
      '!web-2',
      '!@web',
      '!secret-1',
      '!wbe-2',
      '@nothing',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...terms), { minLength: 1, maxLength: 4 }), (some) => {
        const text = some.join(',');
        const parsed = parseSelector(text);
        const selection = selectHosts(text, groups, sees);
        if (!parsed.ok) return expect(selection.ok).toBe(false);
        const visible = [...groups.hosts.values()].filter(sees);
        const alone = { ...groups, hosts: new Map(visible.map((host) => [host.name, host])) };
        const { hosts, unknown, idle } = resolveSelector(parsed.selector, alone);
        if (!selection.ok) {
          expect([hosts.length, unknown.length > 0]).toEqual([0, true]);
          if ('nearest' in selection) expect(selection.nearest.join()).not.toContain('secret');
          return;
        }
        expect(selection.hosts.map(({ name }) => name).sort()).toEqual(hosts.map(({ name }) => name).sort());
        expect(selection.leftOut.unknown).toEqual([...unknown, ...idle]);
      }),
    );
  });

  test('an answer that is kept shows nobody what they may not see, and can’t be stopped by them', async () => {
    const { fleets } = setUp(0);
    await fleets.measure('f1', [aHost('secret-1')], () => []);
    const desk = makeFleetDesk({ fleets, inventory: () => groups, maySee: sees, userId: 'U1' });
    expect(desk.kept('f1')?.members).toEqual([]);
    expect(desk.stop('f1')).toBe(false);
  });
});
