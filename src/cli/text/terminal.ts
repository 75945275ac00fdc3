/** Text for a terminal: colours where one looks on, plain elsewhere; a host's words never move the cursor. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

const colour =
  (on: boolean, code: number) =>
  (text: string): string =>
    on ? `\u001b[${code}m${text}\u001b[0m` : text;

/** @param colours false: every style leaves its text as it is */
export const styleOf = (colours: boolean): Style => ({
  bold: colour(colours, 1),
  dim: colour(colours, 2),
  red: colour(colours, 31),
  yellow: colour(colours, 33),
  green: colour(colours, 32),
});

/** Control characters, line ends and marks that change the direction of text become `?`: what a host prints is hostile. */
export const plain = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, '?');

/** Breaks at blanks; lines after the first are indented. A word that is longer than a line stands alone, uncut. */
export const wrap = (text: string, width: number, first: string, rest: string): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const indent = lines.length === 0 ? first.length : rest.length;
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((it, index) => `${index === 0 ? first : rest}${it}`).join('\n');
};
