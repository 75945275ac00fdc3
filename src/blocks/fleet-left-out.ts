/** Hosts that a selector left out, and why. */
import type { Line } from './elements.js';
import { names } from './fleet-words.js';
import { list, plural } from './words.js';

export interface LeftOut {
  /** taken away by `!` */
  excluded: number;
  /** named by a group, pattern or label, and not for the caller's eyes */
  hidden: number;
  /** terms that name no host */
  unknown: readonly string[];
}

export const leftOutLine = (leftOut: LeftOut | undefined): Line | undefined => {
  if (leftOut === undefined) return undefined;
  const said = [
    ...(leftOut.excluded > 0 ? [`${plural(leftOut.excluded, 'host')} by your “!”`] : []),
    ...(leftOut.hidden > 0 ? [`${plural(leftOut.hidden, 'host')} that you may not see (policy)`] : []),
    ...(leftOut.unknown.length > 0 ? [`nothing is called ${names(leftOut.unknown, 4)}`] : []),
  ];
  return said.length === 0 ? undefined : [{ bold: 'Left out  ' }, `${list(said)}.`];
};
