/** Hosts that a selector left out, and why. */
import { type Line, lines, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import { names } from './fleet-words.js';
import type { Message } from './message.js';
import { list, plural } from './words.js';

export interface LeftOut {
  /** taken away by `!` */
  excluded: number;
  /** named by a group, pattern or label, and not for the caller's eyes */
  hidden: number;
  /** terms that name no host; those that were to leave some out with their `!` */
  unknown: readonly string[];
}

/** Exclusions that leave nobody out: whoever mistyped one believes that a host is spared. */
export const idleExclusions = ({ unknown }: LeftOut): readonly string[] =>
  unknown.filter((term) => term.startsWith('!'));

export const leftOutLine = (leftOut: LeftOut | undefined): Line | undefined => {
  if (leftOut === undefined) return undefined;
  const idle = idleExclusions(leftOut);
  const unknown = leftOut.unknown.filter((term) => !idle.includes(term));
  const said = [
    ...(leftOut.excluded > 0 ? [`${plural(leftOut.excluded, 'host')} by your “!”`] : []),
    ...(leftOut.hidden > 0 ? [`${plural(leftOut.hidden, 'host')} that you may not see (policy)`] : []),
    ...(unknown.length > 0 ? [`nothing is called ${names(unknown, 4)}`] : []),
    ...(idle.length > 0 ? [`none by ${names(idle, 4)}: no host is called that`] : []),
  ];
  return said.length === 0 ? undefined : [{ bold: 'Left out  ' }, `${list(said)}.`];
};

/** Beside an answer about the one host that is left of several terms. */
export const leftOutMessage = (host: string, leftOut: LeftOut | undefined): Message => {
  const line = leftOutLine(leftOut) ?? [''];
  const verdict = `This is about ${host} alone.`;
  return messageOf(spoken(verdict), [always(rich(lines([{ bold: verdict }], line)))]);
};
