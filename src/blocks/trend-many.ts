/** `/tcpstates web-1,web-2 --since 1h`: the course of the one number that tells most, a line for each host. */

import { isSilent } from '../core/trend.js';
import { unitOf } from '../core/trend-chart.js';
import { type Course, courseOf, type HostTrend } from '../core/trend-many.js';
import { ACTIONS, encodeRef, fitsRef } from './actions.js';
import { actions, button, type Cell, context, dataTable, header, paragraph } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import { names } from './fleet-words.js';
import type { AnyBlock, Message } from './message.js';
import { keptInWords } from './trend.js';
import { ago, axisInWords, type Drawn, drawn, partLabels, unitInWords } from './trend-chart.js';
import { duration, figure, plural } from './words.js';

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** @param unknown hosts of which there is nothing: a watch begins one */
const buttonsFor = (hosts: readonly string[], unknown: readonly string[], canWatch: boolean): AnyBlock[] => {
  const selector = hosts.join(',');
  const all = [
    ...(unknown.length === hosts.length && fitsRef(selector)
      ? [button(ACTIONS.fleet, 'Measure all now', { value: encodeRef({ selector, hosts: hosts.length }) })]
      : []),
    ...(canWatch
      ? unknown.map((host, at) =>
          button(`${ACTIONS.watch}:${at}`, `Watch ${host} 10 min`, { value: encodeRef({ host }) }),
        )
      : []),
  ];
  return all.length === 0 ? [] : [actions(all)];
};

const because = ({ because: why, found }: Course): string =>
  why === 'finding'
    ? `By this number what is wrong on ${names(found)} is measured.`
    : why === 'moves'
      ? 'The number that moves most on these hosts.'
      : 'No number moved on these hosts; this is the largest.';

/** What of the chart was not measured: a line has a value at every point, whether there was one or not. */
const caveats = ({ points, left }: Drawn): string[] => [
  ...(points.flat === 0
    ? []
    : [`At ${points.flat} of ${points.parts.length} points not every host was measured: its line goes on flat there.`]),
  ...(left.length === 0 ? [] : [`Not in the chart, measured in too little of its time: ${names(left)}.`]),
];

export const trendManyMessage = (input: { hosts: readonly HostTrend[]; canWatch?: boolean }): Message => {
  const { hosts, canWatch = false } = input;
  const [any] = hosts;
  const span = duration(any === undefined ? 0 : (any.trend.toMs - any.trend.fromMs) / 1_000);
  const course = courseOf(hosts);
  const all = hosts.map(({ host }) => host);
  const unknown = hosts.filter(({ trend }) => trend.samples === 0).map(({ host }) => host);
  const silent = hosts.filter(({ trend }) => isSilent(trend)).map(({ host }) => host);
  if (course === undefined || any === undefined) {
    const what =
      unknown.length === hosts.length
        ? `Nothing was measured on ${names(all)} in the last ${span}.`
        : `${names(all)} gave no answer in the last ${span}.`;
    return messageOf(spoken(what), [
      always(paragraph({ bold: what }), context(keptInWords(canWatch)), ...buttonsFor(all, all, canWatch)),
    ]);
  }
  const { name, lines } = course;
  const { frame, toMs } = any.trend;
  const [worst] = [...lines].sort((a, b) => b.line.most - a.line.most);
  const verdict = `${name} of ${plural(lines.length, 'host')}, last ${span}: up to ${figure(worst?.line.most ?? 0)} on ${worst?.host ?? ''}`;
  const measured = hosts.filter(({ trend }) => trend.samples > 0).map(({ trend }) => trend);
  const firstMs = Math.min(...measured.map((trend) => trend.firstMs));
  const lastMs = Math.max(...measured.map((trend) => trend.lastMs));
  const chart =
    frame === undefined
      ? undefined
      : drawn({
          title: `${name}, ${duration((lastMs - firstMs) / 1_000)}`,
          lines: lines.map(({ host, line }) => ({ name: host, values: line.values })),
          labels: partLabels(frame, toMs),
          x: axisInWords(frame, toMs),
          y: unitOf(name) === 'sockets' ? name : unitInWords(unitOf(name)),
        });
  const yesterday = lines.some(({ line }) => line.yesterday !== undefined);
  const said = chart === undefined ? [] : caveats(chart);
  return messageOf(
    spoken(verdict),
    [
      always(
        header(`${name}: the last ${span}`),
        context(
          `${because(course)} Measured from `,
          { at: new Date(firstMs).toISOString(), format: '{date_short_pretty} {time}' },
          ' to ',
          { at: new Date(lastMs).toISOString(), format: '{date_short_pretty} {time}' },
          `, ${ago(lastMs, toMs)}.${said.length === 0 ? '' : ` ${said.join(' ')}`} For all numbers of one: /tcpstates <host> --since`,
        ),
        ...(unknown.length === 0 ? [] : [paragraph(`Nothing was measured on ${names(unknown)} in this time.`)]),
        ...(silent.length === 0 ? [] : [paragraph(`No answer from ${names(silent)} in this time.`)]),
      ),
      { blocks: chart === undefined ? [] : [chart.block], need: 1, name: 'the chart' },
      always(
        dataTable(
          `${name} of each host in the last ${span}`,
          ['Host', 'Last', 'When', 'Least', 'Median', 'Most', ...(yesterday ? ['Yesterday'] : [])],
          lines.map(({ host, line }): Cell[] => [
            host,
            line.latest,
            ago(line.latestMs, toMs),
            line.least,
            tenth(line.median),
            line.most,
            ...(yesterday ? [line.yesterday === undefined ? '-' : tenth(line.yesterday)] : []),
          ]),
          Math.max(1, lines.length),
        ),
        ...buttonsFor(all, unknown, canWatch),
      ),
    ],
    'Ask for fewer hosts.',
  );
};
