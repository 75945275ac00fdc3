/**
 * OpenSSH client configuration → inventory. Names come from the `Host` lines (Include followed, patterns left out);
 * what each means is asked of OpenSSH itself with `ssh -G`, which alone resolves Match, tokens and precedence rightly.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { isHostName, patternToRegExp } from '../core/selector.js';
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
  const pattern = patternToRegExp(basename(path));
  try {
    return readdirSync(dirname(path))
      .filter((name) => pattern.test(name))
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

type Resolve = (name: string) => ReadonlyMap<string, readonly string[]>;

const askOpenSsh =
  (file: string): Resolve =>
  (name) => {
    const settings = new Map<string, string[]>();
    const text = execFileSync('ssh', ['-F', file, '-G', '--', name], {
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
  const waiting = hostNamesOf(file);
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (Object.hasOwn(hosts, name)) continue;
    if (!isHostName(name)) {
      notes.push(`“${name}” is left out: not a name that people could type.`);
      continue;
    }
    let settings: ReadonlyMap<string, readonly string[]>;
    try {
      settings = resolve(name);
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
      for (const hop of proxyJump.split(',')) {
        const via = /^(?:ssh:\/\/)?(?:[^@]*@)?\[?([^\]:]+)\]?(?::\d+)?$/.exec(hop)?.[1];
        if (via === undefined || !isHostName(via)) notes.push(`“${name}”: the jump host “${hop}” could not be read.`);
        else {
          jump.push(via);
          waiting.push(via);
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
  return { inventory: { ...(knownHosts === undefined ? {} : { defaults: { knownHosts } }), hosts }, notes };
};

/** What `ssh -G` prints where nobody named an identity: the agent is the better reading of that. */
const DEFAULT_IDENTITIES = /^~?\/?.*\.ssh\/id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;
