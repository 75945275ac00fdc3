/**
 * What a chart can hold of lines with gaps. Slack's charts have none: every line has a value at every point. So a point stands
 * where something was measured, and the chart begins and ends where all of its lines were. Pure.
 */

export interface Points {
  /** which of the lines it holds; the others were measured in too little of its time */
  lines: readonly number[];
  /** the parts of the frame in which one of them was measured */
  parts: readonly number[];
  /** a value of each line at each point */
  values: readonly (readonly number[])[];
  /** points at which a line goes on flat, because others alone were measured there */
  flat: number;
}

type Values = readonly (number | undefined)[];

/** So much of the time of the one that was measured most often, a line must share. */
const SHARED_RATIO = 0.75;

const measuredIn = (lines: readonly Values[], from: number, to: number): number[] => {
  const parts: number[] = [];
  for (let part = from; part <= to; part++) if (lines.some((line) => line[part] !== undefined)) parts.push(part);
  return parts;
};
const firstOf = (line: Values): number => line.findIndex((value) => value !== undefined);
const lastOf = (line: Values): number => line.findLastIndex((value) => value !== undefined);
const fullness = (line: Values): number => line.filter((value) => value !== undefined).length;

/** The last value up to there. */
const valueAt = (line: Values, part: number): number =>
  line.slice(0, part + 1).findLast((value) => value !== undefined) ?? 0;

/**
 * @param lines the most telling first
 * @returns no points where less than two could be drawn
 */
export const pointsOf = (lines: readonly Values[]): Points => {
  const fullest = lines.reduce((best, line, at) => (fullness(line) > fullness(lines[best] ?? []) ? at : best), 0);
  const base = lines[fullest];
  if (base === undefined || fullness(base) < 2) return { lines: [], parts: [], values: [], flat: 0 };
  const kept = new Set([fullest]);
  let [from, to] = [firstOf(base), lastOf(base)];
  for (const [at, line] of lines.entries()) {
    if (at === fullest || fullness(line) === 0) continue;
    const [later, earlier] = [Math.max(from, firstOf(line)), Math.min(to, lastOf(line))];
    // Who was measured for a moment alone must not cut the others down to it.
    if (measuredIn([base], later, earlier).length < Math.max(2, fullness(base) * SHARED_RATIO)) continue;
    kept.add(at);
    [from, to] = [later, earlier];
  }
  const order = lines.flatMap((line, at) => (kept.has(at) ? [{ line, at }] : []));
  const parts = measuredIn(
    order.map(({ line }) => line),
    from,
    to,
  );
  return {
    lines: order.map(({ at }) => at),
    parts,
    values: order.map(({ line }) => parts.map((part) => valueAt(line, part))),
    flat: parts.filter((part) => order.some(({ line }) => line[part] === undefined)).length,
  };
};

/** What a number counts, by the end of its name: numbers of one unit may share an axis. */
export const unitOf = (name: string): string => / (%|\/s|pages|bytes)$/.exec(name)?.[1] ?? 'sockets';

/** Lines by unit, in the order in which the first of each comes. */
export const byUnit = <T extends { name: string }>(lines: readonly T[]): readonly { unit: string; lines: T[] }[] => {
  const groups = new Map<string, T[]>();
  for (const line of lines) groups.set(unitOf(line.name), [...(groups.get(unitOf(line.name)) ?? []), line]);
  return [...groups].map(([unit, own]) => ({ unit, lines: own }));
};

const LABEL_CHARACTERS = 20;

/** A name for each line of a chart: at most 20 characters, no two alike. */
export const labelsOf = (names: readonly string[]): readonly string[] => {
  // Long names of a fleet differ at their end.
  const short = names.map((name) => (name.length <= LABEL_CHARACTERS ? name : `…${name.slice(1 - LABEL_CHARACTERS)}`));
  const taken = new Set<string>();
  for (const [at, label] of short.entries()) {
    let own = label;
    for (let number = at + 1; taken.has(own); number++) own = `${number} ${label}`.slice(0, LABEL_CHARACTERS);
    taken.add(own);
  }
  return [...taken];
};
