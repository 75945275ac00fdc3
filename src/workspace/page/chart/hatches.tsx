/** Fill patterns, one a series: the shape says what the colour says. */
import type { VNode } from 'preact';
import { hatches } from './colours.js';

/** What to fill a series with; `id` keeps several charts of a page apart. */
export const fillOf = (id: string, look: number): string => `url(#${id}-hatch-${look})`;

export const Hatches = ({ id }: { id: string }): VNode => (
  <defs>
    {hatches.map((lines, look) => (
      <pattern
        key={lines}
        id={`${id}-hatch-${look}`}
        class={`series-${look}`}
        patternUnits="userSpaceOnUse"
        width="8"
        height="8"
      >
        <rect width="8" height="8" class="hatch-ground" />
        <path d={lines} class="hatch-lines" />
      </pattern>
    ))}
  </defs>
);
