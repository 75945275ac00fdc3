/** Who may import whom: the rooms of the house keep their doors. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

const filesBelow = (folder: string): string[] => {
  try {
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path) : /\.tsx?$/.test(name) ? [path] : [];
    });
  } catch {
    return [];
  }
};

/** Every import of a file: packages as they are, own files as `room/…` relative to the root. */
const importsOf = (file: string): { spec: string; typeOnly: boolean }[] => {
  const text = readFileSync(file, 'utf8');
  const found: { spec: string; typeOnly: boolean }[] = [];
  for (const match of text.matchAll(/(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/g)) {
    const spec = match[2] ?? '';
    found.push({
      spec: spec.startsWith('.') ? relative(root, resolve(dirname(file), spec)) : spec,
      typeOnly: match[1] !== undefined,
    });
  }
  for (const match of text.matchAll(/import\(\s*'([^']+)'\s*\)/g)) {
    const spec = match[1] ?? '';
    found.push({ spec: spec.startsWith('.') ? relative(root, resolve(dirname(file), spec)) : spec, typeOnly: false });
  }
  return found;
};

const rooms = [
  'core',
  'blocks',
  'ports',
  'app',
  'slack',
  'ssh',
  'store',
  'host',
  'workspace',
  'lab',
  'cli',
  'config',
  'command',
] as const;
const roomOf = (spec: string): string | undefined =>
  rooms.find((room) => spec.startsWith(`src/${room}/`)) ?? (spec.startsWith('commands/') ? 'commands' : undefined);

/** What each room may import of the others; what is not named is forbidden. */
const doors: Record<string, readonly string[]> = {
  core: ['core'],
  blocks: ['core', 'blocks'],
  ports: ['core', 'blocks', 'ports'],
  app: ['core', 'blocks', 'ports', 'app', 'command'],
  slack: ['core', 'blocks', 'ports', 'slack'],
  ssh: ['core', 'ports', 'ssh'],
  store: ['core', 'ports', 'store'],
  host: ['core', 'ports', 'host'],
  config: ['core', 'config'],
  workspace: ['core', 'blocks', 'ports', 'workspace'],
  lab: ['core', 'ports', 'host', 'lab'],
  command: ['core', 'blocks', 'ports', 'command'],
  commands: ['core', 'blocks', 'command', 'commands'],
};
/** Packages that have one home each. */
const homes: Record<string, readonly string[]> = {
  '@slack/bolt': ['slack'],
  '@slack/web-api': ['slack'],
  '@slack/socket-mode': ['slack'],
  ssh2: ['ssh', 'lab'],
  kysely: ['store'],
  libsql: ['store'],
  pg: ['store'],
  preact: ['workspace'],
};

/** What the core may use: libraries that only compute. */
const purePackages: readonly string[] = ['zod', 'fastest-levenshtein'];

describe('the house', () => {
  const files = [...filesBelow(join(root, 'src')), ...filesBelow(join(root, 'commands'))];

  test.each(Object.keys(doors))('%s imports only what it may', (room) => {
    const wrong: string[] = [];
    for (const file of files) {
      const here = relative(root, file);
      if (roomOf(here) !== room) continue;
      for (const { spec } of importsOf(file)) {
        const there = roomOf(spec);
        if (there !== undefined && !doors[room]?.includes(there)) wrong.push(`${here} imports ${spec}`);
        if (room === 'core' && !spec.startsWith('src/') && !purePackages.includes(spec))
          wrong.push(`${here} imports ${spec}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a package with one home is imported there alone', () => {
    const wrong: string[] = [];
    for (const file of files) {
      const here = relative(root, file);
      for (const { spec } of importsOf(file)) {
        const owner = Object.keys(homes).find((name) => spec === name || spec.startsWith(`${name}/`));
        if (owner !== undefined && !homes[owner]?.includes(roomOf(here) ?? 'main'))
          wrong.push(`${here} imports ${spec}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('the core has no clock, no randomness and no promise of its own', () => {
    const wrong = files
      .filter((file) => roomOf(relative(root, file)) === 'core')
      .filter((file) =>
        /\bDate\.now\(|new Date\(\)|Math\.random\(|\basync\b|\bawait\b|process\.env/.test(
          readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
        ),
      );
    expect(wrong.map((file) => relative(root, file))).toEqual([]);
  });
});
