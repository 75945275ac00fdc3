/** Many hosts ranked and compared: pure, so everything that must hold is tried on made-up fleets. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FleetMember, type MeasuredMember, viewFleet, worstFirst } from '../../src/core/fleet.js';
import { deviationsOf, distance, median, spreadOf, spreadsOf } from '../../src/core/fleet-distance.js';

const measured = (host: string, more: Partial<MeasuredMember> = {}): MeasuredMember => ({
  status: 'measured',
  host,
  groups: ['web'],
  measurement: `m-${host}`,
  measuredAt: '2026-11-22T12:01:07.000Z',
  tookMs: 2100,
  level: 'ok',
  clause: 'nothing wrong found',
  causes: [],
  effects: [],
  numbers: { ESTABLISHED: 100, TIME_WAIT: 200 },
  ...more,
});
const silent = (host: string, problem: string, groups = ['web']): FleetMember => ({
  status: 'failed',
  host,
  groups,
  problem,
  message: problem,
});

const numbers = fc.dictionary(fc.constantFrom('TIME_WAIT', 'ESTABLISHED', 'conntrack use %'), fc.nat(100_000));
const members: fc.Arbitrary<FleetMember[]> = fc
  .array(
    fc.record({
      fails: fc.boolean(),
      level: fc.constantFrom('crit', 'warn', 'unjudged', 'ok'),
      group: fc.constantFrom('web', 'db'),
      problem: fc.constantFrom('refused', 'connect-timed-out'),
      numbers,
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map((it, at) =>
      it.fails
        ? silent(`h${at}`, it.problem, [it.group])
        : measured(`h${at}`, {
            level: it.level,
            groups: [it.group],
            numbers: it.numbers,
            causes: it.level === 'crit' ? ['conntrack-full'] : [],
          }),
    ),
  );

test('what is nothing wrong and worth a line is told once, with its hosts, the most common first', () => {
  const view = viewFleet([
    measured('web-3', { notes: ['time-wait-harmless'] }),
    measured('web-1', {
      notes: ['syn-flood-absorbed', 'time-wait-harmless'],
      level: 'crit',
      causes: ['conntrack-full'],
    }),
    measured('web-2'),
    silent('web-4', 'refused'),
  ]);
  expect(view.notes).toEqual([
    { id: 'time-wait-harmless', hosts: ['web-1', 'web-3'] },
    { id: 'syn-flood-absorbed', hosts: ['web-1'] },
  ]);
});

describe('the spread of a group', () => {
  test('median of none, odd and even', () => {
    expect(median([])).toBeNaN();
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('fewer than half of the hosts, however far, do not hide one another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 40 }),
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 100_000, max: 1e9 }),
        (size, usual, far) => {
          const odd = Math.floor((size - 1) / 2);
          const values = [...Array<number>(size - odd).fill(usual), ...Array<number>(odd).fill(far)];
          const spread = spreadOf(values);
          expect(spread.median).toBe(usual);
          if (odd > 0) expect(distance(far, spread)).toBeGreaterThan(6);
          expect(Math.abs(distance(usual, spread))).toBeLessThan(1);
        },
      ),
    );
  });

  test('a handful more than hosts that all agree is nobody’s outlier', () => {
    const spreads = spreadsOf([...Array<Record<string, number>>(9).fill({ CLOSE_WAIT: 0 }), { CLOSE_WAIT: 12 }]);
    expect(deviationsOf({ CLOSE_WAIT: 12 }, spreads)).toEqual([]);
    expect(deviationsOf({ CLOSE_WAIT: 400 }, spreads)).toMatchObject([{ name: 'CLOSE_WAIT', median: 0 }]);
  });

  test('less is odd where it tells of less traffic, and no trouble anywhere else', () => {
    const usual = { ESTABLISHED: 900, TIME_WAIT: 1_499, CLOSE_WAIT: 400, SYN_SENT: 300, 'conntrack drops /s': 532 };
    const spreads = spreadsOf(
      Array<Record<string, number>>(5).fill({ ...usual, 'resent /s': 80, 'conntrack use %': 99 }),
    );
    const calm = { CLOSE_WAIT: 0, SYN_SENT: 0, 'conntrack drops /s': 0, 'resent /s': 0, 'conntrack use %': 1 };
    expect(deviationsOf({ ...usual, ...calm }, spreads)).toEqual([]);
    // Out of the balancer, perhaps.
    const idle = deviationsOf({ ...usual, ESTABLISHED: 2, TIME_WAIT: 0 }, spreads).map(({ name }) => name);
    expect(idle.sort()).toEqual(['ESTABLISHED', 'TIME_WAIT']);
    expect(deviationsOf({ 'conntrack drops /s': 5_000 }, spreads)).toMatchObject([{ name: 'conntrack drops /s' }]);
  });

  test('what a host did not tell is not compared, and three hosts are no group', () => {
    expect(spreadsOf([{ a: 1 }, { a: 1 }, { a: 9_999 }]).size).toBe(0);
    expect(deviationsOf({}, spreadsOf(Array<Record<string, number>>(5).fill({ a: 1 })))).toEqual([]);
  });
});

describe('a fleet', () => {
  test('every host stands in exactly one place, whatever the order', () => {
    fc.assert(
      fc.property(members, (all) => {
        const view = viewFleet(all);
        const places = [
          ...view.rows.map(({ member }) => member.host),
          ...view.healthy.map(({ host }) => host),
          ...view.silent.flatMap((group) => group.members.map(({ host }) => host)),
        ];
        expect(places.sort()).toEqual(all.map(({ host }) => host).sort());
        expect(view.answered).toBe(all.filter(({ status }) => status === 'measured').length);
        expect(viewFleet([...all].reverse())).toEqual(view);
      }),
    );
  });

  test('worst first; a host that is neither healthy nor judged is never folded with the healthy', () => {
    fc.assert(
      fc.property(members, (all) => {
        const view = viewFleet(all);
        const rank = { crit: 0, warn: 1, unjudged: 2, ok: 3 };
        const ranks = view.rows.map(({ member }) => rank[member.level]);
        expect(ranks).toEqual([...ranks].sort());
        expect(view.healthy.every(({ level }) => level === 'ok')).toBe(true);
        for (const { state, sum } of view.totals)
          expect(sum).toBe(
            all.reduce((total, member) => total + (member.status === 'measured' ? (member.numbers[state] ?? 0) : 0), 0),
          );
      }),
    );
  });

  test('of equals the one that stands furthest from its group comes first', () => {
    const view = viewFleet([
      ...Array.from({ length: 8 }, (_, at) => measured(`web-${at}`)),
      measured('web-far', { numbers: { ESTABLISHED: 100, TIME_WAIT: 30_000 } }),
      measured('web-further', { numbers: { ESTABLISHED: 100, TIME_WAIT: 60_000 } }),
    ]);
    expect(view.rows.map(({ member }) => member.host)).toEqual(['web-further', 'web-far']);
    expect(view.rows[0]?.comparedWith).toEqual({ name: '@web', hosts: 10 });
    expect(view.healthy).toHaveLength(8);
  });

  test('where most of a group are unlike it, there is no group to be unlike', () => {
    // Each far away in a number of its own.
    const apart = Array.from({ length: 9 }, (_, at) =>
      measured(`h${at}`, {
        numbers: Object.fromEntries(Array.from({ length: 9 }, (__, n) => [`n${n}`, n === at ? 5_000 : 0])),
      }),
    );
    expect(viewFleet(apart)).toMatchObject({ rows: [], compared: false, answered: 9 });
    const alike = apart.slice(4).map((member) => ({ ...member, numbers: { n0: 0, n1: 0, n2: 0, n3: 0 } }));
    expect(viewFleet([...apart.slice(0, 4), ...alike])).toMatchObject({ rows: { length: 4 }, compared: true });
  });

  test('causes and hosts have one order: severity, then the rules’ own, then the distance', () => {
    const sick = (host: string, level: 'crit' | 'warn', cause: string, waiting: number) =>
      measured(host, { level, causes: [cause], numbers: { ESTABLISHED: 100, TIME_WAIT: waiting } });
    const all = [
      sick('api-1', 'crit', 'close-wait-leak', 200),
      sick('app-1', 'crit', 'close-wait-leak', 30_000),
      sick('proxy-1', 'crit', 'ephemeral-exhaustion-tw', 60_000),
      sick('queue-1', 'warn', 'fin-wait2-pile', 200),
      sick('web-1', 'crit', 'conntrack-full', 200),
      ...Array.from({ length: 8 }, (_, at) => measured(`zz-${at}`)),
    ];
    const rules = ['conntrack-full', 'fin-wait2-pile', 'close-wait-leak', 'ephemeral-exhaustion-tw'];
    const { causes, rows } = worstFirst(viewFleet(all), (id) => rules.indexOf(id));
    expect(causes.map(({ id }) => id)).toEqual([
      'conntrack-full',
      'close-wait-leak',
      'ephemeral-exhaustion-tw',
      'fin-wait2-pile',
    ]);
    expect(rows.map(({ member }) => member.host)).toEqual(['web-1', 'app-1', 'api-1', 'proxy-1', 'queue-1']);
  });

  test('a host is compared with the smallest group that is large enough', () => {
    const web = Array.from({ length: 5 }, (_, at) => measured(`web-${at}`, { groups: ['all', 'web'] }));
    const db = Array.from({ length: 5 }, (_, at) =>
      measured(`db-${at}`, { groups: ['all', 'db'], numbers: { ESTABLISHED: 9_000, TIME_WAIT: 0 } }),
    );
    // Beside all ten the databases would stand apart; beside each other they don't.
    expect(viewFleet([...web, ...db]).rows).toEqual([]);
  });

  test('a cause names the hosts where the bot can set what would cure it, and those keys', () => {
    const sick = { level: 'warn', causes: ['tw-bucket-overflow', 'last-ack-stuck'] } as const;
    const { causes } = viewFleet([
      measured('web-3', { ...sick, settable: { 'tw-bucket-overflow': ['b'] } }),
      measured('web-1', { ...sick, settable: { 'tw-bucket-overflow': ['a', 'b'] } }),
      measured('web-2', sick),
    ]);
    expect(causes).toEqual([
      {
        id: 'last-ack-stuck',
        level: 'warn',
        hosts: ['web-1', 'web-2', 'web-3'],
        settable: { hosts: [], keys: [] },
      },
      {
        id: 'tw-bucket-overflow',
        level: 'warn',
        hosts: ['web-1', 'web-2', 'web-3'],
        settable: { hosts: ['web-1', 'web-3'], keys: ['b', 'a'] },
      },
    ]);
  });

  test('silent beside neighbours whose connection-tracking table is full: told, for the causes that can hide it', () => {
    const full = measured('web-1', { level: 'crit', causes: ['conntrack-full'] });
    const view = viewFleet([
      full,
      measured('web-2'),
      silent('web-3', 'connect-timed-out'),
      silent('web-4', 'refused'),
      silent('db-1', 'connect-timed-out', ['db']),
    ]);
    const timedOut = view.silent.find(({ problem }) => problem === 'connect-timed-out');
    expect(timedOut?.besideFull).toEqual(['web-1']);
    // A full table drops packets: nothing refuses.
    expect(view.silent.find(({ problem }) => problem === 'refused')?.besideFull).toEqual([]);
    expect(viewFleet([full, silent('db-1', 'connect-timed-out', ['db'])]).silent[0]?.besideFull).toEqual([]);
  });
});
