/**
 * The charts' colours: told apart by people with deuteranopia, protanopia and tritanopia (a test simulates all three), each
 * at least 3:1 against the page in its theme. From the seventh on they repeat with another pattern, which every
 * series has anyway: nothing is said by colour alone.
 */
export const light = ['#1264a3', '#f0500e', '#00825b', '#980bbf', '#979328', '#372258'] as const;
export const dark = ['#66b3f0', '#d4ab6b', '#1dbf96', '#fa7aeb', '#e1d88f', '#84b1c5'] as const;

/** stroke-dasharray by series */
export const dashes = ['', '7 4', '2 3', '9 3 2 3', '12 4', '4 2'] as const;

/** Marker at a line's points by series: paths around 0,0 */
export const markers = [
  'M0-4a4 4 0 1 0 .01 0z',
  'M-3.6-3.600h7.200v7.200h-7.200z',
  'M0-4.800L4.6 3.600H-4.600z',
  'M0-5L5 0 0 5-5 0z',
  'M-4-4L4 4M4-4L-4 4',
  'M0-5V5M-5 0H5',
] as const;

/** Lines of a fill pattern by series, in a tile of 8 × 8; the first is solid. */
export const hatches = [
  '',
  'M0 8L8 0M-2 2L2-2M6 10L10 6',
  'M0 4H8',
  'M0 0L8 8M-2 6L2 10M6-2L10 2',
  'M4 0V8',
  'M0 4H8M4 0V8',
] as const;

/** @returns the series' place in the lists above */
export const lookOf = (index: number): number => index % light.length;
