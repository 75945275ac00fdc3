import { describe, expect, test } from '@jest/globals';
import { Turns } from '../../src/app/turns.js';

describe('turns', () => {
  test('a burst is done in order, and something else gets its turn in between', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const seen: string[] = [];
    const burst = Array.from({ length: 10 }, (_, n) =>
      turns.take(() => {
        nowMs += 4;
        seen.push(String(n));
        return n;
      }),
    );
    expect(seen).toEqual([]);
    let others = 0;
    const other = (): void => {
      others += 1;
      seen.push('other');
      if (turns.waiting > 0) setImmediate(other);
    };
    setImmediate(other);
    expect(await Promise.all(burst)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // 12 ms of work in a slice of 10, then whoever else waits.
    expect(seen.join(' ')).toMatch(/^0 1 2 other 3 4 5 other 6 7 8 other 9/);
    expect(others).toBeGreaterThanOrEqual(3);
  });

  test('what is longer than a slice is done alone; what throws, throws to who asked, and the next one is done', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const long = turns.take(() => {
      nowMs += 500;
      return 'long';
    });
    const bad = turns.take(() => {
      throw new Error('unreadable');
    });
    const good = turns.take(() => 'good');
    await expect(bad).rejects.toThrow('unreadable');
    expect(await Promise.all([long, good])).toEqual(['long', 'good']);
    expect(turns.waiting).toBe(0);
    expect(await turns.take(() => 'again')).toBe('again');
  });
});
