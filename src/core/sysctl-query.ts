/**
 * Which sysctls a person means, and what is to be said of each: `sysctl -a | grep time | grep wait`, exact keys, patterns, old
 * names. Pure: works on values that were read before.
 */
import { matchesGlob } from './glob.js';
import { kernelAtLeast } from './kernel.js';
import type { SysctlValues } from './snapshot.js';
import type { SysctlEntry } from './sysctl.js';
import { normalizedName } from './sysctl-names.js';

export type SysctlCatalogue = ReadonlyMap<string, SysctlEntry>;

/** A line of a file that sets a key at boot. */
export interface BootSetting {
  file: string;
  value: string;
}

export interface SysctlFacts {
  /** by today's name, blanks folded */
  values: SysctlValues;
  /** for each key the files that set it at boot, in the order in which they are applied: the last one wins */
  boot?: Readonly<Record<string, readonly BootSetting[]>>;
  /** `uname -r`, for defaults that moved between kernels */
  kernelRelease?: string;
}

export interface SysctlRow {
  key: string;
  /** absent: this host does not have it, or it could not be read */
  value?: string;
  /** absent: not in the catalogue, shown all the same */
  entry?: SysctlEntry;
  /** the kernel's own default here: a value, or words where it depends on memory or version */
  kernelDefault?: { value: string } | { words: string };
  differs: 'yes' | 'no' | 'unknown';
  boot?: BootSetting & {
    /** what is in force is not what the file says */
    differs: boolean;
    /** other files that set it too, and lose */
    overridden: readonly string[];
  };
}

export interface SysctlAnswer {
  by: 'health' | 'words' | 'keys';
  /** as understood, after pipes and greps were taken away */
  words: readonly string[];
  rows: readonly SysctlRow[];
  /** old names that were typed, and what they are called today */
  renamed: readonly { typed: string; today: string }[];
  /** keys that were named exactly, are known, and are not on this host */
  notThere: readonly { key: string; why: string; entry?: SysctlEntry }[];
  /** names that nothing is known of, here or in the catalogue */
  unknown: readonly string[];
}

const WORDS_MAX = 20;
const WORD_LENGTH_MAX = 200;

/** The kernel's default on this release. Distributions that port changes back make a wrong one possible; said in the words. */
export const defaultOn = (entry: SysctlEntry, kernelRelease?: string): SysctlRow['kernelDefault'] => {
  const it = entry.kernelDefault;
  if ('value' in it) return { value: it.value };
  if ('depends' in it) return { words: it.depends };
  if (kernelRelease !== undefined) {
    const fitting = it.byKernel.filter((row) => kernelAtLeast(kernelRelease, row.since) === true).at(-1);
    if (fitting !== undefined) return { value: fitting.value };
  }
  return { words: it.byKernel.map((row) => `${row.value} since ${row.since}`).join(', ') };
};

const folded = (value: string): string => value.trim().replace(/\s+/g, ' ');

/** Today's name for an old one; undefined for what is none. */
const todayOf = (name: string, catalogue: SysctlCatalogue): string | undefined => {
  for (const entry of catalogue.values()) if (entry.formerly.includes(name)) return entry.key;
  return undefined;
};

/** What one key is, on this host. */
export const rowOf = (key: string, facts: SysctlFacts, catalogue: SysctlCatalogue): SysctlRow => {
  const entry = catalogue.get(key);
  const value = facts.values[key] ?? entry?.formerly.map((name) => facts.values[name]).find((it) => it !== undefined);
  const kernelDefault = entry === undefined ? undefined : defaultOn(entry, facts.kernelRelease);
  const settings = facts.boot?.[key] ?? [];
  const last = settings.at(-1);
  return {
    key,
    ...(value === undefined ? {} : { value }),
    ...(entry === undefined ? {} : { entry }),
    ...(kernelDefault === undefined ? {} : { kernelDefault }),
    differs:
      value === undefined || kernelDefault === undefined || !('value' in kernelDefault)
        ? 'unknown'
        : folded(value) === folded(kernelDefault.value)
          ? 'no'
          : 'yes',
    ...(last === undefined
      ? {}
      : {
          boot: {
            ...last,
            differs: value !== undefined && folded(last.value) !== folded(value),
            overridden: [...new Set(settings.slice(0, -1).map((it) => it.file))].filter((file) => file !== last.file),
          },
        }),
  };
};

interface Asked {
  /** each must be in the line, as with a grep after a grep */
  words: readonly string[];
  /** none may be, as with `grep -v` */
  without: readonly string[];
}

/** Takes `sysctl -a | grep time | grep -v wait` apart; plain words stay as they are. */
export const readWords = (typed: readonly string[]): Asked => {
  const words: string[] = [];
  const without: string[] = [];
  let inverted = false;
  for (const raw of typed
    .join(' ')
    .replaceAll('|', ' | ')
    .split(/\s+/)
    .slice(0, WORDS_MAX * 3)) {
    const word = raw.replace(/^["'`“”]+|["'`“”]+$/g, '').slice(0, WORD_LENGTH_MAX);
    if (word === '' || word === '|' || /^(sysctl|grep|egrep|fgrep|sudo)$/.test(word)) {
      if (word === '|') inverted = false;
      continue;
    }
    if (/^-{1,2}[a-zA-Z-]+$/.test(word)) {
      if (/^-[a-z]*v[a-z]*$/.test(word)) inverted = true;
      continue;
    }
    (inverted ? without : words).push(word.toLowerCase());
    if (words.length + without.length >= WORDS_MAX) break;
  }
  return { words, without };
};

/** `/proc/sys/net/ipv4/tcp_mem`, `net/ipv4/tcp_mem` → `net.ipv4.tcp_mem` */
const dotted = (word: string): string => normalizedName(word.replace(/^\/proc\/sys\//, ''));

/** what fails first in an incident comes first */
const GROUPS: readonly SysctlEntry['group'][] = [
  'connection tracking',
  'TIME_WAIT and ports',
  'listening',
  'closing',
  'retries and keepalive',
  'memory',
  'neighbours',
  'files',
  'other',
];
const groupRank = (row: SysctlRow): number => GROUPS.indexOf(row.entry?.group ?? 'other');

const byKey = (a: SysctlRow, b: SysctlRow): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/**
 * @param typed what stands after the host: words, keys, patterns, or a pasted `sysctl -a | grep …`; nothing for the keys that
 *   matter for TCP health
 */
export const querySysctls = (
  typed: readonly string[],
  facts: SysctlFacts,
  catalogue: SysctlCatalogue,
): SysctlAnswer => {
  const asked = readWords(typed);
  const renamed: { typed: string; today: string }[] = [];
  const notThere: { key: string; why: string; entry?: SysctlEntry }[] = [];
  const unknown: string[] = [];

  const keys = new Set<string>();
  for (const name of Object.keys(facts.values))
    keys.add(catalogue.has(name) ? name : (todayOf(name, catalogue) ?? name));
  const rows = [...keys].map((key) => rowOf(key, facts, catalogue)).sort(byKey);

  if (asked.words.length === 0 && asked.without.length === 0) {
    const health = [...catalogue.values()].filter((entry) => entry.health);
    return {
      by: 'health',
      words: [],
      rows: health
        .filter((entry) => keys.has(entry.key))
        .map((entry) => rowOf(entry.key, facts, catalogue))
        .sort((a, b) => groupRank(a) - groupRank(b) || byKey(a, b)),
      renamed,
      notThere: [],
      unknown,
    };
  }

  const absentBecause = (key: string): string => {
    const entry = catalogue.get(key);
    if (entry?.removed !== undefined) return `gone since Linux ${entry.removed}`;
    if (entry?.since !== undefined) return `since Linux ${entry.since}; this host does not have it`;
    if (entry?.scope === 'host') return 'seen only from the initial network namespace, or its module is not loaded';
    return 'not on this host';
  };

  const chosen = new Set<string>();
  const words: string[] = [];
  const bare = (name: string): string | undefined =>
    [...keys, ...catalogue.keys()].find((key) => key.endsWith(`.${name}`));
  const nameKey = (key: string): void => {
    if (keys.has(key)) chosen.add(key);
    else {
      const entry = catalogue.get(key);
      notThere.push({ key, why: absentBecause(key), ...(entry === undefined ? {} : { entry }) });
    }
  };

  for (const word of asked.words) {
    const name = dotted(word);
    if (/[*?]/.test(name)) {
      const hits = rows.filter(
        (row) => matchesGlob(name, row.key) || row.entry?.formerly.some((old) => matchesGlob(name, old)),
      );
      if (hits.length === 0) unknown.push(word);
      for (const row of hits) chosen.add(row.key);
      continue;
    }
    const today = todayOf(name, catalogue);
    if (today !== undefined) {
      renamed.push({ typed: word, today });
      nameKey(today);
    } else if (keys.has(name) || catalogue.has(name)) nameKey(name);
    else if (
      /^(net|fs|kernel|vm)\.[a-z0-9_.-]+\.[a-z0-9_-]+$/.test(name) &&
      !rows.some((row) => row.key.includes(name))
    )
      unknown.push(word);
    else if (name.includes('ip_conntrack')) {
      const now = name.replaceAll('ip_conntrack', 'nf_conntrack');
      renamed.push({ typed: word, today: now });
      words.push(now);
    } else words.push(name);
  }

  const lineOf = (row: SysctlRow): string => `${row.key} = ${row.value ?? ''}`.toLowerCase();
  const matches = (row: SysctlRow, all: readonly string[]): boolean =>
    all.every((word) => lineOf(row).includes(word)) && !asked.without.some((word) => lineOf(row).includes(word));

  const named = chosen.size > 0 || notThere.length > 0 || unknown.length > 0;
  let found = rows.filter((row) => (named ? chosen.has(row.key) : true) && matches(row, words));
  let by: SysctlAnswer['by'] = named && words.length === 0 ? 'keys' : 'words';
  // several bare names, `tcp_tw_reuse tcp_fin_timeout`: nothing can match all of them, each is meant
  if (found.length === 0 && !named && words.length > 1 && words.every((word) => bare(word) !== undefined)) {
    for (const word of words) nameKey(bare(word) ?? word);
    found = rows.filter((row) => chosen.has(row.key));
    by = 'keys';
  } else if (found.length === 0 && !named && words.length === 1) {
    const only = bare(words[0] ?? '');
    if (only !== undefined && !keys.has(only)) nameKey(only);
  }
  return { by, words: [...asked.words], rows: found, renamed, notThere, unknown };
};
