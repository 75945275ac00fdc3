/** Between seconds since 1970 and what a clock on the wall of a time zone shows (`2026-11-22T13:05`). */

/** @returns `YYYY-MM-DDTHH:MM` in that zone */
export const toWallClock = (seconds: number, timeZone: string): string => {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 8.64e12) return '';
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(seconds * 1000);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
};

/**
 * @returns seconds since 1970; undefined where the text is no time. An hour that the clocks skip in spring reads as one
 * hour away; one that they repeat in autumn as one of the two.
 */
export const fromWallClock = (text: string, timeZone: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text)) return undefined;
  const asUtc = Date.parse(`${text}:00Z`) / 1000;
  if (!Number.isFinite(asUtc)) return undefined;
  let seconds = asUtc;
  // Twice: the first guess may lie on the other side of a change of the zone's offset.
  for (let round = 0; round < 2; round += 1) {
    const shown = Date.parse(`${toWallClock(seconds, timeZone)}:00Z`) / 1000;
    seconds += asUtc - shown;
  }
  return seconds;
};
