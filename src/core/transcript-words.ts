/** How single words and lines of a transcript are read. A host's words are hostile: what does not fit is undefined, never a guess. */
import type { Section } from './probe.js';
import { failed, type Reading } from './snapshot.js';

/** Longest name or address that is taken over from a host, in characters. */
const WORD_CHARACTERS_MAX = 128;

/** A whole number ≥ 0 that a double holds exactly; undefined for anything else. */
export const wholeNumber = (text: string | undefined): number | undefined => {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
};

/**
 * A kernel counter or limit. Larger than 2^53 it is taken to the nearest double: fs.file-max is 2^63-1 by default, and nothing
 * hangs on its last digits.
 */
export const counterValue = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : undefined;

/** A decimal number ≥ 0 such as an uptime; undefined for anything else. */
export const decimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;

export const hexadecimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-9a-fA-F]{1,13}$/.test(text) ? Number.parseInt(text, 16) : undefined;

export const words = (line: string): string[] => line.split(/[ \t]+/).filter((word) => word !== '');

/** A host's word cut to a sane length, control characters (line breaks are gone already) replaced. */
export const clipped = (text: string, max = WORD_CHARACTERS_MAX): string => {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
};

export const portNumber = (text: string | undefined): number | undefined => {
  const value = wholeNumber(text);
  return value !== undefined && value <= 65535 ? value : undefined;
};

/** `10.0.0.1:80`, `[::1]:80`, `:::80` (old ss), `*:80`, `[fe80::1]%eth0:22` → address without brackets, and port. */
export const endpoint = (text: string | undefined): { address: string; port: number } | undefined => {
  if (text === undefined || text.length > WORD_CHARACTERS_MAX) return undefined;
  const cut = text.lastIndexOf(':');
  const port = portNumber(text.slice(cut + 1));
  const address = text.slice(0, Math.max(cut, 0)).replace(/[[\]]/g, '');
  return port === undefined || !isAddress(address) ? undefined : { address, port };
};

/** Loosely: what may stand for an address in the listing, a scope such as %eth0 included. */
export const isAddress = (text: string): boolean =>
  text === '*' || /^[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9_.@-]{1,32})?$/.test(text);

export const sectionNamed = (sections: readonly Section[], name: string): Section | undefined =>
  sections.find((section) => section.name === name);

/** The two counter snapshots, `@@snap 1` and `@@snap 2`; the second is undefined where the answer was cut off before it. */
export const snapSection = (sections: readonly Section[], which: 1 | 2): Section | undefined =>
  sections.find((section) => section.name === 'snap' && section.arguments === String(which));

/** Lines of one file in a snapshot section (`path:line`), without the path. */
export const fileLines = (section: Section | undefined, path: string): string[] =>
  (section?.lines ?? []).filter((line) => line.startsWith(`${path}:`)).map((line) => line.slice(path.length + 1));

/** Lines of one file, from the later of the two snapshots that has it: gauges are read at the end of the measurement. */
export const latestFileLines = (sections: readonly Section[], path: string): string[] => {
  const second = fileLines(snapSection(sections, 2), path);
  return second.length > 0 ? second : fileLines(snapSection(sections, 1), path);
};

/** `key=value` words of a line. */
export const pairs = (line: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const word of words(line)) {
    const cut = word.indexOf('=');
    if (cut > 0) found.set(word.slice(0, cut), word.slice(cut + 1));
  }
  return found;
};

/** Why a file gave nothing, said the same way everywhere. */
export const notReadable = (path: string, why?: string): Reading<never> =>
  failed(`${path} could not be read${why === undefined ? '' : ` (${why})`}`);

/** The question was not put because the cheap numbers did not call for it: not a fault, and no evidence either. */
export const notAsked = (why: string): Reading<never> => ({ status: 'failed', reason: why, notAsked: true });

/** Printable ASCII: what a setting's value consists of. */
export const isPlainText = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
