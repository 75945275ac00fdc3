import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dark, dashes, hatches, light, markers } from '../../src/workspace/page/chart/colours.js';
import {
  fullNumber,
  labelEvery,
  linear,
  niceTicks,
  piecePath,
  shortNumber,
} from '../../src/workspace/page/chart/scale.js';

describe('the scale', () => {
  test('steps are few, rising, even, and cover every value and zero', () => {
    const size = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(size, size, (one, two) => {
        const [min, max] = [Math.min(one, two), Math.max(one, two)];
        const ticks = niceTicks(min, max);
        const [first = 0, second = 0] = ticks;
        const last = ticks.at(-1) ?? 0;
        const slack = (last - first) * 1e-9;
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(8);
        expect(first).toBeLessThanOrEqual(Math.min(0, min) + slack);
        expect(last).toBeGreaterThanOrEqual(Math.max(0, max) - slack);
        expect(ticks).toContain(0);
        for (const [index, tick] of ticks.entries())
          if (index > 0)
            expect(tick - (ticks[index - 1] ?? 0)).toBeCloseTo(second - first, -Math.log10(second - first) + 6);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    [0, 0, [0, 1]],
    [0, 18_888, [0, 5000, 10_000, 15_000, 20_000]],
    [0, 1, [0, 0.25, 0.5, 0.75, 1]],
    [-3, 7, [-5, -2.5, 0, 2.5, 5, 7.5]],
  ])('from %d to %d', (min, max, expected) => {
    const ticks = niceTicks(min, max);
    expect([ticks[0], ticks.at(-1)]).toEqual([expected[0], expected.at(-1)]);
  });

  test('numbers for an axis and in full', () => {
    expect([0, 0.25, 999, 1000, 12_500, 2_000_000, -4000].map(shortNumber)).toEqual([
      '0',
      '0.25',
      '999',
      '1k',
      '12.5k',
      '2M',
      '-4k',
    ]);
    expect(fullNumber(18_888)).toBe('18,888');
  });

  test('places, labels and pieces', () => {
    expect(linear([0, 10], [100, 0])(2.5)).toBe(75);
    expect(linear([5, 5], [0, 100])(5)).toBe(0);
    expect(labelEvery(10, 500, 50)).toBe(1);
    expect(labelEvery(20, 500, 50)).toBe(2);
    expect(piecePath(0, 0.25, 100, 0)).toMatch(/^M0\.00 -100\.00A100 100 0 0 1 100\.00 0\.00L/);
    expect(piecePath(0, 1, 100, 50)).not.toContain('NaN');
  });
});

type Rgb = [number, number, number];
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
const toLinear = (channel: number): number =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
const luminance = (hex: string): number => {
  const [r, g, b] = rgb(hex).map(toLinear) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one: string, two: string): number => {
  const [high = 0, low = 0] = [luminance(one), luminance(two)].sort((left, right) => right - left);
  return (high + 0.05) / (low + 0.05);
};
/** Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB. */
const sights: Record<string, number[]> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
const seen = (hex: string, matrix: number[]): Rgb => {
  const from = rgb(hex).map(toLinear);
  return [0, 3, 6].map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        from.reduce((sum, value, at) => sum + value * (matrix[row + at] ?? 0), 0),
      ),
    ),
  ) as Rgb;
};
/** CIE L*a*b* (D65) of linear RGB; the distance of two is about 2 where most people begin to see a difference. */
const lab = ([r, g, b]: Rgb): Rgb => {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};
const distance = (one: Rgb, two: Rgb): number => Math.hypot(...one.map((value, at) => value - (two[at] ?? 0)));

describe.each([
  ['light', light, '#ffffff'],
  ['dark', dark, '#222529'],
] as const)('the %s colours', (_, colours, ground) => {
  test('stand out from the page, 3:1 and more', () => {
    for (const colour of colours) expect(contrast(colour, ground)).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.keys(sights))('differ from one another with %s', (sight) => {
    const labs = colours.map((colour) => lab(seen(colour, sights[sight] ?? [])));
    for (const [index, one] of labs.entries())
      for (const two of labs.slice(index + 1)) expect(distance(one, two)).toBeGreaterThan(8);
  });
});

test('every series also has a dash, a marker and a pattern of its own', () => {
  for (const list of [dashes, markers, hatches]) expect(new Set(list).size).toBe(light.length);
});

test('the style sheet uses these very colours', () => {
  const css = readFileSync(new URL('../../src/workspace/page/css/chart.css', import.meta.url), 'utf8');
  expect([...css.matchAll(/--series: (#[0-9a-f]{6})/g)].map(([, colour]) => colour)).toEqual([...light, ...dark]);
});
