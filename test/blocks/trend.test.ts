/** The course of numbers: drawn where something was measured, with its age, by what the findings are measured. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { trendMessage } from '../../src/blocks/trend.js';
import { partLabels } from '../../src/blocks/trend-chart.js';
import { trendManyMessage } from '../../src/blocks/trend-many.js';
import { type TrendSample, timesIn, trendOf } from '../../src/core/trend.js';
import { frameOf } from '../../src/core/trend-frame.js';
import type { HostTrend } from '../../src/core/trend-many.js';
import { complaints, expectGolden } from './support/golden.js';
import { rules } from './support/hosts.js';
import { readMessage } from './support/reading.js';

const nowMs = Date.UTC(2026, 10, 22, 12);
const hour = { fromMs: nowMs - 3_600_000, toMs: nowMs };
const host = { name: 'web-1' };

/** Every five minutes for an hour, as a sweep does. */
const swept = (numbersAt: (at: number) => Record<string, number>, found: (at: number) => string[] = () => []) =>
  Array.from(
    { length: 12 },
    (_, at): TrendSample => ({
      atMs: hour.fromMs + 60_000 + at * 300_000,
      numbers: numbersAt(at),
      findings: found(at),
    }),
  );
/** The looks of a 2-minute watch that ended ten minutes ago. */
const watched = (numbers: Record<string, number>): readonly TrendSample[] =>
  Array.from({ length: 8 }, (_, at) => ({
    atMs: nowMs - 720_000 + at * 15_200,
    numbers,
    findings: ['conntrack-full'],
  }));
const full = { TIME_WAIT: 18_888, LISTEN: 5, ESTABLISHED: 1, 'conntrack use %': 100, 'conntrack drops /s': 212 };
const by = ['conntrack use %', 'conntrack drops /s'];

const single = (samples: readonly TrendSample[], more: Partial<Parameters<typeof trendMessage>[0]> = {}) =>
  trendMessage({
    host,
    trend: trendOf(samples, [], hour, { first: more.by ?? [] }),
    rules,
    canWatch: true,
    ...more,
  });
const many = (hosts: Readonly<Record<string, readonly TrendSample[]>>, byHost: Record<string, string[]> = {}) => {
  const frame = frameOf(Object.values(hosts).map((samples) => timesIn(samples, hour)));
  return Object.entries(hosts).map(
    ([name, samples]): HostTrend => ({
      host: name,
      trend: trendOf(samples, [], hour, { all: true, ...(frame === undefined ? {} : { frame }) }),
      by: byHost[name] ?? [],
    }),
  );
};
const chartsOf = (message: { blocks: readonly object[] }) =>
  message.blocks.flatMap((block) =>
    'chart' in block ? [block.chart as { series: { name: string; data: { label: string; value: number }[] }[] }] : [],
  );

describe('the course of one host', () => {
  const samples = swept(
    (at) => ({ TIME_WAIT: 200 + at * 1_500, ESTABLISHED: 80, 'conntrack use %': at * 8 }),
    (at) => (at > 9 ? ['conntrack-full'] : []),
  );

  test('of an hour, beside yesterday', () => {
    const yesterday = samples.map((it) => ({ ...it, atMs: it.atMs - 86_400_000, numbers: { TIME_WAIT: 210 } }));
    expectGolden('fleet/trend', single(samples, { trend: trendOf(samples, yesterday, hour) }));
    expectGolden('fleet/trend-late', single(samples.slice(-3)));
  });

  test('of a watch that is over: nothing is drawn that was not measured, and the age of the last number is told', () => {
    const message = single(watched(full), { by });
    expectGolden('fleet/trend-watched', message);
    const words = readMessage(message);
    expect(words).toMatch(/8 samples in 1 min 46 s/);
    expect(words).toContain('conntrack use % 100 (10 min ago), unchanged');
    for (const { series } of chartsOf(message)) {
      expect(series[0]?.data.map(({ label }) => label)).toEqual([
        '-1 min 45 s',
        '-1 min 30 s',
        '-1 min 15 s',
        '-1 min',
        '-45 s',
        '-30 s',
        '-15 s',
        'last',
      ]);
    }
  });

  test('what its findings are measured by stands first, apart from sockets: 18,888 of those would press it flat', () => {
    const charts = chartsOf(single(watched(full), { by }));
    expect(charts.map(({ series }) => series.map(({ name }) => name))).toEqual([
      ['conntrack use %'],
      ['conntrack drops /s'],
    ]);
  });

  test('a time without a sample in the middle is told, and has no points', () => {
    const twice = [...swept(() => ({ TIME_WAIT: 200 })).slice(0, 3), ...swept(() => ({ TIME_WAIT: 900 })).slice(-2)];
    const message = single(twice);
    expect(readMessage(message)).toContain('Nothing was measured for 40 min in between');
    expect(chartsOf(message)[0]?.series[0]?.data).toHaveLength(5);
  });

  test('a number that the last sample has not is not told as of then', () => {
    const [first, ...rest] = watched({ TIME_WAIT: 10 });
    const message = single([{ ...(first as TrendSample), numbers: { 'open files %': 98, TIME_WAIT: 10 } }, ...rest]);
    expect(readMessage(message)).toMatch(/open files %.*98, 12 min ago/);
  });

  test('of nothing: what is kept, and how to begin', () => {
    const message = single([]);
    expectGolden('fleet/trend-nothing', message);
    expect(readMessage(message)).toMatch(/\[Watch 10 min\] \[Measure now\]/);
    expect(single([{ ...(samples[0] as TrendSample), numbers: {}, findings: ['no-answer'] }]).text).toBe(
      'web-1 gave no answer in the last 1 h: asked 1 time.',
    );
  });
});

describe('the course of several hosts', () => {
  test('the number that moves most, and a name for each that fits a chart', () => {
    const of = (times: number) => swept((at) => ({ TIME_WAIT: 200 + at * times, ESTABLISHED: 80 }));
    const long = 'web-in-a-far-region-with-a-long-name';
    const hosts = many({ 'web-1': of(900), [`${long}-1`]: of(100), [`other-${long}-1`]: of(10), 'web-9': [] });
    const message = trendManyMessage({ hosts, canWatch: true });
    expectGolden('fleet/trend-many', message);
    expect(readMessage(message)).toContain('[Watch web-9 10 min]');
  });

  test('of a watch that is over: from its first look to its last, and nothing is said to move that does not', () => {
    const still = trendManyMessage({ hosts: many({ 'web-1': watched({ TIME_WAIT: 18_888 }), 'web-2': [] }) });
    const words = readMessage(still);
    expect(words).not.toMatch(/moves most/);
    expect(words).toContain('No number moved on these hosts; this is the largest.');
    expect(words).toMatch(/web-1 \| 18,888 \| 10 min ago/);
    expect(chartsOf(still)[0]?.series[0]?.data).toHaveLength(8);
    const wrong = trendManyMessage({
      hosts: many({ 'web-1': watched(full), 'web-2': [] }, { 'web-1': by }),
      canWatch: true,
    });
    expectGolden('fleet/trend-many-watched', wrong);
    expect(readMessage(wrong)).toContain('By this number what is wrong on web-1 is measured.');
  });

  test('calm hosts do not vote down what is wrong on one', () => {
    const calm = swept((at) => ({ TIME_WAIT: at * 100, 'conntrack use %': 4 }));
    const sick = swept(() => ({ TIME_WAIT: 18_888, 'conntrack use %': 100 }));
    const hosts = many({ a: calm, b: calm, c: calm, 'web-1': sick }, { 'web-1': by });
    expect(trendManyMessage({ hosts }).text).toBe('conntrack use % of 4 hosts, last 1 h: up to 100 on web-1');
  });

  test('who was measured for a moment alone is named, and cuts nobody short', () => {
    const hosts = many({
      'web-1': swept((at) => ({ TIME_WAIT: at * 100 })),
      'web-2': swept((at) => ({ TIME_WAIT: at })).slice(-2),
      'web-3': swept((at) => ({ TIME_WAIT: at * 2 })).filter((_, at) => at !== 5),
    });
    const message = trendManyMessage({ hosts });
    expect(readMessage(message)).toContain('Not in the chart, measured in too little of its time: web-2.');
    expect(readMessage(message)).toContain('At 1 of 12 points not every host was measured: its line goes on flat');
    expect(chartsOf(message)[0]?.series.map(({ data }) => data.length)).toEqual([12, 12]);
  });

  test('of nothing at all', () => {
    const message = trendManyMessage({ hosts: many({ 'web-8': [], 'web-9': [] }), canWatch: true });
    expectGolden('fleet/trend-many-nothing', message);
    expect(readMessage(message)).toMatch(/\[Measure all now\] \[Watch web-8 10 min\] \[Watch web-9 10 min\]/);
  });
});

test('an axis has round labels, no two alike, whatever was measured when', () => {
  const times = fc.array(fc.integer({ min: 1, max: 90 * 86_400 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(times, (ages) => {
      const frame = frameOf([ages.map((age) => nowMs - age * 1_000).sort((a, b) => a - b)]);
      if (frame === undefined) throw new Error('no frame');
      expect(frame.parts).toBeLessThanOrEqual(20);
      const labels = partLabels(frame, nowMs);
      expect(new Set(labels).size).toBe(frame.parts);
      for (const label of labels) expect(label.length).toBeLessThanOrEqual(20);
    }),
  );
});

test('Slack takes it, whatever was kept', () => {
  const sample = fc.record({
    atMs: fc.integer({ min: hour.fromMs, max: hour.toMs - 1 }),
    numbers: fc.dictionary(
      fc.oneof(fc.constantFrom('TIME_WAIT', 'conntrack use %', 'drops /s'), fc.string({ unit: 'binary' })),
      fc.oneof(fc.nat(10_000_000), fc.double({ min: 0, max: 1e9, noNaN: true })),
      { maxKeys: 6 },
    ),
    findings: fc.array(fc.constantFrom('no-answer', 'conntrack-full'), { maxLength: 2 }),
  });
  const samples = fc.array(sample, { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(samples, { minLength: 1, maxLength: 6 }), (all) => {
      const hosts = Object.fromEntries(all.map((own, at) => [`web-${at}`, own] as const));
      expect(complaints(trendManyMessage({ hosts: many(hosts), canWatch: true }))).toEqual([]);
      expect(complaints(single(all[0] ?? []))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
