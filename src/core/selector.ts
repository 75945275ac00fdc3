/**
 * What a person types to name hosts. Terms are parted by commas or blanks:
 * `web-1` a host, `web-*` names by pattern, `@web` a group, `env=prod` a label, `!term` leaves hosts out.
 * Terms unite; within one comma list that has a label, they narrow each other: `env=prod,role=api` is both,
 * `@web,env=prod` the production hosts of the group, `web-1,web-2` two hosts.
 */
import { closest, distance } from 'fastest-levenshtein';
import { matchesGlob } from './glob.js';
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

const matcher = (term: Term, inventory: Pick<Inventory, 'groups'>): ((host: Host) => boolean) => {
  switch (term.kind) {
    case 'host':
      return (host) => host.name === term.name;
    case 'pattern':
      return (host) => matchesGlob(term.pattern, host.name);
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

/** Edits from one to the other; two letters the wrong way round are one slip of the fingers, not two. */
const slipsTo = (typed: string, name: string): number => {
  const at = [...name].findIndex((letter, index) => letter !== typed[index]);
  const swapped = `${typed.slice(0, at)}${typed[at + 1] ?? ''}${typed[at] ?? ''}${typed.slice(at + 2)}`;
  return at >= 0 && swapped === name ? 1 : distance(typed, name);
};

/** Up to `most` names that are nearest to what was typed, the nearest first; none that is nothing like it. */
export const nearestNames = (typed: string, names: readonly string[], most = 3): string[] => {
  const wanted = typed.toLowerCase();
  const near = names
    .map((name) => ({ name, far: slipsTo(wanted, name.toLowerCase()), starts: name.toLowerCase().startsWith(wanted) }))
    .filter(({ name, far, starts }) => starts || far <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => Number(b.starts) - Number(a.starts) || a.far - b.far || (a.name < b.name ? -1 : 1));
  if (near.length > 0) return near.slice(0, most).map(({ name }) => name);
  return names.length > 0 && names.length <= 5 ? [closest(typed, names as string[])] : [];
};

export interface Resolved {
  /** each once; in the order typed where all are names, else in that of the inventory */
  hosts: readonly Host[];
  /** terms that name nothing: `web-99`, `env=prod,role=cache` */
  unknown: readonly string[];
  /** the same of terms that were to leave something out: `!wbe-3` */
  idle: readonly string[];
  /** hosts that a `!` has left out */
  excluded: number;
  /** hosts that a group, a pattern or a label named, and that may not be seen */
  hidden: number;
}

/** The common case by far is a host's name, and it must not walk ten thousand hosts. */
const namedBy = (terms: readonly Term[], inventory: Inventory): readonly Host[] => {
  const [only] = terms;
  if (terms.length === 1 && only?.kind === 'host') {
    const host = inventory.hosts.get(only.name);
    return host === undefined ? [] : [host];
  }
  const matchers = terms.map((term) => matcher(term, inventory));
  return [...inventory.hosts.values()].filter((host) => matchers.every((matches) => matches(host)));
};

const namesOne = (terms: readonly Term[]): boolean => terms.some(({ kind }) => kind === 'host');

/**
 * What a selector names in an inventory, in the eyes of somebody who may see a part of it: to them a hidden host that is named
 * whole, to be taken or to be left out, is no other than one that is not registered.
 * @param maySee policy's word; it is asked of hosts that were named alone, and once of each
 */
export const resolveSelector = (
  selector: Selector,
  inventory: Inventory,
  maySee: (host: Host) => boolean = () => true,
): Resolved => {
  const answers = new Map<Host, boolean>();
  const visible = (host: Host): boolean => {
    const known = answers.get(host) ?? maySee(host);
    answers.set(host, known);
    return known;
  };
  const unknown: string[] = [];
  const matched = new Set<Host>();
  const hidden = new Set<Host>();
  for (const { all } of selector.parts) {
    let any = false;
    for (const host of namedBy(all, inventory)) {
      if (visible(host)) {
        matched.add(host);
        any = true;
      } else if (!namesOne(all)) hidden.add(host);
    }
    if (!any) unknown.push(all.map(termText).join(','));
  }
  const idle: string[] = [];
  const excluded = new Set<Host>();
  for (const term of selector.not) {
    const named = namedBy([term], inventory);
    for (const host of named) {
      if (matched.has(host)) excluded.add(host);
      if (!namesOne([term])) hidden.delete(host);
    }
    if (!named.some(visible)) idle.push(`!${termText(term)}`);
  }
  const kept = (host: Host): boolean => matched.has(host) && !excluded.has(host);
  const inOrder = selector.parts.every(({ all }) => namesOne(all)) ? matched : inventory.hosts.values();
  return { hosts: [...inOrder].filter(kept), unknown, idle, excluded: excluded.size, hidden: hidden.size };
};

/** What may have been meant by a term that names nothing: groups for a group, else hosts; none that may not be seen. */
export const nearestTerms = (
  typed: string,
  inventory: Inventory,
  maySee: (host: Host) => boolean = () => true,
): string[] => {
  if (typed.startsWith('!')) return nearestTerms(typed.slice(1), inventory, maySee).map((term) => `!${term}`);
  if (typed.startsWith('@') && NAME.test(typed.slice(1))) {
    const seen = (name: string): boolean => {
      const host = inventory.hosts.get(name);
      return host !== undefined && maySee(host);
    };
    const groups = [...inventory.groups].filter(([, members]) => members.some(seen)).map(([group]) => group);
    const near = nearestNames(typed.slice(1), groups).map((group) => `@${group}`);
    if (near.length > 0) return near;
  }
  const names = [...inventory.hosts.values()].filter(maySee).map(({ name }) => name);
  return nearestNames(typed, names);
};
