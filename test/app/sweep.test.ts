/** Sweeps: scheduled from the store, alerting once per cause, over restarts and beside another process. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DueLoop } from '../../src/app/due.js';
import { Sweeps } from '../../src/app/sweep.js';
import { decodeRef } from '../../src/blocks/actions.js';
import type { Investigated } from '../../src/command.js';
import { mustSelect } from '../../src/core/policy.js';
import { emptyState, hostsOf, isOpen, observe, type Sweep, type SweepState } from '../../src/core/sweep.js';
import { parseSince, trendOf } from '../../src/core/trend.js';
import { loadRules } from '../../src/rules.js';
import { investigate, snapshotOf } from '../blocks/support/hosts.js';
import {
  aCaller,
  aHost,
  anInventory,
  buttonsOf,
  FakeChat,
  HandClock,
  keepingLog,
  settled,
  wordsOf,
} from '../support/bot-fakes.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';

const rules = await loadRules();
const sick = investigate(snapshotOf('p03-tw'));
const well = investigate(snapshotOf('c01'));
const sweep: Sweep = {
  name: 'web',
  hosts: 'web-*',
  selector: mustSelect('web-*'),
  everySeconds: 300,
  channel: 'C0INC',
  raiseAfter: 2,
  clearAfter: 2,
  thresholds: {},
};
const MINUTES_5 = 300_000;

const setUp = () => {
  const disk = memoryDisk();
  const store = memoryStore(disk);
  const clock = new HandClock();
  const chat = new FakeChat();
  const { log } = keepingLog();
  const how = new Map<string, 'sick' | 'well' | 'silent'>();
  let rounds = 0;
  const keptOpen = new Map<string, readonly string[]>();
  const hang = { on: false };
  let swept: readonly Sweep[] = [sweep];
  const inventory = anInventory(aHost('web-1'), aHost('web-2'));
  const make = () => {
    const sweeps = new Sweeps({
      store,
      chat,
      clock,
      log,
      rules,
      thresholds: () => ({}),
      inventory: () => inventory,
      sweeps: () => swept,
      actorOf: ({ teamId, userId }) => `${teamId}:${userId}`,
      investigations: {
        keepOpen: (who, hosts) =>
          void keptOpen.set(
            who,
            hosts.map(({ name }) => name),
          ),
      },
      fleets: {
        each: async (hosts, read) => {
          rounds++;
          if (hang.on) await new Promise<never>(() => undefined);
          return new Map(
            hosts.map((host) => {
              const is = how.get(host.name) ?? 'well';
              const { snapshot, diagnosis } = is === 'sick' ? sick : well;
              const investigated: Investigated =
                is === 'silent'
                  ? { status: 'failed', host, failure: { problem: 'refused', message: 'refused' } }
                  : { status: 'measured', id: 'm1', host, snapshot, diagnosis, transcript: '' };
              return [host.name, read(investigated)];
            }),
          );
        },
      },
    });
    return { sweeps, loop: new DueLoop({ store, clock, log, handlers: { sweep: (due) => sweeps.due(due) } }) };
  };
  const turn = async (...loops: DueLoop[]): Promise<void> => {
    await clock.advance(MINUTES_5);
    await Promise.all(loops.map((loop) => loop.turn()));
    await settled();
  };
  const sweepOnly = (sweeps: readonly Sweep[]): void => {
    swept = sweeps;
  };
  return { disk, store, clock, chat, how, make, turn, hang, keptOpen, sweepOnly, rounds: () => rounds };
};

describe('a sweep', () => {
  test('one alert for a cause on two hosts, raised after two rounds, cleared after two, said once each', async () => {
    const { make, turn, chat, how, store, clock } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'sick');
    how.set('web-2', 'sick');
    await turn(loop);
    expect(chat.of('post')).toHaveLength(0);
    await turn(loop);
    const posts = chat.of('post');
    const causes = posts.length;
    expect(causes).toBeGreaterThan(0);
    expect(posts[0]?.place).toEqual({ channel: 'C0INC' });
    expect(wordsOf(posts[0]?.message)).toMatch(/web-1 and web-2/);
    await turn(loop);
    await turn(loop);
    expect(chat.of('post')).toHaveLength(causes);
    expect((await store.samples.read('web-1', 0, clock.now() + 1)).length).toBe(4);
    how.clear();
    await turn(loop);
    expect(chat.of('post')).toHaveLength(causes);
    await turn(loop);
    // The message itself says so, and one line below it, for an edit notifies nobody.
    expect(chat.of('post')).toHaveLength(2 * causes);
    expect(wordsOf([...chat.standing().values()][0])).toMatch(/CLEARED/);
    expect(chat.of('post').at(-1)?.place.threadTs).toBeDefined();
  });

  test('a host that gives no answer neither clears nor raises a finding; its silence is a cause of its own', async () => {
    const { make, turn, chat, how } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'sick');
    await turn(loop);
    await turn(loop);
    const before = chat.of('post').length;
    how.set('web-1', 'silent');
    for (let round = 0; round < 4; round++) await turn(loop);
    const told = chat.of('post').map(({ message }) => message.text);
    expect(told.slice(before)).toHaveLength(1);
    expect(told.at(-1)).toMatch(/No answer on web-1/);
    expect(told.join()).not.toMatch(/CLEARED/);
  });

  test('over a restart nothing is said twice; of two processes one does each round', async () => {
    const { make, turn, chat, how, rounds } = setUp();
    const [one, other] = [make(), make()];
    await one.sweeps.start();
    await other.sweeps.start();
    how.set('web-1', 'sick');
    await turn(one.loop, other.loop);
    await turn(one.loop, other.loop);
    expect(rounds()).toBe(2);
    const told = chat.of('post').length;
    expect(told).toBeGreaterThan(0);
    const again = make();
    await again.sweeps.start();
    await turn(again.loop);
    await turn(again.loop);
    expect(chat.of('post')).toHaveLength(told);
    expect(rounds()).toBe(4);
  });

  test('Acknowledge says who; a second one that somebody was first; Silence keeps the next one from being told', async () => {
    const { make, turn, chat, how } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'sick');
    await turn(loop);
    await turn(loop);
    const alert = decodeRef(buttonsOf(chat.of('post')[0]?.message).get('sweep-acknowledge'))?.alert ?? '';
    const desk = sweeps.at(aCaller({ userId: 'U0ADA' }), () => true);
    expect(await desk.acknowledge(alert)).toBe('done');
    expect(await desk.acknowledge(alert)).toBe('already');
    expect(JSON.stringify([...chat.standing().values()][0])).toContain('U0ADA');
    expect(await sweeps.at(aCaller({ userId: 'U0EVE' }), () => false).acknowledge(alert)).toBe('gone');
    expect(await desk.silence(alert, 60)).toBe('done');
    expect(await desk.acknowledge('web/conntrack-full/1')).toBe('gone');
    expect((await desk.list())[0]?.open[0]).toMatchObject({ acknowledgedBy: 'U0ADA' });
    const cleared = chat.of('post').length;
    how.clear();
    await turn(loop);
    await turn(loop);
    how.set('web-1', 'sick');
    await turn(loop);
    await turn(loop);
    const after = chat.of('post').filter(({ place }) => place.threadTs === undefined).length;
    // Raised again within the hour: not told, for that cause.
    expect(after).toBeLessThanOrEqual(cleared + Math.max(0, cleared - 1));
    await expect(desk.acknowledge(alert)).resolves.toBe('gone');
  });
});

describe('a round', () => {
  test('that the end of the program cuts off is done again by the next one, once', async () => {
    const { make, clock, hang, how, rounds, sweepOnly, store } = setUp();
    sweepOnly([{ ...sweep, everySeconds: 86_400 }]);
    how.set('web-1', 'sick');
    const first = make();
    await first.sweeps.start();
    hang.on = true;
    await clock.advance(86_400_000);
    await first.loop.turn();
    expect(rounds()).toBe(1);
    hang.on = false;
    // The program is gone; another one starts, and takes the round up when the first could not be at it any more.
    const second = make();
    await second.sweeps.start();
    await second.loop.turn();
    expect(rounds()).toBe(1);
    await clock.advance(60_000);
    await second.loop.turn();
    await settled();
    expect(rounds()).toBe(2);
    expect((await store.samples.read('web-1', 0, clock.now() + 1)).length).toBe(1);
    await clock.advance(600_000);
    await second.loop.turn();
    expect(rounds()).toBe(2);
  });

  test('keeps a shell open on its hosts while it comes often, and lets go of them with the sweep', async () => {
    const { make, turn, keptOpen, sweepOnly } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    await turn(loop);
    expect(keptOpen.get('sweep web')).toEqual(['web-1', 'web-2']);
    sweepOnly([{ ...sweep, everySeconds: 600 }]);
    await sweeps.start();
    await turn(loop);
    await turn(loop);
    expect(keptOpen.get('sweep web')).toEqual([]);
    sweepOnly([sweep]);
    await sweeps.start();
    await turn(loop);
    expect(keptOpen.get('sweep web')).toEqual(['web-1', 'web-2']);
    sweepOnly([]);
    await sweeps.start();
    expect(keptOpen.get('sweep web')).toEqual([]);
  });
});

describe('an alert', () => {
  const raised = async () => {
    const all = setUp();
    const { sweeps, loop } = all.make();
    await sweeps.start();
    all.how.set('web-1', 'sick');
    return { ...all, sweeps, loop };
  };
  const alertOf = (message: unknown): string => decodeRef(buttonsOf(message).get('sweep-acknowledge'))?.alert ?? '';

  test('acknowledged and silenced are in the audit log, with who, and not when nothing was done', async () => {
    const { sweeps, loop, turn, chat, disk } = await raised();
    await turn(loop);
    await turn(loop);
    const alert = alertOf(chat.of('post')[0]?.message);
    const desk = sweeps.at(aCaller({ userId: 'U0ADA', channel: 'C0INC' }), () => true);
    await desk.acknowledge(alert);
    await desk.acknowledge(alert);
    await desk.silence(alert, 60);
    await desk.silence('web/no-such-rule/1', 60);
    const [, cause = ''] = alert.split('/');
    expect(disk.audit).toMatchObject([
      { kind: 'alert.acknowledged', actor: 'T1:U0ADA', channel: 'C0INC', host: 'web-1', data: { sweep: 'web', cause } },
      { kind: 'alert.silenced', actor: 'T1:U0ADA', data: { hosts: ['web-1'], what: 'silenced the alert for 60 min' } },
    ]);
  });

  test('is compared with the same hour yesterday, also after somebody acknowledged it', async () => {
    const { sweeps, loop, turn, chat, store, clock } = await raised();
    const dayAgo = clock.now() - 86_400_000;
    await store.samples.add(
      Array.from({ length: 10 }, (_, at) => ({
        host: 'web-1',
        atMs: dayAgo + at * 60_000,
        numbers: { TIME_WAIT: 40 + at },
        findings: [],
      })),
    );
    await turn(loop);
    await turn(loop);
    const posted = chat.of('post')[0]?.message;
    expect(wordsOf(posted)).toMatch(/Yesterday at this hour\s+web-1: TIME_WAIT 4\d/);
    await sweeps.at(aCaller(), () => true).acknowledge(alertOf(posted));
    const standing = wordsOf([...chat.standing().values()][0]);
    expect(standing).toMatch(/Acknowledged/);
    expect(standing).toMatch(/Yesterday at this hour/);
  });

  test('Measure now carries the alert, so that what is measured stands in its thread', async () => {
    const { loop, turn, chat } = await raised();
    await turn(loop);
    await turn(loop);
    const message = chat.of('post')[0]?.message;
    expect(decodeRef(buttonsOf(message).get('fleet'))).toMatchObject({ selector: 'web-1', alert: alertOf(message) });
  });
});

describe('hysteresis', () => {
  const limits = { raiseAfter: 2, clearAfter: 3 };
  const rounds = fc.array(fc.array(fc.constantFrom('sick', 'well', 'silent'), { minLength: 3, maxLength: 3 }), {
    maxLength: 60,
  });

  test('raised and cleared take turns; nothing is raised by fewer rounds, or cleared by silence', () => {
    fc.assert(
      fc.property(rounds, (all) => {
        let state: SweepState = emptyState;
        let open = false;
        all.forEach((hosts, at) => {
          const answered = new Map<string, string[]>();
          const silent: string[] = [];
          hosts.forEach((is, host) => {
            if (is === 'silent') silent.push(`h${host}`);
            else answered.set(`h${host}`, is === 'sick' ? ['full'] : []);
          });
          const next = observe(state, { atMs: at + 1, answered, silent }, limits);
          const mine = next.news.filter(({ cause }) => cause === 'full');
          expect(mine.length).toBeLessThanOrEqual(1);
          const [news] = mine;
          if (news?.kind === 'raised') {
            expect(open).toBe(false);
            open = true;
            const seen = hosts.some((is, host) => is === 'sick' && wasSick(all, at, host, 2));
            expect(seen).toBe(true);
          }
          if (news?.kind === 'cleared') {
            expect(open).toBe(true);
            open = false;
            expect(answered.size).toBeGreaterThan(0);
          }
          const alert = next.state.alerts['full'];
          expect(alert !== undefined && isOpen(alert)).toBe(open);
          state = next.state;
        });
      }),
    );
  });

  test('a finding that comes and goes every round is never told', () => {
    let state = emptyState;
    for (let at = 1; at < 20; at++) {
      const { state: next, news } = observe(
        state,
        { atMs: at, answered: new Map([['h', at % 2 === 0 ? ['full'] : []]]), silent: [] },
        limits,
      );
      expect(news).toEqual([]);
      state = next;
    }
    expect(state.alerts['full'] === undefined || hostsOf(state.alerts['full']).length === 0).toBe(true);
  });
});

/** The last `times` answers of a host, silence left out, are all sick. */
const wasSick = (all: readonly (readonly string[])[], at: number, host: number, times: number): boolean => {
  const answers = all
    .slice(0, at + 1)
    .map((round) => round[host])
    .filter((is) => is !== 'silent');
  return answers.length >= times && answers.slice(-times).every((is) => is === 'sick');
};

describe('a trend', () => {
  test('the worst of each part, the latest, and the same time yesterday', () => {
    const day = 86_400_000;
    const toMs = day * 10;
    const fromMs = toMs - 3_600_000;
    const samples = Array.from({ length: 60 }, (_, at) => ({
      atMs: fromMs + at * 60_000,
      numbers: { TIME_WAIT: at === 30 ? 9_000 : 100, ESTABLISHED: 50 },
      findings: at >= 30 ? ['conntrack-full'] : [],
    }));
    const yesterday = samples.map((it) => ({ ...it, atMs: it.atMs - day, numbers: { TIME_WAIT: 10 } }));
    const trend = trendOf(samples, yesterday, { fromMs, toMs });
    expect(trend.lines[0]).toMatchObject({ name: 'TIME_WAIT', most: 9_000, latest: 100, yesterday: 10 });
    expect(trend.lines[0]?.values[10]).toBe(9_000);
    expect(trend.findings).toMatchObject([{ id: 'conntrack-full', samples: 30 }]);
    expect(trendOf([], [], { fromMs, toMs })).toMatchObject({ samples: 0, lines: [] });
  });

  test('times as people type them', () => {
    expect(['30m', '1h', '2 d', '90s', '0h', '1y', '100d', '30s'].map(parseSince)).toEqual([
      1_800_000,
      3_600_000,
      172_800_000,
      90_000,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
