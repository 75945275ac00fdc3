/**
 * What a person types to name hosts. Terms are parted by commas or blanks:
 * `web-1` a host, `web-*` names by pattern, `@web` a group, `env=prod` a label, `!term` leaves hosts out.
 * Terms unite; within one comma list that has a label, they narrow each other: `env=prod,role=api` is both,
 * `@web,env=prod` the production hosts of the group, `web-1,web-2` two hosts.
 */
import { closest, distance } from 'fastest-levenshtein';
import type { Host, Inventory } from './inventory.js';

type Term =
  | { kind: 'host'; name: string }
  | { kind: 'pattern'; pattern: string }
  | { kind: 'group'; group: string }
  | { kind: 'label'; label: string; value: string };

/** `all` terms of a part must hold; parts unite; `not` is taken away at the end. */
export interface Selector {
  text: string;
  parts: readonly { all: readonly Term[] }[];
  not: readonly Term[];
}

export type ParsedSelector = { ok: true; selector: Selector } | { ok: false; problem: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const PATTERN = /^[A-Za-z0-9*?][A-Za-z0-9._*?-]*$/;
const LABEL = /^([A-Za-z0-9][A-Za-z0-9._/-]*)=([A-Za-z0-9._:/-]+)$/;
const TERMS_MAX = 100;

/** A name that may stand in an inventory and be typed. */
export const isHostName = (name: string): boolean => name.length <= 255 && NAME.test(name);

const parseTerm = (text: string): Term | undefined => {
  if (text.startsWith('@')) return NAME.test(text.slice(1)) ? { kind: 'group', group: text.slice(1) } : undefined;
  const label = LABEL.exec(text);
  if (label?.[1] !== undefined && label[2] !== undefined) return { kind: 'label', label: label[1], value: label[2] };
  if (NAME.test(text)) return { kind: 'host', name: text };
  if (PATTERN.test(text)) return { kind: 'pattern', pattern: text };
  return undefined;
};

/** Reads a selector; the problem, when there is one, is a sentence for the typist. */
export const parseSelector = (text: string): ParsedSelector => {
  const parts: { all: Term[] }[] = [];
  const not: Term[] = [];
  let terms = 0;
  for (const list of text.trim().split(/\s+/)) {
    const positive: Term[] = [];
    for (const word of list.split(',').filter((part) => part !== '')) {
      if (++terms > TERMS_MAX)
        return { ok: false, problem: `More than ${TERMS_MAX} terms. Name a group or a label instead.` };
      const negative = word.startsWith('!');
      const term = parseTerm(negative ? word.slice(1) : word);
      if (term === undefined)
        return {
          ok: false,
          problem: `“${word.slice(0, 60)}” names no host. Try a host, web-*, @group, label=value or !host.`,
        };
      (negative ? not : positive).push(term);
    }
    if (positive.some(({ kind }) => kind === 'label')) parts.push({ all: positive });
    else parts.push(...positive.map((term) => ({ all: [term] })));
  }
  if (parts.length === 0)
    return {
      ok: false,
      problem:
        not.length > 0 ? 'Only hosts to leave out: name those to take first, e.g. @web,!web-3.' : 'No host is named.',
    };
  return { ok: true, selector: { text: text.trim(), parts, not } };
};

/** `*` stands for any run of characters, `?` for one; nothing else is special. */
export const patternToRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\-]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.')}$`,
  );

const matcher = (term: Term, inventory: Pick<Inventory, 'groups'>): ((host: Host) => boolean) => {
  switch (term.kind) {
    case 'host':
      return (host) => host.name === term.name;
    case 'pattern': {
      const pattern = patternToRegExp(term.pattern);
      return (host) => pattern.test(host.name);
    }
    case 'group': {
      const members = new Set(inventory.groups.get(term.group));
      return (host) => members.has(host.name) || host.groups.includes(term.group);
    }
    case 'label':
      return (host) => host.labels[term.label] === term.value;
  }
};

type Matches = (host: Host) => boolean;
/** by groups, which are all that a selector looks at beside the host itself */
const compiled = new WeakMap<Inventory['groups'], WeakMap<Selector, Matches>>();

/**
 * What a selector names, one host at a time: for policy, which asks about ten thousand hosts one after the other. Made once for
 * a selector and an inventory.
 */
export const matcherOf = (selector: Selector, inventory: Pick<Inventory, 'groups'>): Matches => {
  const known = compiled.get(inventory.groups) ?? new WeakMap<Selector, Matches>();
  compiled.set(inventory.groups, known);
  const ready = known.get(selector);
  if (ready !== undefined) return ready;
  const parts = selector.parts.map(({ all }) => all.map((term) => matcher(term, inventory)));
  const excluded = selector.not.map((term) => matcher(term, inventory));
  const made: Matches = (host) =>
    parts.some((all) => all.every((matches) => matches(host))) && !excluded.some((matches) => matches(host));
  known.set(selector, made);
  return made;
};

/** The names, where a selector is made of nothing but hosts' names. */
export const hostsNamed = ({ parts, not }: Selector): readonly string[] | undefined => {
  const terms = parts.flatMap(({ all }) => all);
  return not.length === 0 && terms.every((term) => term.kind === 'host') ? terms.map(({ name }) => name) : undefined;
};

const termText = (term: Term): string => {
  switch (term.kind) {
    case 'host':
      return term.name;
    case 'pattern':
      return term.pattern;
    case 'group':
      return `@${term.group}`;
    case 'label':
      return `${term.label}=${term.value}`;
  }
};

/** Up to `most` names that are nearest to what was typed, the nearest first; none that is nothing like it. */
export const nearestNames = (typed: string, names: readonly string[], most = 3): string[] => {
  const wanted = typed.toLowerCase();
  const near = names
    .map((name) => ({ name, far: distance(wanted, name.toLowerCase()), starts: name.toLowerCase().startsWith(wanted) }))
    .filter(({ name, far, starts }) => starts || far <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => Number(b.starts) - Number(a.starts) || a.far - b.far || (a.name < b.name ? -1 : 1));
  if (near.length > 0) return near.slice(0, most).map(({ name }) => name);
  return names.length > 0 && names.length <= 5 ? [closest(typed, names as string[])] : [];
};

export interface Resolved {
  /** in the order of the inventory, each once */
  hosts: readonly Host[];
  /** terms that name nothing, with what may have been meant */
  unknown: readonly { term: string; nearest: readonly string[] }[];
}

/** The hosts that a selector names in an inventory. The caller's right to see them is policy's matter, not this one's. */
export const resolveSelector = (selector: Selector, inventory: Inventory): Resolved => {
  const unknown: { term: string; nearest: readonly string[] }[] = [];
  const all = [...inventory.hosts.values()];
  const matched = new Set<Host>();
  for (const part of selector.parts) {
    const [only] = part.all;
    // The common case by far, and the one that must not walk ten thousand hosts.
    if (part.all.length === 1 && only?.kind === 'host') {
      const host = inventory.hosts.get(only.name);
      if (host !== undefined) matched.add(host);
      else unknown.push({ term: only.name, nearest: nearestNames(only.name, [...inventory.hosts.keys()]) });
      continue;
    }
    const matchers = part.all.map((term) => matcher(term, inventory));
    const found = all.filter((host) => matchers.every((matches) => matches(host)));
    for (const host of found) matched.add(host);
    if (found.length === 0) {
      const groups = [...inventory.groups.keys()];
      const nearest =
        only?.kind === 'group' && part.all.length === 1
          ? nearestNames(only.group, groups).map((name) => `@${name}`)
          : [];
      unknown.push({ term: part.all.map(termText).join(','), nearest });
    }
  }
  const excluded = selector.not.map((term) => matcher(term, inventory));
  const kept = (host: Host): boolean => matched.has(host) && !excluded.some((matches) => matches(host));
  return { hosts: matched.size === 1 ? [...matched].filter(kept) : all.filter(kept), unknown };
};
