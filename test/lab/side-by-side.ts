/** Cases of the lab at the same time, as far as they do not feel one another: they wait more than they compute. */
import type { LabCase } from '../../src/lab/cases.js';

/** Cases at once: a machine with two processors is busy with three. */
const LANES = 3;

/**
 * Runs every case once. Those that change a limit of the whole machine run one after another in a lane of their own; those
 * whose limits everybody feels run when all the others are done, with nothing beside them.
 * @returns what became of each, by id
 */
export const sideBySide = (
  cases: readonly LabCase[],
  run: (about: LabCase) => Promise<void>,
): ReadonlyMap<string, Promise<void>> => {
  const starts = new Map<string, () => Promise<void>>();
  const outcomes = new Map<string, Promise<void>>();
  for (const about of cases) {
    const outcome = new Promise<void>((resolve, reject) => {
      starts.set(about.id, () => run(about).then(resolve, reject));
    });
    // It is waited for in its turn, and may have failed before.
    outcome.catch(() => undefined);
    outcomes.set(about.id, outcome);
  }
  const lane = async (waiting: LabCase[]): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await starts.get(next.id)?.();
  };
  const alone = cases.filter(({ felt }) => felt === true);
  const whole = cases.filter(({ whole: holds, felt }) => holds === true && felt !== true);
  const others = cases.filter(({ whole: holds }) => holds !== true);
  void Promise.all([lane(whole), ...Array.from({ length: LANES - 1 }, () => lane(others))]).then(() => lane(alone));
  return outcomes;
};
