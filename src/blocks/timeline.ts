/** The story of an incident in chat: short, the newest last; the whole of it as Markdown in a file. */
import { repeatedInWords, type Timeline, type TimelineRow } from '../core/timeline-rows.js';
import { ACTIONS, encodeRef } from './actions.js';
import { actions, bullets, button, context, header, type Line, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';
import { list, plural } from './words.js';

const ROWS = 25;
const WORDS_MAX = 220;

const iso = (ms: number): string => new Date(ms).toISOString();

/** Names without their ids. Where policy knows no name, who looked is not worth an id in everybody's sight. */
const whoOf = ({ actor, change }: TimelineRow): string => {
  const name = actor.replace(/ \([^()]*\)$/, '');
  return change === undefined && /^\w+:[UW]\w+$/.test(name) ? '' : `${name} `;
};

const rowLine = (row: TimelineRow): Line => [
  { at: iso(row.atMs), format: '{date_short_pretty} {time_secs}' },
  ...(row.untilMs === undefined ? [] : [' to ', { at: iso(row.untilMs) }]),
  '  ',
  // A verdict names its host itself.
  ...(row.host === undefined || row.what.includes(`  ${row.host}: `) ? [] : [{ bold: row.host }, ': ']),
  row.subject === 'actor' ? whoOf(row) : row.subject === 'change' ? 'the change ' : '',
  row.what.slice(0, WORDS_MAX),
  repeatedInWords(row),
  ...(row.details.length === 0
    ? []
    : [`${row.hosts === undefined ? '. ' : ': '}${row.details.slice(0, 2).join('; ').slice(0, WORDS_MAX)}`]),
];

/** Where the steps are that a message has no room for. */
const omittedInWords = (omitted: number, { file, words }: Pick<StoryAnswer, 'file' | 'words'>): string => {
  const first = `The first ${plural(omitted, 'step')} ${omitted === 1 ? 'is' : 'are'} not shown here`;
  if (file === true) return `${first}: the file has them all.`;
  return words === undefined
    ? `${first}, and the file with all of them could not be posted. A shorter --since shows fewer.`
    : `${first}: “Post summary into channel” brings a file with all of them. A shorter --since shows fewer.`;
};

export interface StoryAnswer {
  timeline: Timeline;
  /** what was asked for: `the last 3 h, this channel` */
  scope: string;
  /** words of the question, for the button that posts it; none: it stands in the channel already */
  words?: string;
  /** the whole of it stands beside this message */
  file?: boolean;
}

export const timelineMessage = (input: StoryAnswer): Message => {
  const { timeline, scope, words } = input;
  const rows = timeline.rows.slice(-ROWS);
  const omitted = timeline.rows.length - rows.length + timeline.omitted;
  const changes = new Set(timeline.rows.flatMap(({ change }) => (change === undefined ? [] : [change]))).size;
  const verdict =
    timeline.rows.length === 0
      ? `Timeline of ${scope}: nothing was recorded`
      : `Timeline of ${scope}: ${plural(timeline.rows.length, 'step')}, ${plural(timeline.hosts.length, 'host')}, ${plural(changes, 'change')}`;
  const last = timeline.rows.at(-1);
  const on = last?.host === undefined || last.what.includes(`  ${last.host}: `) ? '' : `${last.host}: `;
  return messageOf(
    spoken(last === undefined ? verdict : `${verdict}. Last: ${on}${last.what}`),
    [
      always(header(verdict)),
      ...(omitted > 0 ? [always(context(omittedInWords(omitted, input)))] : []),
      ...(rows.length === 0
        ? [always(context('Measurements, proposals, approvals and changes are recorded as they happen.'))]
        : // In portions, so that a long story gives up its oldest part alone.
          portions(rows, 5).map((some, index, all) => ({
            blocks: [rich(bullets(some.map(rowLine)))],
            need: all.length - index,
            name: 'older steps',
          }))),
      ...(timeline.hosts.length === 0
        ? []
        : [
            always(
              context(
                `Hosts: ${list(timeline.hosts.slice(0, 12))}${timeline.hosts.length > 12 ? ` and ${timeline.hosts.length - 12} more` : ''}`,
              ),
            ),
          ]),
      ...(words === undefined
        ? []
        : [
            always(
              actions([button(ACTIONS.postTimeline, 'Post summary into channel', { value: encodeRef({ words }) })]),
            ),
          ]),
    ],
    input.file === true
      ? 'The file has all of it.'
      : words === undefined
        ? 'A shorter --since shows it.'
        : '“Post summary into channel” brings a file with all of it.',
  );
};

const portions = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
