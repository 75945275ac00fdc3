/** sweeps.yml → what is measured on a schedule, and where it is told. Strict: an unknown field is an error. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseSelector, type Selector } from '../core/selector.js';
import type { Sweep } from '../core/sweep.js';
import { ConfigProblem } from './problem.js';
import { parseYaml, problemsAt } from './yaml.js';

const UNITS = { s: 1, min: 60, m: 60, h: 3_600 } as const;
const every = z
  .string({ error: 'expected a time as in "5 min"' })
  .regex(/^\d{1,4} ?(s|min|m|h)$/, 'expected a time as in "30 s", "5 min" or "1 h"')
  .transform((text) => {
    const [, number, unit] = /^(\d+) ?(\w+)$/.exec(text) ?? [];
    return Number(number) * UNITS[unit as keyof typeof UNITS];
  })
  .refine((seconds) => seconds >= 30 && seconds <= 86_400, 'expected a time from 30 s to 24 h');
const rounds = z.int('expected a number of sweeps, 1 to 20').min(1).max(20);

const schema = z.strictObject(
  {
    sweeps: z.record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected a name of small letters, digits and dashes'),
      z.strictObject(
        {
          hosts: z.string({ error: 'expected hosts as people type them, e.g. "@web"' }).min(1).max(500),
          every,
          channel: z
            .string({ error: 'expected a channel id' })
            .regex(/^[CGD][A-Z0-9]{2,20}$/, 'expected the id of a channel (C…), not its name: names change'),
          raiseAfter: rounds.default(2),
          clearAfter: rounds.default(3),
          thresholds: z
            .record(
              z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/, 'expected the name of a threshold, as --why shows it'),
              z.number({ error: 'expected a number' }).finite(),
            )
            .default({}),
        },
        {
          error: (issue) =>
            issue.code === 'unrecognized_keys'
              ? 'unknown field; a sweep has hosts, every, channel, raiseAfter, clearAfter, thresholds'
              : 'expected the fields of a sweep',
        },
      ),
      { error: 'expected sweeps by name' },
    ),
  },
  { error: 'expected sweeps' },
);

/**
 * @param thresholdNames names that rules know; another is a mistake of writing and would silently do nothing
 * @throws ConfigProblem naming file, line, field and what was expected
 */
export const readSweeps = (text: string, file: string, thresholdNames?: ReadonlySet<string>): readonly Sweep[] => {
  const data = parseYaml(text, file, schema);
  const problems: { path: string[]; expected: string }[] = [];
  const sweeps = Object.entries(data.sweeps).flatMap(([name, sweep]): Sweep[] => {
    for (const threshold of Object.keys(sweep.thresholds))
      if (thresholdNames !== undefined && !thresholdNames.has(threshold))
        problems.push({
          path: ['sweeps', name, 'thresholds', threshold],
          expected: 'no rule has a threshold of this name',
        });
    const parsed = parseSelector(sweep.hosts);
    if (!parsed.ok) {
      problems.push({ path: ['sweeps', name, 'hosts'], expected: parsed.problem });
      return [];
    }
    const selector: Selector = parsed.selector;
    const { every: everySeconds, ...rest } = sweep;
    return [{ name, ...rest, selector, everySeconds }];
  });
  if (problems.length > 0) throw problemsAt(text, file, problems);
  return sweeps;
};

/** No file is no sweep. @throws ConfigProblem where it is there and can't be used */
export const loadSweeps = (file: string, thresholdNames?: ReadonlySet<string>): readonly Sweep[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ConfigProblem(file, [{ field: '', expected: `can't be read: ${(error as Error).message}` }]);
  }
  return readSweeps(text, file, thresholdNames);
};
