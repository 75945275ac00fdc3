/** `/tcpstates web-1,web-2 --since 1h`: the course of the one number that moves most, a line for each host. */
import { courseOf, type HostTrend } from '../core/trend-many.js';
import { type Cell, context, dataTable, header, paragraph } from './elements.js';
import { clean, spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import { names } from './fleet-words.js';
import type { DataVisualizationBlock, Message } from './message.js';
import { filled, trendLabels } from './trend.js';
import { duration, figure, plural } from './words.js';

const tenth = (value: number): number => Math.round(value * 10) / 10;

export const trendManyMessage = (input: { hosts: readonly HostTrend[] }): Message => {
  const { hosts } = input;
  const [any] = hosts;
  const span = duration(any === undefined ? 0 : (any.trend.toMs - any.trend.fromMs) / 1_000);
  const course = courseOf(hosts);
  const unknown = hosts.filter(({ trend }) => trend.samples === 0).map(({ host }) => host);
  if (course === undefined || any === undefined) {
    const what = `Nothing was kept of ${names(hosts.map(({ host }) => host))} in the last ${span}.`;
    return messageOf(spoken(what), [
      always(
        paragraph({ bold: what }),
        context('Numbers are kept by sweeps (sweeps.yml) and while a host is watched.'),
      ),
    ]);
  }
  const { name, lines } = course;
  const [worst] = [...lines].sort((a, b) => b.line.most - a.line.most);
  const verdict = `${name} of ${plural(lines.length, 'host')}, last ${span}: up to ${figure(worst?.line.most ?? 0)} on ${worst?.host ?? ''}`;
  const categories = trendLabels(any.trend);
  const chart: DataVisualizationBlock = {
    type: 'data_visualization',
    title: clean(`${name}, the last ${span}`, 50),
    chart: {
      type: 'line',
      series: lines.map(({ line }, at) => ({
        name: course.labels[at] ?? '',
        data: filled(line).map((value, bin) => ({ label: categories[bin] ?? '', value })),
      })),
      axis_config: { categories, x_label: 'before now', y_label: clean(name, 50) },
    },
  };
  return messageOf(
    spoken(verdict),
    [
      always(
        header(`${name}: the last ${span}`),
        context('The number that moves most on these hosts. For all numbers of one: /tcpstates <host> --since'),
        ...(unknown.length === 0 ? [] : [paragraph(`Nothing was kept of ${names(unknown)} in this time.`)]),
      ),
      { blocks: [chart], need: 1, name: 'the chart' },
      always(
        dataTable(
          `${name} of each host in the last ${span}`,
          ['Host', 'Now', 'Least', 'Median', 'Most', 'Yesterday'],
          lines.map(({ host, line }): Cell[] => [
            host,
            line.latest,
            line.least,
            tenth(line.median),
            line.most,
            line.yesterday === undefined ? '-' : tenth(line.yesterday),
          ]),
          Math.max(1, lines.length),
        ),
      ),
    ],
    'Ask for fewer hosts.',
  );
};
