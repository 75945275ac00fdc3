/**
 * Ansible inventories (INI and YAML) → inventory. Read here are hosts with ranges, groups, children and the connection
 * variables; anything that would need Ansible itself (plugins, templates) is said and left out.
 * Source: docs.ansible.com, "How to build your inventory".
 */
import { parse } from 'yaml';
import { isHostName } from '../core/selector.js';
import type { ImportedInventory } from './import-ssh-config.js';
import type { InventoryFile } from './inventory.js';
import { ConfigProblem } from './problem.js';

type Variables = Record<string, string>;
interface Group {
  hosts: Map<string, Variables>;
  children: Set<string>;
  variables: Variables;
}
type Groups = Map<string, Group>;

const RANGE_MAX = 20_000;

const group = (groups: Groups, name: string): Group => {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const made: Group = { hosts: new Map(), children: new Set(), variables: {} };
  groups.set(name, made);
  return made;
};

/** What stands for a range: numbers with as many digits as the first, or letters. */
const itemsOf = (from: string, to: string, by: number, most: number): string[] => {
  const isNumber = /^\d+$/.test(from);
  const [first, last] = isNumber ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)];
  const width = from.startsWith('0') ? from.length : 0;
  const items: string[] = [];
  for (let at = first; at <= last && items.length < most; at += by)
    items.push(isNumber ? String(at).padStart(width, '0') : String.fromCharCode(at));
  return items;
};

/**
 * `web[01:03].x` → web01.x, web02.x, web03.x; also letters and a step `[a:e:2]`.
 * @param most no more than so many are made: two ranges of 20,000 in one name would be 400 million
 */
export const expandRange = (text: string, most = RANGE_MAX): string[] => {
  const match = /^(.*?)\[(?:(\d+):(\d+)|([A-Za-z]):([A-Za-z]))(?::(\d+))?\](.*)$/.exec(text);
  if (match === null) return [text];
  const [, before = '', number, toNumber, letter = '', toLetter = '', step = '1', after = ''] = match;
  const ends = expandRange(after, most);
  const names: string[] = [];
  for (const item of itemsOf(number ?? letter, toNumber ?? toLetter, Math.max(1, Number(step)), most))
    for (const end of ends) {
      if (names.length >= most) return names;
      names.push(`${before}${item}${end}`);
    }
  return names;
};

/** The hosts that a name with ranges stands for. What is not taken over is told in `notes`. */
const hostsOf = (pattern: string, notes: string[]): string[] => {
  const names = expandRange(pattern, RANGE_MAX + 1);
  const shown = pattern.slice(0, 80);
  if (names.length === 0) notes.push(`“${shown}” names no host: write a range from the lower end to the higher one.`);
  if (names.length > RANGE_MAX)
    notes.push(
      `“${shown}” stands for more than ${RANGE_MAX.toLocaleString('en-US')} hosts: the first so many are taken over. Write the others as ranges of their own.`,
    );
  return names.slice(0, RANGE_MAX);
};

const readVariables = (words: readonly string[]): Variables => {
  const variables: Variables = {};
  for (const word of words) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word);
    if (match?.[1] !== undefined) variables[match[1]] = (match[2] ?? '').replace(/^(['"])(.*)\1$/s, '$2');
  }
  return variables;
};

const readIni = (text: string, notes: string[]): Groups => {
  const groups: Groups = new Map();
  let current = 'ungrouped';
  let kind = 'hosts';
  for (const raw of text.split('\n')) {
    const line = raw.replace(/(^|\s)[#;].*$/, '').trim();
    if (line === '') continue;
    const section = /^\[([^\]:]+)(?::(vars|children|hosts))?\]$/.exec(line);
    if (section?.[1] !== undefined) {
      current = section[1].trim();
      kind = section[2] ?? 'hosts';
      group(groups, current);
      continue;
    }
    if (kind === 'vars') Object.assign(group(groups, current).variables, readVariables([line.replace(/\s*=\s*/, '=')]));
    else if (kind === 'children') {
      group(groups, current).children.add(line);
      group(groups, line);
    } else {
      const [name = '', ...rest] = line.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
      for (const host of hostsOf(name, notes)) {
        const known = group(groups, current).hosts.get(host) ?? {};
        group(groups, current).hosts.set(host, { ...known, ...readVariables(rest) });
      }
    }
  }
  return groups;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const texts = (value: unknown): Variables =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => ['string', 'number', 'boolean'].includes(typeof item))
          .map(([key, item]) => [key, String(item)]),
      )
    : {};

const readYamlGroup = (groups: Groups, name: string, value: unknown, notes: string[]): void => {
  const known = group(groups, name);
  if (!isRecord(value)) return;
  Object.assign(known.variables, texts(value['vars']));
  if (isRecord(value['hosts']))
    for (const [pattern, variables] of Object.entries(value['hosts']))
      for (const host of hostsOf(pattern, notes))
        known.hosts.set(host, { ...known.hosts.get(host), ...texts(variables) });
  if (isRecord(value['children']))
    for (const [child, inner] of Object.entries(value['children'])) {
      known.children.add(child);
      readYamlGroup(groups, child, inner, notes);
    }
};

/** Ansible's own JSON (`ansible-inventory --list`, dynamic inventories): groups beside `_meta.hostvars`. */
export const isAnsibleJson = (value: unknown): boolean =>
  isRecord(value) && (isRecord(value['_meta']) || isRecord(value['all']));

const readJson = (value: Record<string, unknown>): Groups => {
  const groups: Groups = new Map();
  const hostVariables =
    isRecord(value['_meta']) && isRecord(value['_meta']['hostvars']) ? value['_meta']['hostvars'] : {};
  for (const [name, inner] of Object.entries(value)) {
    if (name === '_meta') continue;
    const known = group(groups, name);
    const members = Array.isArray(inner)
      ? inner
      : isRecord(inner) && Array.isArray(inner['hosts'])
        ? inner['hosts']
        : [];
    for (const host of members) if (typeof host === 'string') known.hosts.set(host, texts(hostVariables[host]));
    if (isRecord(inner)) {
      Object.assign(known.variables, texts(inner['vars']));
      if (Array.isArray(inner['children']))
        for (const child of inner['children']) if (typeof child === 'string') known.children.add(child);
    }
  }
  return groups;
};

/** Variables of every host: those of outer groups first, nearer ones over them, its own last. */
const flatten = (groups: Groups): Map<string, { variables: Variables; groups: Set<string> }> => {
  const hosts = new Map<string, { variables: Variables; groups: Set<string> }>();
  const walk = (name: string, inherited: Variables, above: readonly string[]): void => {
    const known = groups.get(name);
    if (known === undefined || above.includes(name)) return;
    const variables = { ...inherited, ...known.variables };
    for (const [host, own] of known.hosts) {
      const seen = hosts.get(host) ?? { variables: {}, groups: new Set<string>() };
      seen.variables = { ...seen.variables, ...variables, ...own };
      for (const member of [...above, name]) if (member !== 'all' && member !== 'ungrouped') seen.groups.add(member);
      hosts.set(host, seen);
    }
    for (const child of known.children) walk(child, variables, [...above, name]);
  };
  const children = new Set([...groups.values()].flatMap(({ children: named }) => [...named]));
  const all = groups.get('all')?.variables ?? {};
  for (const name of groups.keys()) if (!children.has(name)) walk(name, all, []);
  // A host that stands both in a group and, with its variables, elsewhere: its own variables win over any group's.
  for (const { hosts: members } of groups.values())
    for (const [host, own] of members) {
      const seen = hosts.get(host);
      if (seen !== undefined) Object.assign(seen.variables, own);
    }
  return hosts;
};

const build = (groups: Groups, knownHosts: string | undefined, found: readonly string[] = []): ImportedInventory => {
  const notes = [...new Set(found)];
  const hosts: Record<string, NonNullable<InventoryFile['hosts'][string]>> = {};
  const members = flatten(groups);
  for (const [name, { variables, groups: member }] of members) {
    const value = (...keys: string[]): string | undefined =>
      keys.map((key) => variables[key]).find((found) => found !== undefined && found !== '');
    if (!isHostName(name)) {
      notes.push(`“${name}” is left out: not a name that people could type.`);
      continue;
    }
    const connection = value('ansible_connection');
    if (connection !== undefined && !['ssh', 'smart', 'paramiko'].includes(connection)) {
      notes.push(`“${name}” is left out: its connection is ${connection}, not ssh.`);
      continue;
    }
    if (Object.values(variables).some((text) => text.includes('{{')))
      notes.push(`“${name}”: variables with templates ({{ … }}) were not resolved.`);
    const plain = (text: string | undefined): string | undefined => (text?.includes('{{') ? undefined : text);
    const address = plain(value('ansible_host', 'ansible_ssh_host'));
    const port = Number(plain(value('ansible_port', 'ansible_ssh_port')) ?? 22);
    const user = plain(value('ansible_user', 'ansible_ssh_user'));
    const file = plain(value('ansible_ssh_private_key_file', 'ansible_private_key_file'));
    const jump = /(?:-J\s*|ProxyJump=)"?(?:[^@\s"]*@)?([A-Za-z0-9._-]+)/.exec(
      value('ansible_ssh_common_args', 'ansible_ssh_extra_args') ?? '',
    )?.[1];
    if (jump !== undefined && !members.has(jump))
      notes.push(`“${name}”: its jump host “${jump}” is not in this inventory; add it by hand.`);
    hosts[name] = {
      ...(address === undefined || address === name ? {} : { address }),
      ...(Number.isInteger(port) && port !== 22 ? { port } : {}),
      ...(user === undefined ? {} : { user }),
      identity: file ?? 'agent',
      ...(jump === undefined || jump === name ? {} : { jump }),
      ...(member.size === 0 ? {} : { groups: [...member].filter(isHostName) }),
    };
  }
  return { inventory: { ...(knownHosts === undefined ? {} : { defaults: { knownHosts } }), hosts }, notes };
};

const parseJson = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new ConfigProblem('the Ansible inventory', [
      { field: '', expected: `begins like JSON but is none: ${(error as Error).message}` },
    ]);
  }
};

/**
 * Takes an inventory in any of Ansible's three forms; which one is told from the text.
 * @throws ConfigProblem where it begins like JSON and is none
 */
export const importAnsible = (text: string, knownHosts: string | undefined): ImportedInventory => {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return build(readJson(parseJson(trimmed)), knownHosts);
  let value: unknown;
  try {
    value = /^\s*\[[^\]]+\]\s*$/m.test(text) ? undefined : (parse(text, { maxAliasCount: 50 }) as unknown);
  } catch {
    value = undefined;
  }
  const notes: string[] = [];
  if (isRecord(value)) {
    const groups: Groups = new Map();
    for (const [name, inner] of Object.entries(value)) readYamlGroup(groups, name, inner, notes);
    return build(groups, knownHosts, notes);
  }
  return build(readIni(text, notes), knownHosts, notes);
};
