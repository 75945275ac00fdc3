/** Patterns in the files that set sysctls at boot: `net.ipv4.conf.*.rp_filter`, `net.ipv4.conf.eth[0-3].rp_filter`; sysctl.d(5). */
import { matchesGlob } from './glob.js';

/**
 * Characters compared with places of patterns, at most, for all patterns and keys. 20 patterns of a distribution on a host of 500
 * interfaces come to 25 million; those that a hostile host may send would be a day's work, and are matched no further.
 */
const COMPARISONS_MAX = 50_000_000;

export const isPattern = (key: string): boolean => /[*?[]/.test(key);

/** The characters of a class: `a-c_` → `abc_`. */
const charactersOf = (inBrackets: string): string =>
  inBrackets.replace(/(.)-(.)/g, (_all, from: string, to: string) => {
    const first = from.charCodeAt(0);
    const count = Math.max(0, to.charCodeAt(0) - first + 1);
    return Array.from({ length: count }, (_, at) => String.fromCharCode(first + at)).join('');
  });

/** A pattern segment by segment, as glob(7) takes a path: neither `*` nor `?` passes from one to the next. */
const segmentsOf = (pattern: string): string[][] =>
  pattern
    .split('.')
    .map((segment) =>
      (segment.match(/\[[^\]]+\]|./g) ?? []).map((part) => (part.length > 1 ? charactersOf(part.slice(1, -1)) : part)),
    );

/** Without a star each place is looked at once; with one, at worst, at every character. */
const comparisons = (segment: readonly string[], name: string): number =>
  segment.length * (segment.includes('*') ? name.length : 1);

/** Which patterns set which names, the last pattern first, since it wins. */
export const matchPatterns = <T extends { key: string }>(
  patterns: readonly T[],
  names: readonly string[],
  onMatch: (name: string, pattern: T) => void,
): void => {
  const paths = names.map((name) => ({ name, path: name.split('.') }));
  let left = COMPARISONS_MAX;
  for (const pattern of patterns.toReversed()) {
    const segments = segmentsOf(pattern.key);
    for (const { name, path } of paths) {
      left -= 1;
      if (path.length === segments.length) {
        for (const [at, segment] of segments.entries()) left -= comparisons(segment, path[at] ?? '');
        if (left > 0 && segments.every((segment, at) => matchesGlob(segment, path[at] ?? ''))) onMatch(name, pattern);
      }
      if (left <= 0) return;
    }
  }
};
