/**
 * Whatever a host or a person typed is hostile: `<!channel>`, links, backticks, direction marks, zero-width characters, colour
 * codes, NUL. Two rules keep it dead: foreign words go only into elements that Slack does not parse (`rich_text` text,
 * `plain_text` without emoji, `raw_text`), and they pass through `clean` on their way. `spoken` is for the one field that is
 * parsed, a message's `text`.
 */

/** ESC [ … letter, ESC ] … BEL or ST, ESC and one more: terminal control sequences */
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-_]?/g;
/** controls, format characters (bidi, zero-width, tags, soft hyphen), lone surrogates, line and paragraph separators */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|[\ufe00-\ufe0f]/gu;
const INVISIBLE_BUT_NEWLINE =
  /(?!\n)\p{Cc}|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|[\ufe00-\ufe0f]/gu;

/** Cuts at `max` characters, whole code points, with `…` as the last one where something was cut. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const kept = text.slice(0, Math.max(0, max - 1));
  const last = kept.charCodeAt(kept.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? kept.slice(0, -1) : kept}…`;
};

/** One line of foreign words, made visible and short. Tabs and line ends become a blank; what can't be seen is dropped. */
export const clean = (text: string, max = 200): string =>
  cut(
    text
      .slice(0, max * 8 + 64)
      .replace(TERMINAL, '')
      .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
      .replace(INVISIBLE, '')
      .trim(),
    max,
  );

/** As `clean`, but the lines stay lines: for preformatted text. */
export const cleanLines = (text: string, max: number): string =>
  cut(
    text
      .slice(0, max * 8 + 64)
      .replace(TERMINAL, '')
      .replace(/\r\n?|[\u2028\u2029]/g, '\n')
      .replace(/\t/g, '  ')
      .replace(INVISIBLE_BUT_NEWLINE, ''),
    max,
  );

/** `&`, `<` and `>` as Slack wants them: nothing in it can begin a mention, a link or a date. */
export const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** what a phone's notification and a screen reader give in one go */
export const SPOKEN_MAX = 150;

/**
 * A sentence for a message's `text`, which Slack parses and phones show: one line, no token, no mention by a bare `@word`, no
 * link made of an address, no code.
 */
export const spoken = (text: string): string =>
  escapeMrkdwn(clean(text, SPOKEN_MAX).replaceAll('@', '(at)').replaceAll('`', "'").replaceAll('://', ': //'));
