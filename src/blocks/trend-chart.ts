/** Lines over time as a chart, drawn where something was measured and nowhere else; and how old a number is. */
import { labelsOf, type Points, pointsOf } from '../core/trend-chart.js';
import type { Frame } from '../core/trend-frame.js';
import { clean } from './escape.js';
import type { DataVisualizationBlock } from './message.js';
import { duration } from './words.js';

/** A number of the last minute is told as one of now. */
const FRESH_MS = 60_000;

export const isFresh = (atMs: number, nowMs: number): boolean => nowMs - atMs < FRESH_MS;

export const ago = (atMs: number, nowMs: number): string =>
  isFresh(atMs, nowMs) ? 'just now' : `${duration(Math.round((nowMs - atMs) / 60_000) * 60)} ago`;

const UNITS: Readonly<Record<string, string>> = { '/s': 'a second' };
export const unitInWords = (unit: string): string => UNITS[unit] ?? unit;

/** `-10 min`, `-5 min`, and `now` or, where that was a while ago, `last`: no two alike. */
export const partLabels = ({ lastMs, widthMs, parts }: Frame, nowMs: number): string[] =>
  Array.from({ length: parts }, (_, part) => {
    const back = parts - 1 - part;
    return back === 0 ? (isFresh(lastMs, nowMs) ? 'now' : 'last') : `-${duration((back * widthMs) / 1_000)}`;
  });

/** What the axis counts back from. */
export const axisInWords = ({ lastMs }: Frame, nowMs: number): string =>
  isFresh(lastMs, nowMs) ? 'before now' : `before the last sample, ${ago(lastMs, nowMs)}`;

export interface Drawn {
  block: DataVisualizationBlock;
  points: Points;
  /** lines that are not in it, because they were measured in too little of its time */
  left: readonly string[];
}

/**
 * @param about.lines of one unit, the most telling first
 * @param about.labels of every part, no two alike
 * @returns undefined where there are less than two points to draw
 */
export const drawn = (about: {
  title: string;
  lines: readonly { name: string; values: readonly (number | undefined)[] }[];
  labels: readonly string[];
  x: string;
  y: string;
}): Drawn | undefined => {
  const { labels, lines, title, x, y } = about;
  const points = pointsOf(lines.map(({ values }) => values));
  const categories = points.parts.map((part) => labels[part] ?? '');
  if (categories.length < 2 || new Set(categories).size < categories.length) return undefined;
  const names = labelsOf(points.lines.map((at) => clean(lines[at]?.name ?? '') || '-'));
  return {
    points,
    left: lines.flatMap(({ name }, at) => (points.lines.includes(at) ? [] : [name])),
    block: {
      type: 'data_visualization',
      title: clean(title, 50),
      chart: {
        type: 'line',
        series: points.values.map((values, at) => ({
          name: names[at] ?? '-',
          data: values.map((value, point) => ({ label: categories[point] ?? '', value })),
        })),
        axis_config: { categories, x_label: clean(x, 50), y_label: clean(y, 50) },
      },
    },
  };
};

/** What lines of one unit are called together. */
export const togetherInWords = (unit: string, names: readonly string[]): string =>
  names.length === 1 ? (names[0] ?? '') : unit === 'sockets' ? 'TCP states' : `numbers in ${unitInWords(unit)}`;
