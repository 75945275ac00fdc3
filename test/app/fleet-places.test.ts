/** Places are never given twice, never kept from somebody who may have one, and in the right order. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Asker, type Line, Places, roomFor } from '../../src/app/fleet-places.js';

const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A run of so many hosts; `told` says of each, when it was told, whether it came in. */
const begin = (places: Places, asker: Asker, hosts: number, cameIn: (line: Line) => void = () => undefined) => {
  const line = places.line(asker);
  const told: boolean[] = [];
  for (let at = 0; at < hosts; at++)
    void line.enter().then((entered) => {
      told.push(entered);
      if (entered) cameIn(line);
    });
  return { line, told };
};

describe('places', () => {
  test('people first, then the run with the fewest hosts left; of the same, the one that came first', async () => {
    const places = new Places(1);
    const came: string[] = [];
    const inside: Line[] = [];
    const run = (name: string, asker: Asker, hosts: number): void => {
      begin(places, asker, hosts, (line) => {
        came.push(name);
        inside.push(line);
      });
    };
    run('first', 'sweep', 1);
    run('large', 'sweep', 3);
    run('small', 'sweep', 2);
    run('person', 'person', 4);
    run('small too', 'sweep', 2);
    for (let left = 0; left < 12; left++) {
      await quiet();
      inside.pop()?.leave();
    }
    await quiet();
    expect(came.join(', ')).toBe(
      'first, person, person, person, person, small, small, small too, small too, large, large, large',
    );
  });

  test('a few are left to people, however many a sweep wants', () => {
    expect([roomFor('person'), roomFor('sweep'), roomFor('sweep', 2)]).toEqual([128, 112, 2]);
  });

  test('whoever comes and goes: as many inside as may be, nobody waits for a place that is free, and a closed line is empty', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({
          do: fc.constant('begin' as const),
          asker: fc.constantFrom<Asker>('person', 'sweep'),
          hosts: fc.nat(9),
        }),
        fc.record({ do: fc.constantFrom('leave' as const, 'close' as const), run: fc.nat(9) }),
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const places = new Places(9);
        const runs: { asker: Asker; hosts: number; left: number; closed: boolean; line: Line; told: boolean[] }[] = [];
        for (const step of taken) {
          if (step.do === 'begin') {
            const { asker, hosts } = step;
            runs.push({ asker, hosts, left: 0, closed: false, ...begin(places, asker, hosts) });
          } else {
            const run = runs[step.run % Math.max(1, runs.length)];
            if (run === undefined) continue;
            if (step.do === 'close') {
              run.closed = true;
              run.line.close();
            } else if (run.told.filter(Boolean).length > run.left) {
              run.left += 1;
              run.line.leave();
            }
          }
          await quiet();
          const inside = (asker: Asker): number =>
            runs
              .filter((run) => run.asker === asker)
              .reduce((sum, { told, left }) => sum + told.filter(Boolean).length - left, 0);
          const waiting = (asker: Asker): boolean =>
            runs.some((run) => run.asker === asker && run.told.length < run.hosts);
          const all = inside('person') + inside('sweep');
          expect(all).toBeLessThanOrEqual(9);
          expect(inside('sweep')).toBeLessThanOrEqual(8);
          if (waiting('person')) expect(all).toBe(9);
          if (waiting('sweep')) expect(all === 9 || inside('sweep') === 8).toBe(true);
          for (const { closed, told, hosts } of runs) if (closed) expect(told).toHaveLength(hosts);
        }
      }),
      { numRuns: 200 },
    );
  });
});
