import { describe, expect, test } from '@jest/globals';
import { CalmQueue } from '../../src/app/calm-queue.js';

const soon = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('what waits for its turn', () => {
  test('begins nothing while more arrives in the same turn, then everything in order', async () => {
    const begun: number[] = [];
    const queue = new CalmQueue<number>(async (one) => void begun.push(one));
    for (let i = 0; i < 50; i++) expect(queue.add(i)).toBe(true);
    expect(begun).toEqual([]);
    await queue.idle(soon);
    expect(begun).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('no more than 256 at once; those that wait follow as others end', async () => {
    let under = 0;
    let most = 0;
    const queue = new CalmQueue<number>(async () => {
      most = Math.max(most, ++under);
      await soon(1);
      under--;
    });
    for (let i = 0; i < 600; i++) queue.add(i);
    await queue.idle(soon);
    expect([most, under, queue.size]).toEqual([256, 0, 0]);
  });

  test('refuses beyond 2,000 that wait, and forgets what has not begun', () => {
    const queue = new CalmQueue<number>(async () => undefined);
    for (let i = 0; i < 2_000; i++) expect(queue.add(i)).toBe(true);
    expect(queue.add(2_000)).toBe(false);
    queue.clear();
    expect(queue.size).toBe(0);
  });
});
