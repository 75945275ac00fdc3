/** What a sweep takes of one measurement: its causes, and the sample that is kept. */
import { verdictOf } from '../blocks/verdict.js';
import type { Investigated } from '../command.js';
import { diagnose, wrongIn } from '../core/diagnose.js';
import { numbersOf } from '../core/fleet-numbers.js';
import type { Rule, Thresholds } from '../core/rule.js';
import { NO_ANSWER, type Sweep } from '../core/sweep.js';
import type { Sample } from '../ports/store.js';
import { saysNothing } from './investigate.js';

export interface Seen {
  sample: Sample;
  /** undefined: the host gave no answer */
  causes?: readonly string[];
}

/** @returns undefined where the question ended, not the host: the program stops */
export const lookAt = (
  investigated: Investigated,
  about: { sweep: Sweep; atMs: number; thresholds: Thresholds; rules: ReadonlyMap<string, Rule> },
): Seen | undefined => {
  const { sweep, atMs, rules } = about;
  const { host } = investigated;
  if (investigated.status === 'failed')
    return saysNothing(investigated.failure)
      ? undefined
      : { sample: { host: host.name, atMs, numbers: {}, findings: [NO_ANSWER] } };
  const { snapshot, previous } = investigated;
  const own = Object.keys(sweep.thresholds).length > 0;
  const diagnosis = own
    ? diagnose({
        snapshot,
        ...(previous === undefined ? {} : { previous }),
        thresholds: { ...about.thresholds, ...sweep.thresholds },
        rules,
      })
    : investigated.diagnosis;
  const { causes } = verdictOf(diagnosis, rules);
  return {
    causes: [...new Set(causes.map(({ id }) => id))],
    sample: {
      host: host.name,
      atMs,
      numbers: numbersOf(snapshot, previous),
      findings: [...new Set(wrongIn(diagnosis).map(({ id }) => id))],
    },
  };
};
