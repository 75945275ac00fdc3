/** Sweeps: scheduled from the store, alerting once per cause, over restarts and beside another process. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRef } from '../../src/blocks/actions.js';
import { sweepsMessage } from '../../src/blocks/sweep.js';
import { emptyState, hostsOf, isOpen, observe, type SweepState } from '../../src/core/sweep.js';
import { parseSince, trendOf } from '../../src/core/trend.js';
import { aCaller, buttonsOf, settled, wordsOf } from '../support/bot-fakes.js';
import { setUpSweeps as setUp, sweep } from '../support/sweep-world.js';

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

  test('that takes its time is not taken for one that was cut off, and not done again after it', async () => {
    const { make, clock, hang, rounds, sweepOnly } = setUp();
    sweepOnly([{ ...sweep, everySeconds: 86_400 }]);
    const { sweeps, loop } = make();
    await sweeps.start();
    hang.on = true;
    await clock.advance(86_400_000);
    await loop.turn();
    for (let minutes = 0; minutes < 3; minutes++) {
      await clock.advance(60_000);
      await loop.turn();
    }
    hang.release();
    await settled();
    await clock.advance(600_000);
    await loop.turn();
    expect(rounds()).toBe(1);
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

describe('a host that had no turn', () => {
  test('is not held to be silent: nobody is told of it, nothing is kept of it, and /sweeps says how many there were', async () => {
    const { make, turn, chat, how, lines, store, clock } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-2', 'not asked');
    for (let round = 0; round < 4; round++) await turn(loop);
    expect(chat.sent).toEqual([]);
    expect(await store.samples.read('web-2', 0, clock.now() + 1)).toEqual([]);
    const list = await sweeps.at(aCaller(), () => true).list();
    expect(list).toMatchObject([{ last: { answered: 1, asked: 1, notAsked: 1 } }]);
    expect(wordsOf(sweepsMessage(list, new Map()))).toMatch(
      /1 of 1 host answered\s*, 1 host had no turn: their alerts stand as they were/,
    );
    expect(lines.filter(({ what }) => /had no turn/.test(what))).toHaveLength(4);
  });

  test('keeps the alerts that it is in', async () => {
    const { make, turn, chat, how } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-2', 'sick');
    await turn(loop);
    await turn(loop);
    const before = chat.sent.length;
    how.set('web-2', 'not asked');
    for (let round = 0; round < 4; round++) await turn(loop);
    expect(chat.sent).toHaveLength(before);
    expect((await sweeps.at(aCaller(), () => true).list())[0]?.open[0]).toMatchObject({ hosts: ['web-2'] });
  });

  test('because its sweep names more than one sweep measures: said once in the log, and in /sweeps', async () => {
    const { make, turn, lines, register, store } = setUp();
    const { sweeps, loop } = make();
    const names = Array.from({ length: 2_003 }, (_, at) => `web-${at}`);
    // The test is about the others: 2,000 samples a round are kept elsewhere.
    store.samples.add = async () => undefined;
    register(...names);
    await sweeps.start();
    await turn(loop);
    await turn(loop);
    const said = () => lines.filter(({ what }) => /measures 2000 hosts at most/.test(what));
    expect(said()).toMatchObject([{ level: 'warn', fields: { detail: 'web', count: 3 } }]);
    const list = await sweeps.at(aCaller(), () => true).list();
    expect(list).toMatchObject([{ cut: { measured: 2_000, named: 2_003 }, last: { answered: 2_000, asked: 2_000 } }]);
    expect(wordsOf(sweepsMessage(list, new Map()))).toMatch(/only 2,000 of the 2,003 hosts that it names are measured/);
    register(...names.slice(0, 2_000));
    await turn(loop);
    expect((await sweeps.at(aCaller(), () => true).list())[0]?.cut).toBeUndefined();
    register(...names);
    await turn(loop);
    expect(said()).toHaveLength(2);
  });
});

describe('a stop', () => {
  test('during a round: what was given up is no answer of any host, and the round is done again', async () => {
    const { make, how, hang, clock, sweepOnly, store, rounds, disk } = setUp();
    sweepOnly([{ ...sweep, everySeconds: 86_400, raiseAfter: 1 }]);
    const first = make();
    await first.sweeps.start();
    how.set('web-1', 'stopped');
    // Whatever its connection made of the end.
    how.set('web-2', 'silent');
    hang.on = true;
    await clock.advance(86_400_000);
    await first.loop.turn();
    const stopping = first.sweeps.stop();
    hang.release();
    await stopping;
    hang.on = false;
    expect(disk.samples.size).toBe(0);
    expect([...disk.documents.values()].filter(({ kind }) => kind === 'sweep')).toEqual([]);
    how.clear();
    const second = make();
    await second.sweeps.start();
    await clock.advance(120_000);
    await second.loop.turn();
    await settled();
    expect(rounds()).toBe(2);
    expect((await store.samples.read('web-1', 0, clock.now() + 1)).map(({ findings }) => findings)).toEqual([[]]);
  });

  test('that nobody told the sweeps of: hosts that were given up are not held to be silent', async () => {
    const { make, turn, how, chat, disk } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    how.set('web-1', 'stopped');
    how.set('web-2', 'stopped');
    for (let round = 0; round < 4; round++) await turn(loop);
    expect(chat.sent).toEqual([]);
    expect(disk.samples.size).toBe(0);
  });
});

describe('thinning of samples', () => {
  test('is due also where no sweep is: watches keep samples too', async () => {
    const { make, sweepOnly, clock, store } = setUp();
    sweepOnly([]);
    const { sweeps, loop } = make();
    await sweeps.start();
    const old = { host: 'web-1', numbers: {}, findings: [] };
    await store.samples.add([{ ...old, atMs: clock.now() - 91 * 86_400_000 }]);
    await clock.advance(3_600_000);
    await loop.turn();
    await settled();
    expect(await store.samples.read('web-1', 0, clock.now())).toEqual([]);
    // And again in an hour.
    expect(await store.due.next()).toBe(clock.now() + 3_600_000);
  });

  test('stands beside a sweep of whatever name', async () => {
    const { make, sweepOnly, clock, store, rounds } = setUp();
    sweepOnly([{ ...sweep, name: 'thin', everySeconds: 3_600 }]);
    const { sweeps, loop } = make();
    await sweeps.start();
    let thinned = 0;
    store.samples.thin = async () => ++thinned;
    await clock.advance(3_600_000);
    await loop.turn();
    await settled();
    expect([rounds(), thinned]).toEqual([1, 1]);
  });

  test('keeps nothing else that is due waiting, is not begun twice, and ends with the program', async () => {
    const { make, clock, store } = setUp();
    const { sweeps, loop } = make();
    await sweeps.start();
    const asked: (AbortSignal | undefined)[] = [];
    store.samples.thin = (_nowMs, ended) => {
      asked.push(ended);
      return new Promise((resolve) => ended?.addEventListener('abort', () => resolve(0)));
    };
    await clock.advance(3_600_000);
    await loop.turn();
    await clock.advance(3_600_000);
    await loop.turn();
    expect(asked).toHaveLength(1);
    await sweeps.stop();
    expect(asked[0]?.aborted).toBe(true);
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
          const next = observe(state, { atMs: at + 1, answered, silent }, limits, new Set(['h0', 'h1', 'h2']));
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
        new Set(['h']),
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
    // In parts of five minutes up to the last sample.
    expect(trend.lines[0]?.values.map((value) => value ?? 0)).toEqual(
      Array.from({ length: 13 }, (_, at) => (at === 6 ? 9_000 : 100)),
    );
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
