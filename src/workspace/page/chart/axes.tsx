/** Bar, line and area charts. The values under the pointer, or under the arrow keys, are told in words. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ChartSeries } from '../../../blocks/message.js';
import { dashes, lookOf, markers } from './colours.js';
import { fillOf, Hatches } from './hatches.js';
import { fullNumber, labelEvery, linear, niceTicks, shortNumber } from './scale.js';

export interface AxesChart {
  type: 'bar' | 'line' | 'area';
  series: readonly ChartSeries[];
  axis_config: { categories: readonly string[]; x_label?: string; y_label?: string };
}

/** px */
const height = 230;
/** px that a character of a slanted label, capitals mostly, takes downwards */
const slantedDrop = 5;
/** characters of a category's name that are drawn; all of it is in the tooltip and the table */
const labelMax = 14;
/** about px a character of an axis label */
const characterWidth = 6.6;

export const Axes = (props: { chart: AxesChart; width: number; words: string; id: string }): VNode => {
  const { chart, width, id } = props;
  const [active, setActive] = useState<number>();
  const { categories, x_label, y_label } = chart.axis_config;
  const rows = chart.series.map((series) => {
    const byLabel = new Map(series.data.map((point) => [point.label, point.value]));
    return { name: series.name, values: categories.map((category) => byLabel.get(category)) };
  });
  const all = rows.flatMap((row) => row.values).filter((value) => value !== undefined);
  const ticks = niceTicks(Math.min(...all), Math.max(...all));
  const tickWords = ticks.map(shortNumber);
  const left =
    10 + Math.max(...tickWords.map((word) => word.length)) * characterWidth + (y_label === undefined ? 0 : 16);
  const top = 16;
  const right = width - 10;
  const longest = Math.max(1, ...categories.map((category) => Math.min(labelMax, category.length)));
  const upright = labelEvery(categories.length, right - left, longest * characterWidth + 8) === 1;
  // Names that don't fit side by side are slanted, so that each bar keeps its own; times may be left out.
  const slanted = !upright && !categories.every((category) => /^[\d:., -]+$/.test(category));
  const every = upright ? 1 : labelEvery(categories.length, right - left, slanted ? 18 : longest * characterWidth + 8);
  const bottom = height - (slanted ? 18 + longest * slantedDrop : 24) - (x_label === undefined ? 0 : 16);
  const step = (right - left) / Math.max(1, categories.length);
  const x = (index: number): number => left + step * (index + 0.5);
  const y = linear([ticks[0] ?? 0, ticks.at(-1) ?? 1], [bottom, top]);

  const pointAt = (clientX: number, box: DOMRect): number =>
    Math.max(0, Math.min(categories.length - 1, Math.floor((clientX - box.left - left) / step)));
  const move = (by: number) =>
    setActive((now) =>
      Math.max(0, Math.min(categories.length - 1, now === undefined ? (by > 0 ? 0 : categories.length - 1) : now + by)),
    );

  return (
    <div class="axes">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={props.words}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the values out
        tabIndex={0}
        onMouseMove={(event) => setActive(pointAt(event.clientX, event.currentTarget.getBoundingClientRect()))}
        onMouseLeave={() => setActive(undefined)}
        onBlur={() => setActive(undefined)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
          event.preventDefault();
          move(event.key === 'ArrowRight' ? 1 : -1);
        }}
      >
        <Hatches id={id} />
        {ticks.map((tick, index) => (
          <g key={tick}>
            <path class={tick === 0 ? 'axis-zero' : 'axis-line'} d={`M${left} ${y(tick)}H${right}`} />
            <text class="axis-text" x={left - 6} y={y(tick) + 4} text-anchor="end">
              {tickWords[index]}
            </text>
          </g>
        ))}
        {categories.map((category, index) =>
          index % every === 0 ? (
            <text
              class="axis-text"
              key={category}
              {...(slanted
                ? { transform: `translate(${x(index) + 4} ${bottom + 12}) rotate(-40)`, 'text-anchor': 'end' as const }
                : { x: x(index), y: bottom + 16, 'text-anchor': 'middle' as const })}
            >
              {category.length > labelMax ? `${category.slice(0, labelMax - 1)}…` : category}
            </text>
          ) : null,
        )}
        {x_label === undefined ? null : (
          <text class="axis-label" x={(left + right) / 2} y={height - 4} text-anchor="middle">
            {x_label}
          </text>
        )}
        {y_label === undefined ? null : (
          <text class="axis-label" transform={`translate(11 ${(top + bottom) / 2}) rotate(-90)`} text-anchor="middle">
            {y_label}
          </text>
        )}
        {active === undefined ? null : (
          <rect class="axis-active" x={left + step * active} y={top} width={step} height={bottom - top} />
        )}
        {chart.type === 'bar' && rows.length === 1 && step >= 30
          ? rows[0]?.values.map((value, index) =>
              value === undefined ? null : (
                <text
                  class="bar-value"
                  key={categories[index]}
                  x={x(index)}
                  y={y(Math.max(0, value)) - 4}
                  text-anchor="middle"
                >
                  {fullNumber(value).length * 7 < step ? fullNumber(value) : shortNumber(Number(value.toPrecision(3)))}
                </text>
              ),
            )
          : null}
        {chart.type === 'bar'
          ? rows.map((row, index) => (
              <Bars key={row.name} {...{ index, rows: rows.length, values: row.values, x, y, step, id }} />
            ))
          : rows.map((row, index) => (
              <Trace key={row.name} {...{ index, values: row.values, x, y, id, filled: chart.type === 'area' }} />
            ))}
      </svg>
      {active === undefined ? null : (
        <div
          class={`tooltip ${x(active) > width / 2 ? 'tooltip-left' : ''}`}
          style={x(active) > width / 2 ? { right: `${width - x(active) + 12}px` } : { left: `${x(active) + 12}px` }}
        >
          <b>{categories[active]}</b>
          {rows.map((row) => (
            <div class="tooltip-row" key={row.name}>
              <span>{row.name}</span>
              <span class="tooltip-value">
                {row.values[active] === undefined ? '–' : fullNumber(row.values[active])}
              </span>
            </div>
          ))}
        </div>
      )}
      <div class="for-readers" aria-live="polite">
        {active === undefined
          ? ''
          : `${categories[active]}: ${rows.map((row) => `${row.name} ${row.values[active] ?? 'none'}`).join(', ')}`}
      </div>
    </div>
  );
};

interface Drawn {
  index: number;
  values: readonly (number | undefined)[];
  x(index: number): number;
  y(value: number): number;
  id: string;
}

const Bars = ({ index, rows, values, x, y, step, id }: Drawn & { rows: number; step: number }): VNode => {
  const look = lookOf(index);
  const group = Math.min(step * 0.76, 48 * rows);
  const each = group / rows;
  return (
    <g class={`series-${look}`}>
      {values.map((value, at) =>
        value === undefined ? null : (
          <rect
            key={at}
            class="series-area"
            x={x(at) - group / 2 + each * index + 0.5}
            y={Math.min(y(value), y(0))}
            width={Math.max(1, each - 1)}
            height={Math.max(value === 0 ? 0 : 1, Math.abs(y(value) - y(0)))}
            fill={fillOf(id, look)}
          />
        ),
      )}
    </g>
  );
};

const Trace = ({ index, values, x, y, filled }: Drawn & { filled: boolean }): VNode => {
  const look = lookOf(index);
  const points = values.flatMap((value, at) => (value === undefined ? [] : [{ at, left: x(at), top: y(value) }]));
  const line = points
    .map((point, at) => `${at === 0 ? 'M' : 'L'}${point.left.toFixed(1)} ${point.top.toFixed(1)}`)
    .join('');
  const first = points[0];
  const last = points.at(-1);
  return (
    <g class={`series-${look}`}>
      {filled && first !== undefined && last !== undefined ? (
        <path class="series-shade" d={`${line}L${last.left} ${y(0)}L${first.left} ${y(0)}Z`} />
      ) : null}
      <path class="series-line" d={line} stroke-dasharray={dashes[look]} />
      {points.map((point) => (
        <path
          key={point.at}
          class="series-marker"
          d={markers[look]}
          transform={`translate(${point.left.toFixed(1)} ${point.top.toFixed(1)})`}
        />
      ))}
    </g>
  );
};
