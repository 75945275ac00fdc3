/** A watched host: one message that is kept current. What is wrong now, what came and went, the states over time. */
import type { Person } from '../core/caller.js';
import { byUnit } from '../core/trend-chart.js';
import { seriesOf, type Watch } from '../core/watch.js';
import { ACTIONS, encodeRef } from './actions.js';
import {
  actions,
  bullets,
  button,
  type Cell,
  context,
  dataTable,
  header,
  type Line,
  paragraph,
  rich,
  sectionOf,
} from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { DataVisualizationBlock, Message } from './message.js';
import { drawn, togetherInWords, unitInWords } from './trend-chart.js';
import { count, duration, figure, list, plural } from './words.js';

const SERIES = 6;
/** Slack: at most two in a message */
const CHARTS = 2;
const POINTS = 20;
const SEVERITY = { crit: 'CRITICAL', warn: 'WARNING', info: 'Note' } as const;
const WHY = {
  over: 'The time is over',
  stopped: 'Stopped',
  gone: 'Its message can no longer be kept current',
  unregistered: 'The host is no longer registered',
  'not-allowed': 'Whoever asked for it may no longer see the host here',
} as const;

const iso = (ms: number): string => new Date(ms).toISOString();

/** `0:15`, `12:30`: since the beginning, so that it needs no time zone */
const since = (watch: Watch, atMs: number): string => {
  const seconds = Math.max(0, Math.round((atMs - watch.startedMs) / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** Numbers of one unit share a chart: 18,888 sockets would press a share of a limit flat. */
const chartsOf = (watch: Watch): readonly DataVisualizationBlock[] => {
  const { atMs, series } = seriesOf(watch, SERIES, POINTS);
  // What stands still is told in words.
  const telling = series.filter(({ measures, moved }) => measures || moved);
  return byUnit(telling)
    .slice(0, CHARTS)
    .flatMap(({ unit, lines }) => {
      const what = togetherInWords(
        unit,
        lines.map(({ name }) => name),
      );
      const chart = drawn({
        title: `${what} of ${watch.host} over time`,
        lines,
        labels: atMs.map((at) => since(watch, at)),
        x: 'minutes since the beginning',
        y: unitInWords(unit),
      });
      return chart?.block ?? [];
    });
};

/** The course in words, for a screen reader, a notification and a workspace without charts: what is wrong, then what moved. */
const courseInWords = (watch: Watch): readonly Line[] => {
  const { series } = seriesOf(watch, SERIES, POINTS);
  const told = series
    .filter(({ measures, moved }) => measures || moved)
    .map(({ name, values }): Line => {
      const some = values.filter((value) => value !== undefined);
      const [first = 0, last = 0] = [some[0], some.at(-1)];
      const [low, high] = [Math.min(...some), Math.max(...some)];
      const path =
        some.length === 1
          ? figure(first)
          : first === last
            ? `${figure(last)}, as at the beginning`
            : `${figure(first)} → ${figure(last)}`;
      const range = low < Math.min(first, last) || high > Math.max(first, last);
      return [{ bold: name }, `  ${path}${range ? ` (lowest ${figure(low)}, highest ${figure(high)})` : ''}`];
    });
  const still = series.filter(({ measures, moved }) => !measures && !moved);
  if (still.length === 0 || watch.points.length < 2) return told;
  return [...told, [`${told.length === 0 ? 'Nothing moved' : 'Not moved'}: ${list(still.map(({ name }) => name))}`]];
};

const statesPart = (watch: Watch): Part => {
  const first = watch.points[0]?.counts;
  const last = watch.points.at(-1)?.counts;
  if (first === undefined || last === undefined) return { blocks: [], need: 2, name: 'the states' };
  const rows = Object.keys(last)
    .filter((name) => (last[name] ?? 0) > 0 || (first[name] ?? 0) > 0)
    .sort((a, b) => (last[b] ?? 0) - (last[a] ?? 0))
    .map((name): Cell[] => {
      const change = (last[name] ?? 0) - (first[name] ?? 0);
      return [name, last[name] ?? 0, change === 0 ? '=' : `${change > 0 ? '+' : '-'}${count(Math.abs(change))}`];
    });
  return {
    blocks:
      rows.length === 0
        ? []
        : [
            dataTable(
              `TCP sockets of ${watch.host}, and the change since the beginning`,
              ['State', 'Sockets', 'Change'],
              rows,
              12,
            ),
          ],
    need: 2,
    name: 'the states',
  };
};

const eventLines = (watch: Watch): readonly Line[] =>
  watch.events.map(
    ({ atMs, came, went }): Line => [
      { at: iso(atMs) },
      '  ',
      ...(came.length === 0 ? [] : [{ bold: 'Came: ' }, came.join(', ')]),
      ...(came.length > 0 && went.length > 0 ? ['; '] : []),
      ...(went.length === 0 ? [] : [{ bold: 'Gone: ' }, went.join(', ')]),
    ],
  );

const findingsPart = ({ now }: Watch): Part => {
  if ('failure' in now) return always(paragraph(now.failure));
  const findings = now.findings.slice(0, 6);
  if (findings.length === 0) return always(paragraph('Nothing wrong found at the last look.'));
  return always(
    rich(
      bullets([
        ...findings.map(({ severity, headline }): Line => [{ bold: `${SEVERITY[severity]}  ` }, headline]),
        ...(now.findings.length > findings.length ? [[`… ${now.findings.length - findings.length} more`] as Line] : []),
      ]),
    ),
  );
};

/** The line above: what is being done until when, or why it is over. */
const statusBlock = (watch: Watch) => {
  const { ended, everyMs, looks, now, endsMs } = watch;
  if (ended === undefined)
    return context(
      'Watching until ',
      { at: iso(endsMs) },
      `, every ${duration(everyMs / 1_000)}. Last look `,
      { at: iso(now.atMs) },
      `, ${plural(looks, 'look')} so far.`,
    );
  return context(
    `Watch ended. ${WHY[ended.why]}${ended.note === undefined ? '' : ` (${ended.note})`}. Last look `,
    { at: iso(now.atMs) },
    `, ${plural(looks, 'look')} from `,
    { at: iso(watch.startedMs) },
    ' on.',
  );
};

export const watchMessage = (watch: Watch): Message => {
  const { host, now, ended, by, text } = watch;
  const words = courseInWords(watch);
  const events = eventLines(watch);
  const line = 'failure' in now ? `NO ANSWER  ${host}` : now.line;
  const buttons = [
    ...(ended === undefined
      ? [
          button(ACTIONS.stopWatch, 'Stop watching', {
            value: encodeRef({ host, watch: watch.id }),
            label: `Stop watching ${host}`,
          }),
        ]
      : [button(ACTIONS.watch, 'Watch 10 min again', { value: encodeRef({ host }) })]),
    button(ACTIONS.measure, 'Diagnose now', { value: encodeRef({ host }) }),
  ];
  return messageOf(
    spoken(ended === undefined ? text : `Watch ended. ${text}`),
    [
      always(header(ended === undefined ? `Watching  ${line}` : `Watch ended  ${line}`), statusBlock(watch)),
      findingsPart(watch),
      {
        blocks: words.length === 0 ? [] : [rich(sectionOf([{ bold: 'Over time' }]), bullets(words))],
        need: 3,
        name: 'the course in words',
      },
      {
        blocks:
          events.length === 0
            ? []
            : [
                rich(
                  sectionOf([
                    {
                      bold: `Findings that came and went${watch.eventsOmitted > 0 ? ` (the last ${events.length})` : ''}`,
                    },
                  ]),
                  bullets(events),
                ),
              ],
        need: 1,
        name: 'what came and went',
      },
      always(actions(buttons)),
      { blocks: chartsOf(watch), need: 4, name: 'the chart' },
      statesPart(watch),
      { blocks: [paragraph('Watched for ', { user: by.userId })], need: 5, name: '' },
    ],
    `/tcpstates ${host} has all of it.`,
  );
};

/** To whoever had it watched, when its message can no longer be reached. */
export const watchLostMessage = (watch: Watch, why: string): Message =>
  messageOf(spoken(`The watch on ${watch.host} has ended: ${why}`), [
    always(
      paragraph({ bold: `The watch on ${watch.host} has ended: ` }, why),
      paragraph(`Its last word: ${watch.text}`),
      actions([
        button(ACTIONS.measure, 'Diagnose now', {
          value: encodeRef({ host: watch.host }),
          label: `Diagnose ${watch.host} now`,
        }),
      ]),
    ),
  ]);

/** What stands there until the first look is over. */
export const watchOpening = (input: { host: string; by: Person; endsMs: number }): Message =>
  messageOf(spoken(`Watching ${input.host}…`), [
    always(
      paragraph({ bold: input.host }, ': first look, then watched until ', { at: iso(input.endsMs) }, '.'),
      paragraph('Watched for ', { user: input.by.userId }),
      actions([button(ACTIONS.cancel, 'Stop', { value: encodeRef({ host: input.host }) })]),
    ),
  ]);
