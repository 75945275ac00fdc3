/** Numbers and times in words that are read once. Pure; English; no locale of the machine. */

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 18888 → `18,888` */
export const count = (value: number): string => GROUPED.format(value);

/** A number with as many digits as matter: 212, 3.4, 0.05, 18,888 */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return 'unknown';
  if (Number.isInteger(value) || Math.abs(value) >= 100) return count(value);
  const digits = Math.abs(value) >= 1 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
};

/** 0.857 → `86 %`; small but not nothing is `under 1 %`; 100 % only when it is */
export const percent = (ratio: number): string => {
  if (!Number.isFinite(ratio)) return 'unknown';
  const value = ratio * 100;
  if (value > 0 && value < 1) return 'under 1 %';
  if (value > 99 && value < 100) return 'over 99 %';
  return `${count(Math.round(value))} %`;
};

/** 7340032 → `7 MiB` */
export const bytes = (value: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && rest < 10 && rest % 1 >= 0.05 ? 1 : 0;
  return `${value < 0 ? '-' : ''}${rest >= 1000 ? count(rest) : rest.toFixed(digits)} ${units[unit] ?? ''}`;
};

/** 93784 → `1 d 2 h`; two units at most */
export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: readonly [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor((whole % 86_400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
};

/** 412 → `0.4 s`, 12 → `12 ms` */
export const took = (ms: number): string => (ms < 100 ? `${Math.round(ms)} ms` : `${figure(ms / 1000)} s`);

/** plural(1, 'check') → `1 check`; plural(2, 'entry', 'entries') → `2 entries` */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `a`, `a and b`, `a, b and c` */
export const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** The first `max`, and how many there are beyond them. */
export const firstOf = <T>(items: readonly T[], max: number): { shown: readonly T[]; omitted: number } => ({
  shown: items.slice(0, max),
  omitted: Math.max(0, items.length - max),
});

/** A value with its unit, as evidence has them. */
export const quantity = (value: number | string | boolean, unit: string): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return unit === '' ? value : `${value} ${unit}`;
  if (unit === 'ratio') return percent(value);
  if (unit === 'bytes') return bytes(value);
  if (unit === 'ms') return took(value);
  if (unit === '') return figure(value);
  return unit.startsWith('/') ? `${figure(value)}${unit}` : `${figure(value)} ${unit}`;
};

/** `2026-11-22 12:01:07 UTC`, for where Slack's date format does not reach */
export const utc = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
/** seconds since the epoch; 0 for what is no time */
export const epoch = (iso: string): number => {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
};

/** A sysctl value with its numbers grouped: `65536` → `65,536`; lists of ports and words stay as they are. */
export const settingValue = (value: string): string =>
  /^\d{4,15}$/.test(value) ? count(Number(value)) : value === '' ? '(empty)' : value;
