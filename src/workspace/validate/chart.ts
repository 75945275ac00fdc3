/** data_visualization: pie, bar, line and area charts (shipped 2026-06-16). */
import { blockId } from './basic.js';
import { both, byType, type Check, isObject, listOf, number, shape, string } from './check.js';

const type: Check = string(255, 1);
const label = string(20, 1);

const positive: Check = (value, place) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) place.say('must be a number greater than 0');
};

const pie: Check = shape({ type, segments: listOf(shape({ label, value: positive }), { min: 1, max: 12 }) });

const matchesAxis: Check = (value, place) => {
  if (!isObject(value) || !Array.isArray(value['series']) || !isObject(value['axis_config'])) return;
  const categories: unknown = value['axis_config']['categories'];
  if (!Array.isArray(categories)) return;
  if (new Set(categories).size !== categories.length)
    place.at('axis_config').at('categories').say('categories must be unique');
  const names = new Set<unknown>();
  value['series'].forEach((series: unknown, index) => {
    if (!isObject(series) || !Array.isArray(series['data'])) return;
    const at = place.at('series').at(index);
    if (names.has(series['name'])) at.at('name').say('series names must be unique');
    names.add(series['name']);
    const labels = series['data'].map((point: unknown) => (isObject(point) ? point['label'] : undefined));
    const covers = labels.length === categories.length && categories.every((category) => labels.includes(category));
    if (!covers) at.at('data').say('must have exactly one point for every category of axis_config');
  });
};

const xy: Check = both(
  shape({
    type,
    series: listOf(shape({ name: label, data: listOf(shape({ label, value: number }), { min: 1, max: 20 }) }), {
      min: 1,
      max: 12,
    }),
    axis_config: shape(
      { categories: listOf(label, { min: 1, max: 20 }) },
      { x_label: string(50), y_label: string(50) },
    ),
  }),
  matchesAxis,
);

export const chartBlocks: Readonly<Record<string, Check>> = {
  data_visualization: shape(
    { type, title: string(50, 1), chart: byType({ pie, bar: xy, line: xy, area: xy }, 'chart') },
    blockId,
  ),
};
