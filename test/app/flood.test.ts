/** One person, or one channel, does not take the bot from everybody. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Flood } from '../../src/app/flood.js';

describe('the flood limit', () => {
  test('so many at once, then evenly; others are not concerned; the word comes once in five seconds', () => {
    const flood = new Flood({ person: 3, channel: 100 });
    const ask = (person: string, atMs: number) => flood.ask(person, 'C1', atMs);
    expect([0, 1, 2].map((at) => ask('ada', at).ok)).toEqual([true, true, true]);
    expect(ask('ada', 3)).toMatchObject({ ok: false, who: 'person', limit: 3, waitSeconds: 20, tell: true });
    expect(ask('ada', 4)).toMatchObject({ ok: false, tell: false });
    expect(ask('ada', 6_000)).toMatchObject({ ok: false, tell: true });
    expect(ask('grace', 5).ok).toBe(true);
    expect(ask('ada', 20_100).ok).toBe(true);
    expect(ask('ada', 20_200).ok).toBe(false);
  });

  test('many people in one channel are limited together, and not elsewhere', () => {
    const flood = new Flood({ person: 0, channel: 5 });
    const asked = Array.from({ length: 8 }, (_, at) => flood.ask(`u${at}`, 'C1', 0).ok);
    expect(asked.filter(Boolean)).toHaveLength(5);
    expect(flood.ask('u9', 'C1', 0)).toMatchObject({ who: 'channel' });
    expect(flood.ask('u9', 'C2', 0).ok).toBe(true);
  });

  test('never more than a bucket and its refill, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 200 }), (times) => {
        const flood = new Flood({ person: 10, channel: 0 });
        const sorted = [...times].sort((a, b) => a - b);
        const passed = sorted.filter((at) => flood.ask('ada', 'C1', at).ok);
        const span = ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) / 60_000;
        expect(passed.length).toBeLessThanOrEqual(10 + span * 10 + 1e-6);
      }),
    );
  });
});
