/** The time that a chart shows, in parts of a round length: from the first sample to the last one, not from when was asked. Pure. */
import { median } from './fleet-distance.js';

export interface Frame {
  /** the middle of the last part: the last sample's time */
  lastMs: number;
  widthMs: number;
  parts: number;
}

/** Slack's charts have 20 points at the most. */
export const PARTS_MAX = 20;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Lengths that people count in: an axis of `-10 min, -5 min` is read at a glance, one of `-11 min 43 s` is not. */
const ROUND_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 5].map((days) => days * DAY_MS),
];
/** Looks that are due every 15 s come a little later each time. */
const LATE_RATIO = 0.9;

/** The usual time between two samples of a host. */
const intervalMs = (times: readonly number[]): number =>
  times.length < 2 ? 0 : median(times.slice(1).map((atMs, at) => atMs - (times[at] ?? atMs)));

/**
 * @param times of samples, in order, a list for each host
 * @returns undefined where there is none
 */
export const frameOf = (times: readonly (readonly number[])[]): Frame | undefined => {
  const some = times.filter((own) => own.length > 0);
  if (some.length === 0) return undefined;
  const firstMs = Math.min(...some.map((own) => own[0] ?? 0));
  const lastMs = Math.max(...some.map((own) => own.at(-1) ?? 0));
  // Parts shorter than what lies between two samples would stand empty by turns.
  const usual = Math.min(...some.filter((own) => own.length > 1).map(intervalMs), Number.POSITIVE_INFINITY);
  const wanted = Number.isFinite(usual) ? usual * LATE_RATIO : 0;
  const partsFor = (widthMs: number): number => Math.round((lastMs - firstMs) / widthMs) + 1;
  const widthMs =
    ROUND_MS.find((round) => round >= wanted && partsFor(round) <= PARTS_MAX) ?? (ROUND_MS.at(-1) as number);
  return { lastMs, widthMs, parts: Math.min(PARTS_MAX, partsFor(widthMs)) };
};

/** In which part a time lies; those before the first one lie in it. */
export const partOf = ({ lastMs, widthMs, parts }: Frame, atMs: number): number =>
  Math.min(parts - 1, Math.max(0, parts - 1 - Math.round((lastMs - atMs) / widthMs)));
