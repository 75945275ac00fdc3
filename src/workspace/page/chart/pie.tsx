/** A pie with its names and numbers beside it. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { lookOf } from './colours.js';
import { fillOf, Hatches } from './hatches.js';
import { fullNumber, piecePath } from './scale.js';

interface Segment {
  label: string;
  value: number;
}

export const Pie = ({ segments, words, id }: { segments: readonly Segment[]; words: string; id: string }): VNode => {
  const [active, setActive] = useState<number>();
  const whole = segments.reduce((sum, segment) => sum + Math.max(0, segment.value), 0) || 1;
  const share = (value: number): string => {
    const percent = (value / whole) * 100;
    return percent > 0 && percent < 1 ? '<1%' : `${Math.round(percent)}%`;
  };
  const starts = segments.map((_, index) =>
    segments.slice(0, index).reduce((sum, segment) => sum + Math.max(0, segment.value) / whole, 0),
  );
  const shown = active === undefined ? undefined : segments[active];
  return (
    <div class="pie">
      <svg viewBox="-104 -104 208 208" width="180" height="180" role="img" aria-label={words}>
        <Hatches id={id} />
        {segments.map((segment, index) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: hovering only repeats what stands in the list beside it
          <path
            key={segment.label}
            class={`series-${lookOf(index)} pie-piece ${active === index ? 'is-active' : ''}`}
            d={piecePath(starts[index] ?? 0, (starts[index] ?? 0) + Math.max(0, segment.value) / whole, 100, 58)}
            fill={fillOf(id, lookOf(index))}
            onMouseEnter={() => setActive(index)}
            onMouseLeave={() => setActive(undefined)}
          />
        ))}
        <text class="pie-total" text-anchor="middle" y="4">
          {shown === undefined ? fullNumber(whole) : fullNumber(shown.value)}
        </text>
        <text class="pie-total-words" text-anchor="middle" y="22">
          {shown === undefined ? 'in all' : shown.label}
        </text>
      </svg>
      <ul class="pie-legend">
        {segments.map((segment, index) => (
          <li
            key={segment.label}
            class={active === index ? 'is-active' : ''}
            onMouseEnter={() => setActive(index)}
            onMouseLeave={() => setActive(undefined)}
          >
            <svg class={`swatch series-${lookOf(index)}`} width="14" height="14" aria-hidden="true">
              <rect class="series-area" width="14" height="14" rx="3" fill={fillOf(id, lookOf(index))} />
            </svg>
            <span class="pie-label">{segment.label}</span>
            <span class="pie-value">{fullNumber(segment.value)}</span>
            <span class="pie-share">{share(segment.value)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
};
