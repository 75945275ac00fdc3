/** `/tcpstates web-1 --since 1h`: the course of a host's numbers as a chart, and in words. */
import type { Rule } from '../core/rule.js';
import { BINS_MAX, type Trend, type TrendLine } from '../core/trend.js';
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
import { always, messageOf } from './fit.js';
import type { DataVisualizationBlock, Message } from './message.js';
import { titleOf } from './sentences/index.js';
import { duration, figure, plural } from './words.js';

export interface TrendAnswer {
  host: { name: string };
  trend: Trend;
  rules: ReadonlyMap<string, Rule>;
  /** what was typed behind --since */
  since: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const WHEN = '{date_short_pretty} {time}';

/** Labels must differ: `-55 min`, `now`. */
export const trendLabels = (trend: Trend): string[] =>
  trend.bins.map((begin, at) =>
    at === trend.bins.length - 1 ? 'now' : `-${duration(Math.max(1, (trend.toMs - begin) / 1000))}`.slice(0, 20),
  );

/** A line of a chart has a point in every place: what was not measured is drawn as the value before it, and said below. */
export const filled = (line: TrendLine): number[] => {
  let last = line.values.find((value) => value !== undefined) ?? 0;
  return line.values.map((value) => {
    last = value ?? last;
    return last;
  });
};

const chart = ({ host, trend }: TrendAnswer): DataVisualizationBlock => {
  const categories = trendLabels(trend);
  return {
    type: 'data_visualization',
    title: clean(`${host.name}, the last ${duration((trend.toMs - (trend.bins[0] ?? trend.fromMs)) / 1000)}`, 50),
    chart: {
      type: 'line',
      series: trend.lines.map((line) => ({
        name: clean(line.name, 20),
        data: filled(line).map((value, at) => ({ label: categories[at] ?? '', value })),
      })),
      axis_config: { categories, x_label: 'before now', y_label: 'sockets, or as named' },
    },
  };
};

const lineInWords = (line: TrendLine): string =>
  `${line.name} ${figure(line.latest)} now, ${figure(line.least)} to ${figure(line.most)}${line.yesterday === undefined ? '' : `; yesterday at this time ${figure(line.yesterday)}`}`;

export const trendMessage = (input: TrendAnswer): Message => {
  const { host, trend, rules } = input;
  const span = duration((trend.toMs - trend.fromMs) / 1000);
  const measure = actions([button(ACTIONS.measure, 'Measure now', { value: encodeRef({ host: host.name }) })]);
  if (trend.samples === 0 || trend.lines.length === 0) {
    const what = `Nothing was kept of ${host.name} in the last ${span}.`;
    return messageOf(spoken(what), [
      always(
        paragraph({ bold: what }),
        context(
          'Numbers are kept by sweeps (sweeps.yml) and while a host is watched. Name it in one to see its course.',
        ),
        measure,
      ),
    ]);
  }
  const [first] = trend.lines;
  const verdict = `${host.name}, last ${span}: ${first === undefined ? '' : lineInWords(first)}`;
  const begin = trend.bins[0] ?? trend.fromMs;
  const empty = trend.lines[0]?.values.filter((value) => value === undefined).length ?? 0;
  return messageOf(
    spoken(verdict),
    [
      always(
        header(`${host.name}: the last ${span}`),
        context(
          `${plural(trend.samples, 'sample')} since `,
          { at: iso(trend.fromMs), format: WHEN },
          ...(begin > trend.fromMs ? ['. Nothing was kept before ', { at: iso(begin), format: WHEN }] : []),
          empty > 0 ? `. In ${empty} of ${BINS_MAX} parts nothing was measured: the line goes on flat there` : '',
        ),
      ),
      ...(trend.findings.length === 0
        ? [always(paragraph('No finding at warning or critical in this time.'))]
        : [
            always(
              rich(
                sectionOf([{ bold: 'Seen in this time' }]),
                bullets(
                  trend.findings
                    .slice(0, 6)
                    .map(
                      (seen): Line => [
                        { bold: seen.id === 'no-answer' ? 'No answer' : titleOf(seen.id, rules) },
                        ' from ',
                        { at: iso(seen.firstMs), format: WHEN },
                        ' to ',
                        { at: iso(seen.lastMs), format: WHEN },
                        `, in ${seen.samples} of ${trend.samples} samples`,
                      ],
                    ),
                ),
              ),
            ),
          ]),
      { blocks: [chart(input)], need: 1, name: 'the chart' },
      {
        blocks: [
          dataTable(
            `Numbers of ${host.name} in the last ${span}, the liveliest first`,
            ['What', 'Now', 'Least', 'Median', 'Most', 'Yesterday'],
            trend.lines.map((line): Cell[] => [
              line.name,
              line.latest,
              line.least,
              Math.round(line.median * 10) / 10,
              line.most,
              line.yesterday === undefined ? '-' : Math.round(line.yesterday * 10) / 10,
            ]),
            5,
          ),
        ],
        need: 0,
        name: 'the numbers',
      },
      always(measure),
    ],
    'Ask with a shorter --since.',
  );
};
