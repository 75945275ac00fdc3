/** When a change in force is measured. */

/**
 * The looks that are made before the host's window ends: those after it would measure what is no longer there.
 * @param looksSeconds after the change came into force, ascending
 */
export const looksWithin = (looksSeconds: readonly number[], windowSeconds: number): readonly number[] =>
  looksSeconds.filter((seconds) => seconds < windowSeconds);
