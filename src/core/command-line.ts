/** A command's text → words and options. What people type is short; quotes keep blanks together, dashes may be typographic. */
import { distance } from 'fastest-levenshtein';
import { nearestNames } from './selector.js';

export interface OptionsKnown {
  /** `private` for `--private` */
  flags?: readonly string[];
  /** `why` for `--why rule` and `--why=rule` */
  valued?: readonly string[];
}

export type CommandLine =
  | {
      ok: true;
      help: boolean;
      words: readonly string[];
      flags: ReadonlySet<string>;
      values: ReadonlyMap<string, string>;
    }
  | { ok: false; wrong: string };

/** The known word that was most likely meant: one or two letters away, and not the word itself. */
export const slipOf = (typed: string, known: readonly string[]): string | undefined => {
  const word = typed.toLowerCase();
  if (word.length < 4 || known.includes(word)) return undefined;
  const near = known
    .map((name) => ({ name, far: distance(word, name) }))
    .filter(({ name, far }) => far <= (name.length < 6 ? 1 : 2))
    .sort((a, b) => a.far - b.far);
  return near[0]?.name;
};

const TEXT_MAX = 2_000;

/** `a "b c" d` → a, b c, d */
const split = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');

const unknownOption = (name: string, known: readonly string[]): string => {
  const [nearest] = nearestNames(name, known, 1);
  return `There is no option --${name.slice(0, 40)}.${nearest === undefined ? '' : ` Did you mean --${nearest}?`}`;
};

/** Pure. `help`, `-h`, `--help` and `?` as the only word ask for help. */
export const readCommandLine = (text: string, { flags = [], valued = [] }: OptionsKnown = {}): CommandLine => {
  if (text.length > TEXT_MAX)
    return { ok: false, wrong: `That is longer than ${TEXT_MAX.toLocaleString('en-US')} characters.` };
  const parts = split(text.trim());
  const help = parts.length === 1 && /^(help|-h|--help|\?)$/i.test(parts[0] ?? '');
  const words: string[] = [];
  const seen = new Set<string>();
  const values = new Map<string, string>();
  for (let at = 0; at < parts.length && !help; at++) {
    const part = parts[at] ?? '';
    const option = /^--([A-Za-z][A-Za-z-]*)(?:=(.*))?$/s.exec(part);
    if (option === null) {
      words.push(part);
      continue;
    }
    const name = (option[1] ?? '').toLowerCase();
    if (flags.includes(name)) {
      if (option[2] !== undefined) return { ok: false, wrong: `--${name} stands alone, without a value.` };
      seen.add(name);
    } else if (valued.includes(name)) {
      const next = option[2] ?? parts[++at];
      if (next === undefined || next === '' || next.startsWith('--'))
        return { ok: false, wrong: `--${name} needs a value behind it.` };
      values.set(name, next);
    } else return { ok: false, wrong: unknownOption(name, [...flags, ...valued]) };
  }
  return { ok: true, help, words, flags: seen, values };
};
