/**
 * Slack's date tokens (`<!date^1392734382^{date_short} at {time}|fallback>`), in the reader's time zone.
 * @see https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */

export interface Reader {
  /** IANA name, e.g. `Europe/Berlin` */
  timeZone: string;
  /** seconds since 1970 */
  nowSeconds: number;
}

const dayOf = (seconds: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(seconds * 1000);

const ago = (seconds: number, now: number): string => {
  const distance = Math.abs(now - seconds);
  const [count, unit] =
    distance < 60
      ? [Math.round(distance), 'second']
      : distance < 3600
        ? [Math.floor(distance / 60), 'minute']
        : distance < 86_400
          ? [Math.floor(distance / 3600), 'hour']
          : [Math.floor(distance / 86_400), 'day'];
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return seconds > now ? `in ${words}` : `${words} ago`;
};

const ordinal = (day: number): string => {
  if (day % 100 >= 11 && day % 100 <= 13) return `${day}th`;
  return `${day}${['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'}`;
};

/** @returns the format with its tokens filled in; an unknown token stays as it is. `fallback` for a time that does not exist. */
export const formatDate = (seconds: number, format: string, fallback: string, reader: Reader): string => {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 8.64e12) return fallback;
  const show = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-US', { timeZone: reader.timeZone, ...options }).format(seconds * 1000);
  const long = (): string => {
    const day = Number(show({ day: 'numeric' }));
    return `${show({ month: 'long' })} ${ordinal(day)}, ${show({ year: 'numeric' })}`;
  };
  const pretty = (otherwise: string): string => {
    const day = dayOf(seconds, reader.timeZone);
    if (day === dayOf(reader.nowSeconds, reader.timeZone)) return 'today';
    if (day === dayOf(reader.nowSeconds - 86_400, reader.timeZone)) return 'yesterday';
    if (day === dayOf(reader.nowSeconds + 86_400, reader.timeZone)) return 'tomorrow';
    return otherwise;
  };
  const short = (): string => show({ month: 'short', day: 'numeric', year: 'numeric' });
  const tokens: Record<string, () => string> = {
    date_num: () => dayOf(seconds, reader.timeZone),
    date_slash: () => show({ month: '2-digit', day: '2-digit', year: 'numeric' }),
    date: long,
    date_short: short,
    date_long: () => `${show({ weekday: 'long' })}, ${long()}`,
    date_pretty: () => pretty(long()),
    date_short_pretty: () => pretty(short()),
    date_long_pretty: () => pretty(`${show({ weekday: 'long' })}, ${long()}`),
    day_divider_pretty: () => pretty(`${show({ weekday: 'long' })}, ${long()}`),
    time: () => show({ hour: 'numeric', minute: '2-digit' }),
    time_secs: () => show({ hour: 'numeric', minute: '2-digit', second: '2-digit' }),
    ago: () => ago(seconds, reader.nowSeconds),
  };
  return format.replace(/\{([a-z_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(tokens, name) ? (tokens[name]?.() ?? whole) : whole,
  );
};

/** A message's time as Slack writes it in the margin: `9:41 AM`. */
export const clockTime = (seconds: number, reader: Reader): string => formatDate(seconds, '{time}', '', reader);

/** The words on the line between two days: `Today`, `Yesterday`, `Monday, February 3rd`. */
export const dayName = (seconds: number, reader: Reader): string => {
  const words = formatDate(seconds, '{day_divider_pretty}', '', reader);
  return words.charAt(0).toUpperCase() + words.slice(1).replace(/, \d{4}$/, '');
};
