/** `/sysctl @web [words]`: in which keys the hosts of a group differ, and who is the odd one. */
import type { Drift, DriftKey } from '../core/drift.js';
import { ACTIONS, encodeRef, fitsRef } from './actions.js';
import {
  actions,
  bullets,
  button,
  type Cell,
  context,
  dataTable,
  folded,
  header,
  type Line,
  lines,
  paragraph,
  rich,
} from './elements.js';
import { cut, spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import { type LeftOut, leftOutLine } from './fleet-left-out.js';
import { names, silenceInWords } from './fleet-words.js';
import type { Message } from './message.js';
import { count, firstOf, plural, settingValue, took } from './words.js';

export interface DriftAnswer {
  /** what was typed to name the hosts */
  selector: string;
  words: string;
  drift: Drift;
  /** two hosts side by side instead of many against their majority */
  pair?: { left: string; right: string };
  silent: readonly { host: string; problem: string }[];
  /** ISO 8601 */
  readAt: string;
  tookMs: number;
  leftOut?: LeftOut;
  stopped?: boolean;
  private?: boolean;
}

const TOLD = 8;
const TABLE_ROWS = 50;

const shownValue = (value: string | undefined): string =>
  value === undefined ? 'not there' : cut(settingValue(value), 60);

/** The value of most, and everyone who has another. */
const keyLine = (key: DriftKey): Line => {
  const [first, ...rest] = key.values;
  const { shown, omitted } = firstOf(rest, 4);
  return [
    { bold: key.key },
    '  ',
    ...(key.majority
      ? ([{ code: shownValue(first?.value) }, ` on ${plural(first?.hosts.length ?? 0, 'host')}; `] as Line)
      : [`no majority: `, { code: shownValue(first?.value) }, ` on ${names(first?.hosts ?? [], 3)}; `]),
    ...shown.flatMap(
      (other, at): Line => [at > 0 ? '; ' : '', { code: shownValue(other.value) }, ` on ${names(other.hosts, 4)}`],
    ),
    omitted > 0 ? `; ${plural(omitted, 'more value')}` : '',
  ];
};

const verdictOf = ({ selector, words, drift, pair, silent }: DriftAnswer): string => {
  const about = words === '' ? selector : `${selector}, “${words}”`;
  const hosts = `${plural(drift.hosts, 'host')}${silent.length > 0 ? `, ${count(silent.length)} gave no answer` : ''}`;
  if (drift.hosts === 0) return `${selector}: no host answered`;
  if (drift.differing.length + drift.same === 0) return `${selector}: no setting matches “${words}” on any of ${hosts}`;
  if (drift.differing.length === 0)
    return `${about}: no drift. ${plural(drift.same, 'key')} ${drift.same === 1 ? 'is' : 'are'} the same on ${hosts}`;
  if (pair !== undefined)
    return `${pair.left} and ${pair.right}${words === '' ? '' : `, “${words}”,`} differ in ${plural(drift.differing.length, 'key')}; ${count(drift.same)} are the same`;
  const [odd] = drift.odd;
  return `${about}: ${plural(drift.differing.length, 'key')} ${drift.differing.length === 1 ? 'differs' : 'differ'} over ${hosts}${odd === undefined ? '' : `. The odd one out: ${odd.host}, in ${plural(odd.keys.length, 'key')}`}`;
};

const pairTable = ({ drift, pair }: DriftAnswer): Part[] => {
  if (pair === undefined || drift.differing.length === 0) return [];
  const valueOn = (key: DriftKey, host: string): string =>
    shownValue(key.values.find(({ hosts }) => hosts.includes(host))?.value);
  return [
    {
      blocks: [
        dataTable(
          `Keys in which ${pair.left} and ${pair.right} differ`,
          ['Key', pair.left, pair.right],
          drift.differing
            .slice(0, TABLE_ROWS)
            .map((key): Cell[] => [key.key, valueOn(key, pair.left), valueOn(key, pair.right)]),
          15,
        ),
      ],
      need: 1,
      name: 'the table',
    },
  ];
};

const manyParts = ({ drift, pair }: DriftAnswer): Part[] => {
  if (pair !== undefined || drift.differing.length === 0) return [];
  const { shown, omitted } = firstOf(drift.differing, TOLD);
  // The verdict names the first.
  const [, ...others] = drift.odd;
  const odd = firstOf(others, 5);
  return [
    ...(odd.shown.length === 0
      ? []
      : [
          always(
            rich(
              lines([
                { bold: 'Also odd  ' },
                odd.shown.map(({ host, keys }) => `${host} (${plural(keys.length, 'key')})`).join(', '),
                odd.omitted > 0 ? ` and ${count(odd.omitted)} more` : '',
              ]),
            ),
          ),
        ]),
    { blocks: [rich(bullets(shown.map(keyLine)))], need: 1, name: 'who has which value' },
    ...(omitted > 0
      ? [
          {
            blocks: [
              dataTable(
                `More keys that differ: ${count(omitted)}`,
                ['Key', 'Most have', 'Hosts', 'Others'],
                drift.differing.slice(TOLD, TOLD + TABLE_ROWS).map((key): Cell[] => [
                  key.key,
                  shownValue(key.values[0]?.value),
                  key.values[0]?.hosts.length ?? 0,
                  cut(
                    key.values
                      .slice(1)
                      .map((other) => `${shownValue(other.value)} on ${names(other.hosts, 3)}`)
                      .join('; '),
                    120,
                  ),
                ]),
                10,
              ),
            ],
            need: 2,
            name: 'more keys',
          },
        ]
      : []),
  ];
};

export const driftMessage = (input: DriftAnswer): Message => {
  const { drift, selector, silent } = input;
  const verdict = verdictOf(input);
  const leftOut = leftOutLine(input.leftOut);
  const byProblem = new Map<string, string[]>();
  for (const { host, problem } of silent) byProblem.set(problem, [...(byProblem.get(problem) ?? []), host]);
  const notes: Line[] = [
    ...(input.stopped === true ? [[{ bold: 'Stopped  ' }, 'before every host had answered.'] as Line] : []),
    ...(leftOut === undefined ? [] : [leftOut]),
    ...[...byProblem]
      .slice(0, 5)
      .map(([problem, hosts]): Line => [{ bold: 'No answer  ' }, `${names(hosts, 6)}: ${silenceInWords({ problem })}`]),
  ];
  return messageOf(
    spoken(verdict),
    [
      always(
        header(verdict),
        context(
          'Read ',
          { at: input.readAt },
          ` in ${took(input.tookMs)}${input.words === '' ? ', the keys that matter for TCP' : ''}`,
        ),
      ),
      ...(drift.unknown.length === 0
        ? []
        : [always(paragraph(`Nothing is called ${names(drift.unknown, 5)} on any of them.`))]),
      ...manyParts(input),
      ...pairTable(input),
      ...(notes.length === 0 ? [] : [always(rich(lines(...notes)))]),
      ...(drift.same === 0 || drift.differing.length === 0
        ? []
        : [
            {
              blocks: [
                folded(`The same on all of them: ${plural(drift.same, 'key')}`, [
                  paragraph(names(drift.sameKeys, 40).slice(0, 590)),
                ]),
              ],
              need: 3,
              name: 'keys that are the same',
            },
          ]),
      always(
        ...(fitsRef(selector)
          ? [
              actions([
                button(ACTIONS.drift, 'Refresh', {
                  value: encodeRef({
                    selector,
                    hosts: Math.max(1, drift.hosts + silent.length),
                    ...(input.words === '' ? {} : { words: input.words.slice(0, 500) }),
                    ...(input.private === true ? { private: true } : {}),
                  }),
                }),
              ]),
            ]
          : []),
      ),
    ],
    'Ask with words to see fewer keys.',
  );
};
