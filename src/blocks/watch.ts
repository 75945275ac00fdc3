/** A watched host: one message that is kept current. What is wrong now, what came and went, the states over time. */
import type { Person } from '../core/caller.js';
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
import { clean, spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { DataVisualizationBlock, Message } from './message.js';
import { count, duration, plural } from './words.js';

const SERIES = 4;
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

/** Lines over time. Slack: every series covers the categories exactly, and categories are unique. */
const chartOf = (watch: Watch): DataVisualizationBlock | undefined => {
  const { atMs, series } = seriesOf(watch, SERIES, POINTS);
  const categories = atMs.map((at) => since(watch, at));
  if (series.length === 0 || new Set(categories).size !== categories.length || categories.length < 2) return undefined;
  return {
    type: 'data_visualization',
    title: clean(`TCP states of ${watch.host} over time`, 50),
    chart: {
      type: 'line',
      series: series.map(({ name, values }) => ({
        name: clean(name, 20),
        data: values.map((value, at) => ({ label: categories[at] ?? '', value })),
      })),
      axis_config: { categories, x_label: 'minutes since the beginning', y_label: 'sockets' },
    },
  };
};

/** The chart in words: for a screen reader, a notification and a workspace without charts. */
const chartInWords = (watch: Watch): readonly Line[] =>
  seriesOf(watch, SERIES, POINTS).series.map(({ name, values }): Line => {
    const first = values[0] ?? 0;
    const last = values.at(-1) ?? 0;
    const low = Math.min(...values);
    const high = Math.max(...values);
    const path = first === last ? `${count(last)}, as at the beginning` : `${count(first)} → ${count(last)}`;
    return [{ bold: name }, `  ${path}${high > low ? ` (lowest ${count(low)}, highest ${count(high)})` : ''}`];
  });

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
  const chart = chartOf(watch);
  const words = chartInWords(watch);
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
      {
        blocks: words.length === 0 ? [] : [rich(sectionOf([{ bold: 'Over time' }]), bullets(words))],
        need: 3,
        name: 'the course in words',
      },
      { blocks: chart === undefined ? [] : [chart], need: 4, name: 'the chart' },
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
