/** Axes and shapes of charts: numbers in, numbers out. */

/**
 * Round steps that cover all values and zero (a bar that does not begin at zero lies).
 * @param wanted about how many steps
 * @returns ascending, the first ≤ min, the last ≥ max
 */
export const niceTicks = (min: number, max: number, wanted = 4): number[] => {
  const low = Math.min(0, Number.isFinite(min) ? min : 0);
  const highest = Math.max(0, Number.isFinite(max) ? max : 0);
  // Nothing but zeros, or what is as good as zero: one empty step, up to 1.
  const high = highest - low < 1e-9 ? 1 : highest;
  const span = high - low;
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (([1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10) as number) * power;
  const from = Math.floor(low / step);
  const to = Math.ceil(high / step);
  const ticks: number[] = [];
  // Multiplied, not added up: 0.1 + 0.1 + 0.1 is not 0.3.
  for (let at = from; at <= Math.max(to, from + 1); at += 1) ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
};

/** A number as an axis has room for it: 12,500 → `12.5k`. */
export const shortNumber = (value: number): string => {
  const size = Math.abs(value);
  for (const [limit, unit] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (size >= limit) return `${trim(value / limit)}${unit}`;
  return trim(value);
};
const trim = (value: number): string => String(Number(value.toPrecision(4)));

/** A number in full: `18,888`. */
export const fullNumber = (value: number): string =>
  new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 }).format(value);

/** The value's place between two ends, in the drawing's units. */
export const linear =
  (from: readonly [number, number], to: readonly [number, number]) =>
  (value: number): number => {
    const span = from[1] - from[0] || 1;
    return to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
  };

/** Path of a pie's piece, from one share of the whole to another (0–1), clockwise from the top. */
export const piecePath = (from: number, to: number, radius: number, inner: number): string => {
  const whole = to - from >= 0.99999;
  const end = whole ? from + 0.99999 : to;
  const point = (share: number, r: number): string => {
    const angle = share * 2 * Math.PI - Math.PI / 2;
    return `${(Math.cos(angle) * r).toFixed(2)} ${(Math.sin(angle) * r).toFixed(2)}`;
  };
  const large = end - from > 0.5 ? 1 : 0;
  return `M${point(from, radius)}A${radius} ${radius} 0 ${large} 1 ${point(end, radius)}L${point(end, inner)}A${inner} ${inner} 0 ${large} 0 ${point(from, inner)}Z`;
};

/** Every how many-th label has room: `width` for all of them, each about `each` wide. */
export const labelEvery = (count: number, width: number, each: number): number =>
  Math.max(1, Math.ceil((count * each) / Math.max(1, width)));
