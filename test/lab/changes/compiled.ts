/** The program as plain JavaScript in a folder of its own: processes that are killed by the hundred must start quickly. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const CARRIED = /\.(sh|txt|py)$/;

const filesBelow = (path: string): string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesBelow(join(path, name))) : [path];

export interface Compiled {
  /** where `path`, a .ts file of the project, stands as JavaScript */
  of(path: string): string;
  remove(): void;
}

/**
 * All of src, as it is now, and more files of the project. Within node_modules, so that packages are found from there.
 * @param more paths from the project's root
 */
export const compile = (more: readonly string[]): Compiled => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  const out = mkdtempSync(join(root, 'node_modules/.cache/changes-'));
  const page = join(root, 'src/workspace');
  const sources = filesBelow(join(root, 'src')).filter((path) => !path.startsWith(page));
  for (const path of [...sources, ...more.map((name) => join(root, name))]) {
    const to = join(out, relative(root, path));
    mkdirSync(dirname(to), { recursive: true });
    if (CARRIED.test(path)) cpSync(path, to);
    else if (path.endsWith('.ts') && !path.endsWith('.d.ts'))
      writeFileSync(
        to.replace(/\.ts$/, '.js'),
        transformSync(readFileSync(path, 'utf8'), {
          filename: path,
          jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
          module: { type: 'es6' },
        }).code,
      );
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  return {
    of: (path) => join(out, path.replace(/\.ts$/, '.js')),
    remove: () => rmSync(out, { recursive: true, force: true }),
  };
};
