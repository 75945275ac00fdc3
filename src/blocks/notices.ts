/** Short answers to the person typing: usage, unknown names, refusals, problems. */
import type { Action } from '../core/policy.js';
import { bullets, context, type Line, lines, paragraph, preformatted, rich, sectionOf } from './elements.js';
import { clean, SPOKEN_MAX, spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';
import { list } from './words.js';

export interface Usage {
  /** `/tcpstates` */
  command: string;
  /** one line each: `<host> [--private]` and what it does */
  forms: readonly { form: string; does: string /** shown only to who may do this somewhere */; needs?: Action }[];
  /** ready to be typed */
  examples: readonly string[];
}

/** @param wrong what could not be understood: said alone, for whoever types in a hurry reads no list of forms for each slip */
export const usageMessage = (usage: Usage, wrong?: string): Message =>
  wrong === undefined ? helpMessage(usage) : slipMessage(usage, wrong);

const slipMessage = ({ command, examples }: Usage, wrong: string): Message =>
  messageOf(spoken(wrong), [
    always(
      paragraph(wrong),
      rich(
        sectionOf([
          ...(examples[0] === undefined ? [] : ['For instance ', { code: examples[0] }, '. ']),
          'Every form: ',
          { code: `${command} help` },
          '.',
        ]),
      ),
    ),
  ]);

const helpMessage = (usage: Usage): Message =>
  messageOf(spoken(`How to use ${usage.command}`), [
    always(
      rich(
        bullets(
          usage.forms.slice(0, 15).map((it): Line => [{ code: `${usage.command} ${it.form}`.trim() }, `  ${it.does}`]),
        ),
      ),
      rich(
        sectionOf([{ bold: usage.examples.length === 1 ? 'Example' : 'Examples' }]),
        preformatted(usage.examples.join('\n'), 800),
      ),
    ),
  ]);

/** @param nearest registered names that are alike, best first */
export const unknownHostMessage = (typed: string, nearest: readonly string[], command = '/tcpstates'): Message => {
  const name = clean(typed, 60);
  const verdict = name.includes('=') ? `No host has the label “${name}”.` : `No registered host is called “${name}”.`;
  return messageOf(spoken(`${verdict}${nearest.length === 0 ? '' : ` Did you mean ${list(nearest.slice(0, 3))}?`}`), [
    always(
      paragraph(verdict, command === '/sysctl' ? ' The host stands first: /sysctl <host> words…' : ''),
      ...(nearest.length === 0
        ? [rich(sectionOf(['See them all with ', { code: '/hosts' }, '. Only registered hosts are reachable.']))]
        : [
            rich(
              sectionOf(['Did you mean:']),
              bullets(nearest.slice(0, 5).map((host): Line => [{ code: `${command} ${host}` }])),
            ),
          ]),
    ),
  ]);
};

/** Something went wrong that is not the person's fault, or must be known: what, what is safe now, what to do. */
export const problemMessage = (problem: {
  what: string;
  /** what still stands, e.g. that nothing was changed */
  safe?: string;
  next?: string;
  /** the id under which the log has the rest */
  logId?: string;
}): Message =>
  messageOf(spoken(whatAndNext(problem)), [
    always(
      rich(
        lines(
          [{ bold: problem.what }],
          ...(problem.safe === undefined ? [] : [[problem.safe] as Line]),
          ...(problem.next === undefined ? [] : [[{ bold: 'Do  ' }, problem.next] as Line]),
        ),
      ),
      ...(problem.logId === undefined ? [] : [context(`The log has the rest under ${problem.logId}.`)]),
    ),
  ]);

/** What to do with it, where one line holds both. */
const whatAndNext = ({ what, next }: { what: string; next?: string }): string =>
  next !== undefined && what.length + next.length < SPOKEN_MAX ? `${what} ${next}` : what;

/** Not allowed: by which rule, and who could. */
export const refusalMessage = (refusal: { what: string; why: string; who?: string }): Message =>
  messageOf(spoken(`${refusal.what}: not allowed. ${refusal.why}`), [
    always(
      rich(
        lines(
          [{ bold: `${refusal.what}: not allowed. ` }, refusal.why],
          ...(refusal.who === undefined ? [] : [[{ bold: 'Who could  ' }, refusal.who] as Line]),
        ),
      ),
    ),
  ]);
