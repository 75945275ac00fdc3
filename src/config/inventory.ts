/** inventory.yml → the registered hosts. Strict: an unknown field is an error, not a silent no. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Host, HostKeySource, HostLimits, Identity, Inventory } from '../core/inventory.js';
import { isHostName, nearestNames } from '../core/selector.js';
import { ConfigProblem } from './problem.js';
import { selector } from './selector-field.js';
import { parseYaml, problemsAt } from './yaml.js';

const text = (expected: string) => z.string({ error: `expected ${expected}` }).min(1, `expected ${expected}`);
const name = text('a name').refine(
  isHostName,
  'expected a name of letters, digits, dots, dashes and underscores, beginning with a letter or digit',
);
const label = z
  .union([z.string(), z.number(), z.boolean()], { error: 'expected a text' })
  .transform(String)
  .refine((value) => /^[A-Za-z0-9._:/-]{1,100}$/.test(value), 'expected up to 100 letters, digits and . _ : / -');
const user = text('a user name').regex(/^[a-z_][a-z0-9_.-]{0,31}\$?$/i, 'expected a POSIX user name');
const port = z
  .int('expected a port, 1 to 65535')
  .min(1, 'expected a port, 1 to 65535')
  .max(65_535, 'expected a port, 1 to 65535');

const identity = z.union(
  [
    z.literal('agent'),
    text('a path or "agent"'),
    z.strictObject({ file: text('a path'), passphraseEnv: text('the name of an environment variable').optional() }),
    z.strictObject({ agent: text('the path of an agent socket') }),
  ],
  { error: 'expected a path to a private key, "agent", {file, passphraseEnv} or {agent: socket}' },
);
const identities = z.union([identity, z.array(identity).min(1)], {
  error: 'expected a path to a private key, "agent", {file, passphraseEnv}, {agent: socket}, or a list of these',
});
const HOST_KEY =
  /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,2}(?: .*)?$/;
const hostKey = text('a host key line').regex(HOST_KEY, 'expected a host key as in "ssh-ed25519 AAAA…"');
const limits = z.strictObject({
  connectTimeoutMs: z.int('expected milliseconds, 100 to 60000').min(100).max(60_000).optional(),
  totalTimeoutMs: z.int('expected milliseconds, 1000 to 120000').min(1_000).max(120_000).optional(),
  outputBytesMax: z.int('expected bytes, 65536 to 16777216').min(65_536).max(16_777_216).optional(),
});

const common = {
  user: user.optional(),
  port: port.optional(),
  identity: identities.optional(),
  knownHosts: text('the path of a known_hosts file').optional(),
  jump: z
    .union([name, z.array(name)], { error: 'expected the name of a registered host, or a list of them' })
    .optional(),
  limits: limits.optional(),
  labels: z.record(z.string(), label).optional(),
  access: z.enum(['shell', 'gate'], { error: 'expected "shell" or "gate"' }).optional(),
  change: z.strictObject({ user, identity: identities }).optional(),
};
const hostSchema = z.strictObject(
  {
    ...common,
    address: text('a host name or an IP address')
      .regex(/^[A-Za-z0-9:._%-]{1,255}$/, 'expected a host name or an IP address')
      .refine((value) => !value.startsWith('-'), 'expected a host name or an IP address')
      .optional(),
    hostKeys: z
      .union([hostKey, z.array(hostKey).min(1)], {
        error: 'expected a host key as in "ssh-ed25519 AAAA…", or a list of them',
      })
      .optional(),
    hostKeyAlias: name.optional(),
    groups: z.array(name, { error: 'expected a list of group names' }).optional(),
    note: z.string().max(500, 'expected at most 500 characters').optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `unknown field; a host has ${HOST_FIELDS}` : 'expected the fields of a host',
  },
);
const HOST_FIELDS =
  'address, port, user, identity, hostKeys or knownHosts, hostKeyAlias, jump, labels, groups, note, limits, access, change';

/** What inventory.yml holds; also what the importers write and a dynamic inventory prints as JSON. */
export const inventorySchema = z.strictObject(
  {
    defaults: z
      .strictObject(common, {
        error: 'expected defaults for all hosts: user, port, identity, knownHosts, jump, limits, labels',
      })
      .optional(),
    hosts: z.record(name, hostSchema.nullable(), {
      error: 'expected hosts by name, e.g. "web-1: {address: 10.0.0.1}"',
    }),
    groups: z.record(name, z.array(name, { error: 'expected a list of host names' })).optional(),
    thresholds: z
      .array(
        z.strictObject(
          { hosts: selector, set: z.record(z.string(), z.number('expected a number')) },
          {
            error: (issue) =>
              issue.code === 'unrecognized_keys' ? 'unknown field; expected hosts and set' : 'expected hosts and set',
          },
        ),
        { error: 'expected a list of {hosts, set}' },
      )
      .optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'unknown field; an inventory has defaults, hosts, groups and thresholds'
        : 'expected defaults, hosts, groups and thresholds',
  },
);
export type InventoryFile = z.input<typeof inventorySchema>;

const LIMITS: HostLimits = { connectTimeoutMs: 3_000, totalTimeoutMs: 15_000, outputBytesMax: 1_048_576 };

const expand = (path: string, folder: string): string => {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(folder, path);
};

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

const readIdentity = (value: z.output<typeof identity>, folder: string): Identity => {
  if (value === 'agent') return { kind: 'agent' };
  if (typeof value === 'string') return { kind: 'file', path: expand(value, folder) };
  if ('agent' in value) return { kind: 'agent', socket: expand(value.agent, folder) };
  return {
    kind: 'file',
    path: expand(value.file, folder),
    ...(value.passphraseEnv === undefined ? {} : { passphraseEnv: value.passphraseEnv }),
  };
};

/** Every host whose chain of jump hosts comes back to itself, with the chain. */
const jumpLoops = (hosts: ReadonlyMap<string, Host>): { host: string; chain: string }[] => {
  const loops: { host: string; chain: string }[] = [];
  for (const host of hosts.values()) {
    const seen = [host.name];
    let next = host.jump.at(-1);
    while (next !== undefined) {
      if (seen.includes(next)) {
        if (next === host.name) loops.push({ host: host.name, chain: [...seen, next].join(' → ') });
        break;
      }
      seen.push(next);
      next = hosts.get(next)?.jump.at(-1);
    }
  }
  return loops;
};

export interface InventoryOptions {
  /** names of thresholds that rules have; without them any name is taken */
  thresholds?: ReadonlySet<string>;
}

/**
 * Builds the inventory from a file's text.
 * @param folder relative paths start here: the folder of the file
 * @throws ConfigProblem naming file, line, field and what was expected
 */
export const readInventory = (
  source: string,
  file: string,
  folder: string,
  { thresholds: known }: InventoryOptions = {},
): Inventory => {
  const data = parseYaml(source, file, inventorySchema);
  const { defaults = {} } = data;
  const problems: { path: string[]; expected: string }[] = [];
  const members = new Map<string, Set<string>>(
    Object.entries(data.groups ?? {}).map(([group, names]) => [group, new Set(names)]),
  );
  const hosts = new Map<string, Host>();
  for (const [hostName, given] of Object.entries(data.hosts)) {
    const own = given ?? {};
    const identity = list(own.identity ?? defaults.identity).map((value) => readIdentity(value, folder));
    const knownHosts = own.knownHosts ?? (own.hostKeys === undefined ? defaults.knownHosts : undefined);
    const hostKeys: HostKeySource =
      own.hostKeys !== undefined
        ? { kind: 'pinned', keys: list(own.hostKeys) }
        : {
            kind: 'known-hosts',
            path: expand(knownHosts ?? '~/.ssh/known_hosts', folder),
            ...(own.hostKeyAlias === undefined ? {} : { alias: own.hostKeyAlias }),
          };
    // A jump host inherits no jump through itself from the defaults.
    const jump = list(own.jump ?? defaults.jump).filter((via) => own.jump !== undefined || via !== hostName);
    const change = own.change ?? defaults.change;
    const login = own.user ?? defaults.user;
    if (login === undefined)
      problems.push({ path: ['hosts', hostName, 'user'], expected: 'expected a user name, here or in defaults' });
    if (identity.length === 0)
      problems.push({
        path: ['hosts', hostName, 'identity'],
        expected: 'expected a path to a private key or "agent", here or in defaults',
      });
    hosts.set(hostName, {
      name: hostName,
      address: own.address ?? hostName,
      port: own.port ?? defaults.port ?? 22,
      user: login ?? '',
      identity,
      hostKeys,
      jump,
      labels: { ...defaults.labels, ...own.labels },
      groups: own.groups ?? [],
      ...(own.note === undefined ? {} : { note: own.note }),
      limits: { ...LIMITS, ...defaults.limits, ...own.limits },
      access: own.access ?? defaults.access ?? 'shell',
      ...(change === undefined
        ? {}
        : {
            change: { user: change.user, identity: list(change.identity).map((value) => readIdentity(value, folder)) },
          }),
    });
    for (const group of own.groups ?? []) {
      const known = members.get(group);
      if (known === undefined) members.set(group, new Set([hostName]));
      else known.add(hostName);
    }
  }
  for (const host of hosts.values())
    for (const via of host.jump)
      if (!hosts.has(via))
        problems.push({
          path: ['hosts', host.name, 'jump'],
          expected: `expected a registered host, but there is no “${via}”`,
        });
  for (const { host, chain } of jumpLoops(hosts))
    problems.push({ path: ['hosts', host, 'jump'], expected: `expected a chain that ends, but ${chain}` });
  for (const [group, names] of members)
    for (const member of names)
      if (!hosts.has(member))
        problems.push({ path: ['groups', group], expected: `expected registered hosts, but there is no “${member}”` });
  for (const [index, { set }] of (data.thresholds ?? []).entries())
    for (const threshold of Object.keys(set))
      if (known !== undefined && !known.has(threshold)) {
        const near = nearestNames(threshold, [...known])[0];
        problems.push({
          path: ['thresholds', String(index), 'set', threshold],
          expected: `expected the threshold of a rule${near === undefined ? '' : `; near: ${near}`}`,
        });
      }
  if (problems.length > 0) throw problemsAt(source, file, problems);
  const groups = new Map([...members].map(([group, names]) => [group, [...names]]));
  return {
    hosts,
    groups,
    ...(data.thresholds === undefined ? {} : { thresholds: data.thresholds }),
    revision: createHash('sha256').update(source).digest('hex').slice(0, 12),
  };
};

/**
 * Reads an inventory file.
 * @throws ConfigProblem also where the file is missing or unreadable, saying what to do
 */
export const loadInventory = (file: string, options: InventoryOptions = {}): Inventory => {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ConfigProblem(file, [
      {
        field: '',
        expected: missing
          ? 'there is no such file. Write one by hand (README, “Register a host”) or with: npx tcpstates hosts import --ssh-config ~/.ssh/config'
          : `can't be read: ${(error as Error).message}`,
      },
    ]);
  }
  return readInventory(source, file, dirname(resolve(file)), options);
};
