/**
 * The signs that a war room uses most, drawn here: they look the same on a machine without an emoji font, and each has a
 * shape of its own, so that none is told from another by colour alone.
 */
import type { VNode } from 'preact';

const svg = (children: preact.ComponentChildren): VNode => (
  <svg viewBox="0 0 24 24" width="1em" height="1em" aria-hidden="true" focusable="false">
    {children}
  </svg>
);
const ink = { fill: 'none', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' } as const;
const circle = (fill: string, edge: string): VNode =>
  svg(<circle cx="12" cy="12" r="10" fill={fill} stroke={edge} stroke-width="1.5" />);
const square = (fill: string): VNode => svg(<rect x="2" y="2" width="20" height="20" rx="4" fill={fill} />);
const tile = (fill: string, path: string, width = 3): VNode =>
  svg(
    <>
      <rect x="1.5" y="1.5" width="21" height="21" rx="5" fill={fill} />
      <path d={path} stroke="#fff" stroke-width={width} {...ink} />
    </>,
  );
const hourglass = svg(
  <>
    <path d="M7 4h10c0 5-3.6 5.5-3.6 8S17 15 17 20H7c0-5 3.6-5.5 3.6-8S7 9 7 4z" fill="#f6d58a" />
    <path d="M9 18.500c0-1.8 3-3 3-3s3 1.2 3 3z" fill="#c98a12" />
    <path d="M6 3h12M6 21h12" stroke="#8a5a2b" stroke-width="2.4" {...ink} />
  </>,
);

const pictures: Readonly<Record<string, VNode>> = {
  white_check_mark: tile('#1a8754', 'M6.5 12.500l3.8 3.8 7.2-8'),
  heavy_check_mark: svg(<path d="M4 13l5.5 5.500L20 6" stroke="#1a8754" stroke-width="3.6" {...ink} />),
  x: svg(<path d="M5 5l14 14M19 5L5 19" stroke="#d1242f" stroke-width="4" {...ink} />),
  warning: svg(
    <>
      <path d="M12 2.500L23 21.500H1z" fill="#f4b400" stroke="#8a6100" stroke-width="1.2" stroke-linejoin="round" />
      <path d="M12 9.500v5.500M12 18.300v.1" stroke="#3b2a00" stroke-width="2.4" {...ink} />
    </>,
  ),
  rotating_light: svg(
    <>
      <path d="M6 18v-6a6 6 0 0 1 12 0v6z" fill="#e0303a" />
      <path d="M9.5 12a2.5 2.5 0 0 1 2.5-2.5" stroke="#ffd9d9" stroke-width="1.6" {...ink} />
      <rect x="3.5" y="18" width="17" height="3.5" rx="1.2" fill="#59636e" />
      <path d="M12 1.200v2M4.2 4.600l1.5 1.400M19.8 4.600l-1.5 1.4" stroke="#e0303a" stroke-width="1.8" {...ink} />
    </>,
  ),
  no_entry: svg(
    <>
      <circle cx="12" cy="12" r="10.5" fill="#d1242f" />
      <rect x="5.5" y="10" width="13" height="4" rx="1" fill="#fff" />
    </>,
  ),
  no_entry_sign: svg(
    <path d="M12 2.500a9.5 9.5 0 1 0 .01 0zM5.5 5.500l13 13" stroke="#d1242f" stroke-width="3" {...ink} />,
  ),
  octagonal_sign: svg(<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" fill="#d1242f" />),
  information_source: tile('#1264a3', 'M12 11v6M12 7v.1'),
  question: svg(
    <path d="M8 8.500a4 4 0 1 1 5.5 3.700c-1 .5-1.5 1-1.5 2.300M12 19v.1" stroke="#d1242f" stroke-width="3" {...ink} />,
  ),
  exclamation: svg(<path d="M12 4v10M12 19.500v.1" stroke="#d1242f" stroke-width="4" {...ink} />),
  red_circle: circle('#d92d3a', '#a01722'),
  large_orange_circle: circle('#f08a24', '#a95705'),
  large_yellow_circle: circle('#f5c518', '#977700'),
  large_green_circle: circle('#2fa866', '#12693b'),
  large_blue_circle: circle('#2b7fd9', '#124f92'),
  white_circle: circle('#f4f4f5', '#8b9099'),
  black_circle: circle('#2b2d31', '#777b82'),
  large_red_square: square('#d92d3a'),
  large_green_square: square('#2fa866'),
  large_yellow_square: square('#f5c518'),
  hourglass,
  hourglass_flowing_sand: hourglass,
  stopwatch: svg(
    <>
      <circle cx="12" cy="13.5" r="8.5" fill="#fff" stroke="#59636e" stroke-width="2.2" />
      <path d="M12 13.500V8.500M10 2h4M12 2v3" stroke="#59636e" stroke-width="2.2" {...ink} />
    </>,
  ),
  lock: svg(
    <>
      <path d="M7.5 11V7.500a4.5 4.5 0 0 1 9 0V11" stroke="#8a6d1d" stroke-width="2.6" {...ink} />
      <rect x="4.5" y="10.5" width="15" height="11" rx="2" fill="#f0b429" />
    </>,
  ),
  mag: svg(
    <>
      <circle cx="10" cy="10" r="6.5" fill="#d6ebff" stroke="#59636e" stroke-width="2.2" />
      <path d="M15 15l6 6" stroke="#59636e" stroke-width="3.2" {...ink} />
    </>,
  ),
  bulb: svg(
    <>
      <path
        d="M12 2a7 7 0 0 0-4 12.700V17h8v-2.300A7 7 0 0 0 12 2z"
        fill="#f7cf46"
        stroke="#a37b00"
        stroke-width="1.2"
      />
      <path d="M9 19.500h6M10.5 22h3" stroke="#59636e" stroke-width="2" {...ink} />
    </>,
  ),
  bell: svg(
    <path
      d="M5 17c1.5-1.5 1.5-3 1.5-6a5.5 5.5 0 0 1 11 0c0 3 0 4.5 1.5 6zM10.5 20h3M12 3v2"
      fill="#f0b429"
      stroke="#8a6d1d"
      stroke-width="1.6"
      stroke-linejoin="round"
    />,
  ),
  arrows_counterclockwise: tile(
    '#1264a3',
    'M7 10a5.5 5.5 0 0 1 10-1M17 5.500V9h-3.500M17 14a5.5 5.5 0 0 1-10 1M7 18.500V15h3.5',
    2,
  ),
  leftwards_arrow_with_hook: tile('#1264a3', 'M10 7L6 11l4 4M6.5 11H15a3.5 3.5 0 0 1 0 7h-2', 2.2),
  arrow_up: tile('#1264a3', 'M12 18V6M7 11l5-5 5 5', 2.4),
  arrow_down: tile('#1264a3', 'M12 6v12M7 13l5 5 5-5', 2.4),
  arrow_right: tile('#1264a3', 'M6 12h12M13 7l5 5-5 5', 2.4),
  arrow_left: tile('#1264a3', 'M18 12H6M11 7l-5 5 5 5', 2.4),
  bar_chart: svg(
    <>
      <rect x="1.5" y="1.5" width="21" height="21" rx="3" fill="#e8edf2" />
      <path d="M7 19v-7M12 19V6M17 19v-10" stroke="#1264a3" stroke-width="3" fill="none" />
    </>,
  ),
  chart_with_upwards_trend: svg(
    <>
      <rect x="1.5" y="1.5" width="21" height="21" rx="3" fill="#e8edf2" />
      <path d="M4 18l5-6 4 3 7-9" stroke="#d1242f" stroke-width="2.4" {...ink} />
    </>,
  ),
  zap: svg(<path d="M13.5 1.500L4 14h6.500L9 22.5 20 9h-7z" fill="#f5b301" stroke="#9a6b00" stroke-width="1" />),
  wave: svg(
    <path
      d="M6 13l-2-4a1.4 1.4 0 0 1 2.5-1.200L9 11 6.5 5.500A1.4 1.4 0 0 1 9 4.400l3 5.4-1.7-6A1.4 1.4 0 0 1 13 3l3 8 1-3a1.5 1.5 0 0 1 2.9.700C19.5 15 18.5 21 13 21c-3.5 0-5-3.5-7-8z"
      fill="#f7c948"
      stroke="#a9770b"
      stroke-width="1.1"
      stroke-linejoin="round"
    />,
  ),
  eyes: svg(
    <>
      <ellipse cx="7" cy="12" rx="5" ry="7.5" fill="#fff" stroke="#59636e" stroke-width="1.5" />
      <ellipse cx="17" cy="12" rx="5" ry="7.5" fill="#fff" stroke="#59636e" stroke-width="1.5" />
      <circle cx="6" cy="13" r="2.4" fill="#2b2d31" />
      <circle cx="16" cy="13" r="2.4" fill="#2b2d31" />
    </>,
  ),
};

/** The drawing of a shortcode, where there is one. */
export const drawnEmoji = (name: string): VNode | undefined =>
  Object.hasOwn(pictures, name) ? pictures[name] : undefined;
