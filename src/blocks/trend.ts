/** `/tcpstates web-1 --since 1h`: the course of a host's numbers as a chart, and in words. */
import type { Rule } from '../core/rule.js';
import { NO_ANSWER } from '../core/sweep.js';
import { isSilent, moves, type Trend, type TrendLine } from '../core/trend.js';
import { byUnit } from '../core/trend-chart.js';
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
  type Moment,
  paragraph,
  rich,
  sectionOf,
} from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';
import { titleOf } from './sentences/index.js';
import { ago, axisInWords, drawn, isFresh, partLabels, togetherInWords, unitInWords } from './trend-chart.js';
import { duration, figure, plural } from './words.js';

export interface TrendAnswer {
  host: { name: string };
  trend: Trend;
  rules: ReadonlyMap<string, Rule>;
  /** names of the numbers by which the present findings are measured, as far as they are known */
  by?: readonly string[];
  /** whether a message can be kept current here */
  canWatch?: boolean;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const WHEN = '{date_short_pretty} {time}';
const CHARTS = 2;

/** What is kept, and how to begin: nobody should have to guess why there is nothing. */
export const keptInWords = (canWatch: boolean): string =>
  `Every measurement that somebody asks for is kept, and those of watches and sweeps (sweeps.yml).${canWatch ? ' “Watch” measures every 15 s, for 10 minutes.' : ''}`;

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** How many samples, over which time, and how old the last one is. */
const sampledLine = ({ samples, firstMs, lastMs, gapMs, frame, toMs }: Trend): (string | Moment)[] => {
  const last: (string | Moment)[] = [{ at: iso(lastMs), format: WHEN }, `, ${ago(lastMs, toMs)}`];
  if (samples === 1) return ['1 sample, of ', ...last];
  return [
    `${plural(samples, 'sample')} in ${duration((lastMs - firstMs) / 1_000)}: from `,
    { at: iso(firstMs), format: WHEN },
    ' to ',
    ...last,
    // Looks that are due come a little late now and then.
    gapMs < 3 * (frame?.widthMs ?? gapMs) ? '' : `. Nothing was measured for ${duration(gapMs / 1_000)} in between`,
  ];
};

const lineInWords = (line: TrendLine, { toMs, samples }: Trend): string => {
  const now = isFresh(line.latestMs, toMs)
    ? `${figure(line.latest)} now`
    : `${figure(line.latest)} (${ago(line.latestMs, toMs)})`;
  const course =
    line.least < line.most ? `, ${figure(line.least)} to ${figure(line.most)}` : samples > 1 ? ', unchanged' : '';
  return `${line.name} ${now}${course}${line.yesterday === undefined ? '' : `; yesterday at this time ${figure(line.yesterday)}`}`;
};

/** Numbers of one unit share a chart: 18,888 sockets would press a share of a limit flat. */
const chartsOf = ({ host, trend }: TrendAnswer) => {
  const { frame, toMs, firstMs, lastMs } = trend;
  if (frame === undefined) return [];
  return byUnit(trend.lines).flatMap(({ unit, lines }) => {
    const what = togetherInWords(
      unit,
      lines.map(({ name }) => name),
    );
    return (
      drawn({
        title: `${host.name}: ${what}, ${duration((lastMs - firstMs) / 1_000)}`,
        lines,
        labels: partLabels(frame, toMs),
        x: axisInWords(frame, toMs),
        y: unitInWords(unit),
      }) ?? []
    );
  });
};

const orderInWords = ({ trend, by = [] }: TrendAnswer): string => {
  const [first] = trend.lines;
  if (first === undefined) return '';
  if (by.includes(first.name)) return ', those of its findings first';
  return moves(first) ? ', those that moved most first' : ': none of them moved';
};

const numbersTable = (input: TrendAnswer, span: string) => {
  const { host, trend } = input;
  const yesterday = trend.lines.some((line) => line.yesterday !== undefined);
  return dataTable(
    `Numbers of ${host.name} in the last ${span}${orderInWords(input)}`,
    ['What', isFresh(trend.lastMs, trend.toMs) ? 'Now' : 'Last', 'Least', 'Median', 'Most'].concat(
      yesterday ? ['Yesterday'] : [],
    ),
    trend.lines.map((line): Cell[] => [
      line.name,
      // One that was not told the last time is older than the others.
      line.latestMs < trend.lastMs ? `${figure(line.latest)}, ${ago(line.latestMs, trend.toMs)}` : line.latest,
      line.least,
      tenth(line.median),
      line.most,
      ...(yesterday ? [line.yesterday === undefined ? '-' : tenth(line.yesterday)] : []),
    ]),
    5,
  );
};

export const trendMessage = (input: TrendAnswer): Message => {
  const { host, trend, rules } = input;
  const span = duration((trend.toMs - trend.fromMs) / 1000);
  const value = encodeRef({ host: host.name });
  const measure = button(ACTIONS.measure, 'Measure now', { value });
  const watch =
    input.canWatch === true
      ? [button(ACTIONS.watch, 'Watch 10 min', { value, label: `Watch ${host.name} for 10 minutes` })]
      : [];
  const [first] = trend.lines;
  if (trend.samples === 0 || first === undefined) {
    const what =
      trend.samples === 0
        ? `Nothing was measured on ${host.name} in the last ${span}.`
        : isSilent(trend)
          ? `${host.name} gave no answer in the last ${span}: asked ${plural(trend.samples, 'time')}.`
          : `Nothing but zeros was measured on ${host.name} in the last ${span}.`;
    return messageOf(spoken(what), [
      always(paragraph({ bold: what }), context(keptInWords(input.canWatch === true)), actions([...watch, measure])),
    ]);
  }
  const charts = chartsOf(input).slice(0, CHARTS);
  return messageOf(
    spoken(`${host.name}, last ${span}: ${lineInWords(first, trend)}`),
    [
      always(header(`${host.name}: the last ${span}`), context(...sampledLine(trend))),
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
                        { bold: seen.id === NO_ANSWER ? 'No answer' : titleOf(seen.id, rules) },
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
      ...charts.map(({ block }) => ({ blocks: [block], need: 1, name: 'the chart' })),
      { blocks: [numbersTable(input, span)], need: 0, name: 'the numbers' },
      always(actions([measure, ...watch])),
    ],
    'Ask with a shorter --since.',
  );
};
