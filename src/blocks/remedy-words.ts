/** Remedies at length: why this value, how to tell that it worked, and what a person types. */
import type { RichTextBlockElement } from '@slack/types';
import type { Remedy } from '../core/finding.js';
import { type Line, preformatted, sectionOf } from './elements.js';
import { duration, list } from './words.js';

/** what may stand in a command that people copy: nothing that a shell would read */
const TYPEABLE = /^[A-Za-z0-9_.,: -]*$/;

export const remedyReasons = (remedies: readonly Remedy[]): readonly Line[] =>
  remedies.flatMap((remedy): Line[] => [
    [{ bold: remedy.key }, `  ${remedy.reason}`],
    [
      `Worked when: ${remedy.signal}${remedy.judgeAfterSeconds > 0 ? `, after ${duration(remedy.judgeAfterSeconds)}` : ''}.`,
      remedy.revertHazard === undefined ? '' : ` On revert: ${remedy.revertHazard}.`,
      remedy.requires === undefined || remedy.requires.length === 0 ? '' : ` First: ${list(remedy.requires)}.`,
    ],
  ]);

/** Empty where there is nothing to type. */
export const byHand = (remedies: readonly Remedy[]): readonly RichTextBlockElement[] => {
  // One that is set somewhere else than the rest says so at its own line.
  const commands = remedies
    .filter((remedy) => [remedy.key, remedy.from, remedy.to].every((word) => TYPEABLE.test(word)))
    .map(
      (remedy) =>
        `sysctl -w ${remedy.key}='${remedy.to}'   # was '${remedy.from}'${remedy.elsewhere === true ? '; on the machine itself' : ''}`,
    );
  return commands.length === 0
    ? []
    : [sectionOf([{ bold: 'By hand, until the next boot' }]), preformatted(commands.join('\n'), 1200)];
};
