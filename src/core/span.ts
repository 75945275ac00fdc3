/** Spans of time as people type them: `90s`, `10m`, `2h`, `7d`. */

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** @returns seconds, undefined for anything else */
export const readSpan = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d{1,6})\s?(s|m|h|d)(?:ec|in|our|ay|ours|ays)?$/.exec(text.trim().toLowerCase()) ?? [];
  const factor = SECONDS[unit as keyof typeof SECONDS] as number | undefined;
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
};
