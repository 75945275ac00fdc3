/** What stands in the channel while many hosts are asked, and what is asked before very many are. */
import { ACTIONS, encodeRef, fitsRef } from './actions.js';
import { actions, button, context, type Line, lines, paragraph, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import { type LeftOut, leftOutLine } from './fleet-left-out.js';
import { names, silenceInWords } from './fleet-words.js';
import type { Message } from './message.js';
import { count, duration, plural, took } from './words.js';

export interface FleetProgress {
  asked: number;
  answered: number;
  failed: Readonly<Record<string, number>>;
  /** asked and silent so far, the longest first */
  waiting: readonly { host: string; forMs: number }[];
  slowest?: { host: string; tookMs: number };
  elapsedMs: number;
}

export const fleetProgressMessage = (input: {
  selector: string;
  progress: FleetProgress;
  fleet: string;
  doing: 'measuring' | 'reading sysctls';
  asker?: string;
}): Message => {
  const { selector, progress, fleet } = input;
  const failed = Object.entries(progress.failed).sort(([, a], [, b]) => b - a);
  const failures = failed.reduce((sum, [, hosts]) => sum + hosts, 0);
  const done = progress.answered + failures;
  const [late] = progress.waiting;
  const said: Line[] = [
    [
      { bold: selector },
      `: ${input.doing}. `,
      { bold: `${count(done)} of ${count(progress.asked)}` },
      done === 0 ? ' so far.' : ` after ${duration(Math.max(1, progress.elapsedMs / 1000))}.`,
    ],
    ...(failures === 0
      ? []
      : [
          [
            { bold: `${count(failures)} failed  ` },
            failed
              .slice(0, 4)
              .map(([problem, hosts]) => `${count(hosts)} ${silenceInWords({ problem })}`)
              .join('; '),
          ] as Line,
        ]),
    ...(progress.slowest === undefined
      ? []
      : [[{ bold: 'Slowest  ' }, `${progress.slowest.host}, ${took(progress.slowest.tookMs)}`] as Line]),
    ...(late === undefined || late.forMs < 5_000
      ? []
      : [
          [
            { bold: 'Waiting for  ' },
            `${names(
              progress.waiting.map(({ host }) => host),
              4,
            )}; the longest for ${duration(late.forMs / 1000)}`,
          ] as Line,
        ]),
  ];
  return messageOf(spoken(`${selector}: ${input.doing} ${count(done)} of ${count(progress.asked)}…`), [
    always(
      rich(lines(...said)),
      ...(input.asker === undefined ? [] : [paragraph('Asked by ', { user: input.asker })]),
      actions([button(ACTIONS.fleetStop, 'Stop, show what is there', { value: encodeRef({ fleet }) })]),
    ),
  ]);
};

/** More hosts than a command asks without being told so. */
export const fleetConfirmMessage = (input: {
  command: string;
  selector: string;
  hosts: number;
  limit: number;
  /** at most so many, whoever confirms */
  most: number;
  action: typeof ACTIONS.fleet | typeof ACTIONS.drift;
  words?: string;
  leftOut?: LeftOut;
  private?: boolean;
}): Message => {
  const { selector, hosts, limit, most } = input;
  const tooMany = hosts > most;
  const what = `${selector} names ${plural(hosts, 'host')}; more than ${count(limit)} at once ${tooMany ? `are too many: the most is ${count(most)}` : 'take a click'}.`;
  const leftOut = leftOutLine(input.leftOut);
  return messageOf(spoken(what), [
    always(
      rich(
        lines(
          [{ bold: what }],
          ['Nothing has been asked of any host yet.'],
          ...(leftOut === undefined ? [] : [leftOut]),
        ),
      ),
      ...(tooMany
        ? [context('Name fewer: a group, a label, or ! to leave some out.')]
        : !fitsRef(selector)
          ? [context('So many names are more than a button can hold: type the same again, with --all.')]
          : [
              actions([
                button(input.action, `Ask all ${count(hosts)}`, {
                  style: 'primary',
                  value: encodeRef({
                    selector,
                    hosts,
                    ...(input.words === undefined || input.words === '' ? {} : { words: input.words.slice(0, 500) }),
                    ...(input.private === true ? { private: true } : {}),
                  }),
                }),
              ]),
            ]),
    ),
  ]);
};
