/** The kernel log as evidence of now: host-wide, rate-limited and late, so only its newest lines may say anything. */
import type { Inquiry } from './inquiry.js';

/** A line that is older says nothing about now. */
export const LOG_SECONDS_MAX = 60;

/** Seconds since the newest line that holds these words, by its `[12345.678]` stamp; undefined where there is none. */
export const loggedSecondsAgo = (inquiry: Inquiry, words: string): number | undefined => {
  const uptime = inquiry.detail('facts')?.uptimeSeconds;
  const stamps = (inquiry.detail('kernelLog') ?? [])
    .filter((line) => line.includes(words))
    .flatMap((line) => /^\[\s*(\d+\.\d+)\]/.exec(line)?.[1] ?? []);
  const newest = stamps.at(-1);
  return uptime === undefined || newest === undefined ? undefined : Math.max(0, uptime - Number(newest));
};

/** Whether such a line was written within the last minute. */
export const loggedNow = (inquiry: Inquiry, words: string): boolean => {
  const seconds = loggedSecondsAgo(inquiry, words);
  return seconds !== undefined && seconds <= LOG_SECONDS_MAX;
};
