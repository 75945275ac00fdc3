/**
 * OpenSSH client configuration → inventory. Names come from the `Host` lines (Include followed, patterns left out);
 * what each means is asked of OpenSSH itself with `ssh -G`, which alone resolves Match, tokens and precedence rightly.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { matchesGlob } from '../core/glob.js';
import { isHostName } from '../core/selector.js';
import type { InventoryFile } from './inventory.js';

const INCLUDE_DEPTH_MAX = 16;

/** Words of a configuration line: blanks part them, double quotes hold them together. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');

/** Concrete names on `Host` lines of a configuration file and of what it includes, in their order. */
export const hostNamesOf = (file: string, depth = 0): string[] => {
  if (depth > INCLUDE_DEPTH_MAX) return [];
  const names: string[] = [];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // ssh(1) passes over an Include that does not exist; the file that was asked for must be there.
    if (depth > 0) return [];
    throw error;
  }
  for (const raw of text.split('\n')) {
    const line = raw.trim().replace(/^(\w+)\s*=\s*/, '$1 ');
    if (line === '' || line.startsWith('#')) continue;
    const [keyword = '', ...rest] = words(line);
    if (keyword.toLowerCase() === 'include')
      for (const pattern of rest) {
        const home = pattern.startsWith('~/') ? join(homedir(), pattern.slice(2)) : pattern;
        // ssh_config(5): relative Include paths start in ~/.ssh for a user's file; the file's own folder is the same there.
        for (const included of globbed(isAbsolute(home) ? home : join(dirname(file), home)))
          names.push(...hostNamesOf(included, depth + 1));
      }
    else if (keyword.toLowerCase() === 'host') names.push(...rest.filter((name) => !/[*?!]/.test(name)));
  }
  return [...new Set(names)];
};

/** Files that an Include names; wildcards are followed in the last part of the path, where people write them. */
const globbed = (path: string): string[] => {
  if (!/[*?]/.test(path)) return [path];
  const pattern = basename(path);
  try {
    return readdirSync(dirname(path))
      .filter((name) => matchesGlob(pattern, name))
      .sort()
      .map((name) => join(dirname(path), name));
  } catch {
    return [];
  }
};

export interface ImportedInventory {
  inventory: InventoryFile;
  /** what could not be taken over, in words */
  notes: readonly string[];
}

/** What a ProxyJump says of the login on one of its machines. */
interface Login {
  user?: string;
  port?: string;
}
interface Hop {
  name: string;
  login: Login;
}

/** `admin@bastion:2222`, `ssh://admin@bastion:2222`, `[bastion]`; undefined where its name can't be one of an inventory */
const readHop = (text: string): Hop | undefined => {
  const match = /^(?:ssh:\/\/)?(?:(.*)@)?\[?([^\]:@]+)\]?(?::(\d+))?$/.exec(text);
  const [, user, name, port] = match ?? [];
  if (name === undefined || !isHostName(name)) return undefined;
  const login = { ...(user === undefined || user === '' ? {} : { user }), ...(port === undefined ? {} : { port }) };
  return { name, login };
};

/** @param login wins over what the configuration says of that name, as it does where ssh itself goes there */
type Resolve = (name: string, login: Login) => ReadonlyMap<string, readonly string[]>;

const askOpenSsh =
  (file: string): Resolve =>
  (name, { user, port }) => {
    const settings = new Map<string, string[]>();
    const login = [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', port])];
    const text = execFileSync('ssh', [...login, '-F', file, '-G', '--', name], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for (const line of text.split('\n')) {
      const blank = line.indexOf(' ');
      if (blank < 0) continue;
      const key = line.slice(0, blank);
      const values = settings.get(key);
      if (values === undefined) settings.set(key, [line.slice(blank + 1)]);
      else values.push(line.slice(blank + 1));
    }
    return settings;
  };

interface Jump {
  of: string;
  /** as it stands in the ProxyJump */
  text: string;
  hop: Hop;
}

/**
 * Jumps whose login is another than the one under which their machine is registered: an inventory has one for each name, ssh may
 * take another for each jump.
 */
const otherLogins = (
  jumps: readonly Jump[],
  hosts: InventoryFile['hosts'],
  takenAs: ReadonlyMap<string, Login>,
): string[] => {
  const others = new Map<string, string[]>();
  for (const { of, text, hop } of jumps) {
    const host = hosts[hop.name];
    if (host === undefined || host === null) continue;
    const taken = { user: host.user, port: `${host.port ?? 22}` };
    const asked = takenAs.get(hop.name);
    const differs = (['user', 'port'] as const).some((field) =>
      hop.login[field] === undefined ? asked?.[field] !== undefined : hop.login[field] !== taken[field],
    );
    if (!differs) continue;
    const told = `the jump host “${text}” is taken over as “${hop.name}”, which is user ${taken.user} on port ${taken.port}. Register the other login as a host of its own, and name that as the jump host.`;
    others.set(told, [...(others.get(told) ?? []), of]);
  }
  return [...others].map(
    ([told, [first, ...more]]) => `“${first}”${more.length === 0 ? '' : ` and ${more.length} more`}: ${told}`,
  );
};

/**
 * @param resolve what OpenSSH says of a name; injected in tests
 * @throws when the file can't be read
 */
export const importSshConfig = (
  file: string,
  knownHosts: string | undefined,
  resolve: Resolve = askOpenSsh(file),
): ImportedInventory => {
  const notes: string[] = [];
  const hosts: Record<string, NonNullable<InventoryFile['hosts'][string]>> = {};
  // A name with a `Host` line of its own is what that says; one that stands in a ProxyJump alone is what that asks for.
  const waiting: Hop[] = hostNamesOf(file).map((name) => ({ name, login: {} }));
  const jumps: Jump[] = [];
  const takenAs = new Map<string, Login>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { name, login } = next;
    if (takenAs.has(name)) continue;
    takenAs.set(name, login);
    if (!isHostName(name)) {
      notes.push(`“${name}” is left out: not a name that people could type.`);
      continue;
    }
    let settings: ReadonlyMap<string, readonly string[]>;
    try {
      settings = resolve(name, login);
    } catch {
      notes.push(`“${name}” is left out: ssh -G could not resolve it.`);
      continue;
    }
    const one = (key: string): string | undefined => settings.get(key)?.[0];
    const proxyCommand = one('proxycommand');
    if (proxyCommand !== undefined && proxyCommand !== 'none') {
      notes.push(`“${name}” is left out: it is reached by a ProxyCommand, which would run a program; use ProxyJump.`);
      continue;
    }
    const jump: string[] = [];
    const proxyJump = one('proxyjump');
    if (proxyJump !== undefined && proxyJump !== 'none')
      for (const text of proxyJump.split(',')) {
        const hop = readHop(text);
        if (hop === undefined) notes.push(`“${name}”: the jump host “${text}” could not be read.`);
        else {
          jump.push(hop.name);
          waiting.push(hop);
          jumps.push({ of: name, text, hop });
        }
      }
    const port = Number(one('port') ?? 22);
    const user = one('user');
    const address = one('hostname');
    const identityFiles = (settings.get('identityfile') ?? []).filter((path) => !DEFAULT_IDENTITIES.test(path));
    const alias = one('hostkeyalias');
    hosts[name] = {
      ...(address === undefined || address === name ? {} : { address }),
      ...(port === 22 ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      identity:
        identityFiles.length === 0
          ? 'agent'
          : identityFiles.length === 1
            ? (identityFiles[0] ?? 'agent')
            : identityFiles,
      ...(jump.length === 0 ? {} : { jump }),
      ...(alias === undefined || !isHostName(alias) ? {} : { hostKeyAlias: alias }),
    };
  }
  notes.push(...otherLogins(jumps, hosts, takenAs));
  return { inventory: { ...(knownHosts === undefined ? {} : { defaults: { knownHosts } }), hosts }, notes };
};

/** What `ssh -G` prints where nobody named an identity: the agent is the better reading of that. */
const DEFAULT_IDENTITIES = /^~?\/?.*\.ssh\/id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;
