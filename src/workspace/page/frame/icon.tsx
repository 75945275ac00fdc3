/** The page's own line icons, 20 × 20. They say nothing by themselves: whatever holds one has a name in words. */
import type { VNode } from 'preact';

const paths = {
  more: 'M10 4.500v.1M10 10v.1M10 15.500v.1',
  'chevron-down': 'M5.5 8l4.5 4.500L14.5 8',
  'chevron-right': 'M8 5.500l4.5 4.500L8 14.5',
  check: 'M4.5 10.500l3.5 3.5 7.5-8',
  close: 'M5 5l10 10M15 5L5 15',
  external: 'M8 5H5v10h10v-3M11 4.500h4.500V9M15.2 4.800L9 11',
  trash: 'M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.600L14 6',
  dot: 'M10 10v.1',
  'thumbs-up': 'M4 9h3v7H4zM7 9l3-6c1.5 0 2 1 2 2v3h3.500c1 0 1.5 1 1.2 2l-1.4 5c-.2.7-.8 1-1.5 1H7',
  'thumbs-down': 'M4 11h3V4H4zM7 11l3 6c1.5 0 2-1 2-2v-3h3.500c1 0 1.5-1 1.2-2l-1.4-5c-.2-.7-.8-1-1.5-1H7',
  hash: 'M8 4L6.5 16M13.5 4L12 16M4.5 8h12M3.5 12.500h12',
  lock: 'M6 9h8v7H6zM7.5 9V7a2.5 2.5 0 0 1 5 0v2',
  thread: 'M4 4.500h12v9H9l-3.5 3v-3H4zM7 8h6M7 10.500h4',
  reply: 'M4 4.500h12v9H9l-3.5 3v-3H4z',
  bolt: 'M11 2.500L4.5 11.500H9.500L8.5 17.5 15.5 8.500H10.500z',
  plus: 'M10 4.500v11M4.5 10h11',
  send: 'M3.5 16.500L17 10 3.5 3.5 5.5 10zM5.5 10H11',
  home: 'M3.5 9.500L10 4l6.5 5.500M5.5 8.500V16h9V8.5',
  people:
    'M7.5 9.500a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.400zM2.5 16c0-3 2-4.5 5-4.500s5 1.5 5 4.500M13 9.300a2.3 2.3 0 1 0-.6-4.500M14.5 11.500c2 .4 3 1.8 3 4',
  emoji: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7.5 8v.6M12.5 8v.6M6.8 11.800c1.5 2.3 4.9 2.3 6.4 0',
  file: 'M5.5 3h6l3.5 3.500V17h-9.500zM11.5 3v3.500H15',
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  back: 'M11.5 5L6.5 10l5 5',
  eye: 'M2.5 10c2-3.5 4.5-5 7.5-5s5.5 1.5 7.5 5c-2 3.5-4.5 5-7.5 5s-5.5-1.5-7.5-5zM10 12.300a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.600z',
  download: 'M10 3.500v8.500M6.5 9l3.5 3.500L13.5 9M4 16h12',
  archive: 'M3.5 4.500h13v3.500h-13zM5 8v7.500h10V8M8.5 11h3',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.500V13.500M10 6.800v.1',
  alert: 'M10 3.500L17.5 16.500h-15zM10 8.500v3.500M10 14.200v.1',
  ok: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7 10.300l2.2 2.2 4-4.5',
  sort: 'M7 8l3-3.500L13 8M7 12l3 3.5 3-3.5',
  'sort-up': 'M6.5 11.500L10 7.500l3.5 4',
  'sort-down': 'M6.5 8.500L10 12.500l3.5-4',
  circle: 'M10 16a6 6 0 1 0 0-12 6 6 0 0 0 0 12z',
  at: 'M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm0 0c0 3 3.5 2.5 3.5 0a6.5 6.5 0 1 0-3 5.5',
} as const;

export type IconName = keyof typeof paths;

export const Icon = ({ name }: { name: IconName }): VNode => (
  <svg
    class={`icon icon-${name}`}
    viewBox="0 0 20 20"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width={name === 'more' || name === 'dot' ? 2.6 : 1.6}
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={paths[name]} />
  </svg>
);
