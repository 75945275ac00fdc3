/** data_visualization: title, legend, drawing, and the same numbers as a table for those who can't see it. */
import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { DataVisualizationBlock } from '../../../blocks/message.js';
import { Axes } from './axes.js';
import { dashes, lookOf, markers } from './colours.js';
import { fillOf } from './hatches.js';
import { Pie } from './pie.js';
import { fullNumber } from './scale.js';

/** px; what is drawn before the width is known, and in tests */
const widthDefault = 560;

const useWidth = () => {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(widthDefault);
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const observer = new ResizeObserver(([entry]) => {
      const now = Math.round(entry?.contentRect.width ?? 0);
      if (now > 0) setWidth(now);
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
};

/** The chart in one sentence: kind, series, and where each is smallest, largest and last. */
export const chartWords = ({ title, chart }: DataVisualizationBlock): string => {
  if (chart.type === 'pie') {
    const whole = chart.segments.reduce((sum, segment) => sum + segment.value, 0) || 1;
    const parts = chart.segments.map(
      (segment) => `${segment.label} ${fullNumber(segment.value)} (${Math.round((segment.value / whole) * 100)}%)`,
    );
    return `${title}. Pie chart: ${parts.join(', ')}.`;
  }
  const parts = chart.series.map(({ name, data }) => {
    const values = data.map((point) => point.value);
    return `${name} from ${fullNumber(Math.min(...values))} to ${fullNumber(Math.max(...values))}, last ${fullNumber(values.at(-1) ?? 0)}`;
  });
  return `${title}. ${chart.type[0]?.toUpperCase()}${chart.type.slice(1)} chart: ${parts.join('; ')}.`;
};

const Swatch = ({ kind, index, id }: { kind: string; index: number; id: string }): VNode => {
  const look = lookOf(index);
  return (
    <svg class={`swatch series-${look}`} width="22" height="12" aria-hidden="true">
      {kind === 'line' ? (
        <>
          <path class="series-line" d="M0 6H22" stroke-dasharray={dashes[look]} />
          <path class="series-marker" d={markers[look]} transform="translate(11 6)" />
        </>
      ) : (
        <rect class="series-area" width="22" height="12" rx="2" fill={fillOf(id, look)} />
      )}
    </svg>
  );
};

const Numbers = ({ chart }: { chart: DataVisualizationBlock['chart'] }): VNode => {
  if (chart.type === 'pie')
    return (
      <table class="table">
        <tbody>
          {chart.segments.map((segment) => (
            <tr key={segment.label}>
              <th scope="row">{segment.label}</th>
              <td class="align-right">{fullNumber(segment.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{chart.axis_config.x_label ?? ''}</th>
          {chart.series.map((series) => (
            <th scope="col" class="align-right" key={series.name}>
              {series.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {chart.axis_config.categories.map((category) => (
          <tr key={category}>
            <th scope="row">{category}</th>
            {chart.series.map((series) => (
              <td class="align-right" key={series.name}>
                {valueText(series.data.find((point) => point.label === category)?.value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};
const valueText = (value: number | undefined): string => (value === undefined ? '–' : fullNumber(value));

export const Chart = ({ block }: { block: DataVisualizationBlock }): VNode => {
  const id = useId().replace(/[^a-z0-9]/gi, '');
  const { ref, width } = useWidth();
  const { chart } = block;
  const names = chart.type === 'pie' ? [] : chart.series.map((series) => series.name);
  return (
    <figure class="chart" data-testid="chart">
      <figcaption>{block.title}</figcaption>
      {names.length < 2 ? null : (
        <ul class="legend">
          {names.map((name, index) => (
            <li key={name}>
              <Swatch kind={chart.type} index={index} id={id} />
              {name}
            </li>
          ))}
        </ul>
      )}
      <div class="chart-box" ref={ref}>
        {chart.type === 'pie' ? (
          <Pie segments={chart.segments} words={chartWords(block)} id={id} />
        ) : (
          <Axes chart={chart} width={width} words={chartWords(block)} id={id} />
        )}
      </div>
      <details class="chart-numbers">
        <summary>Show as table</summary>
        <div class="table-frame">
          <Numbers chart={chart} />
        </div>
      </details>
    </figure>
  );
};
