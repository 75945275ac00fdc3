/**
 * Plants each bug of mutants.mjs in a copy of the program and runs its test there: the test must fail. Says which survived, and
 * writes the result into README.md. `npm run mutants`, or `npm run mutants -- word` for those whose words contain it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, TESTS } from './mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [filter = ''] = process.argv.slice(2);
const chosen = MUTANTS.filter(({ what, file }) => `${file} ${what}`.includes(filter));
const workers = Math.max(1, Math.min(2, availableParallelism()));

const makeCopy = () => {
  const copy = mkdtempSync(join(tmpdir(), 'tcpstates-mutants-'));
  for (const name of ['src', 'commands', 'scripts', 'package.json', 'tsconfig.json', 'jest.config.js'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  mkdirSync(join(copy, 'test'));
  for (const name of ['app', 'blocks', 'core', 'support', 'golden', 'transcripts'])
    cpSync(join(root, 'test', name), join(copy, 'test', name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

/** @returns whether the test passed */
const passes = (copy, test) =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['scripts/jest.mjs', TESTS[test], '--selectProjects', 'unit', '--runInBand', '--bail'],
      {
        cwd: copy,
        stdio: 'ignore',
        env: { ...process.env, TCPSTATES_HISTORIES: process.env['TCPSTATES_HISTORIES'] ?? '1500' },
        timeout: 180_000,
      },
    );
    child.once('close', (code) => resolve(code === 0));
  });

const results = new Array(chosen.length);
const rotten = [];
let next = 0;
const work = async () => {
  const copy = makeCopy();
  try {
    for (let at = next++; at < chosen.length; at = next++) {
      const { file, what, from, to, test } = chosen[at];
      const path = join(copy, file);
      const text = readFileSync(path, 'utf8');
      if (text.split(from).length !== 2) {
        rotten.push(`${file}: ${what}`);
        continue;
      }
      writeFileSync(
        path,
        text.replace(from, () => to),
      );
      results[at] = (await passes(copy, test)) ? 'survived' : 'caught';
      writeFileSync(path, text);
      process.stdout.write(`${results[at].padEnd(9)} ${file}: ${what}\n`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

// Without a bug every test must pass, or "caught" means nothing.
const sound = makeCopy();
for (const test of new Set(chosen.map(({ test }) => test)))
  if (!(await passes(sound, test))) {
    process.stderr.write(`${TESTS[test]} fails without any bug planted\n`);
    rmSync(sound, { recursive: true, force: true });
    process.exit(2);
  }
rmSync(sound, { recursive: true, force: true });
await Promise.all(Array.from({ length: workers }, work));

const survived = chosen.filter((_, at) => results[at] === 'survived');
const caught = results.filter((result) => result === 'caught').length;
const summary = `${chosen.length} planted, ${caught} caught, ${survived.length} survived, ${rotten.length} no longer fit the code`;
process.stdout.write(`${summary}\n`);
for (const gone of rotten) process.stdout.write(`does not fit: ${gone}\n`);
if (filter === '') {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const rows = chosen.map(
    ({ file, what, test }, at) =>
      `| ${what} | ${file} | ${TESTS[test].replace('test/', '')} | ${results[at] ?? 'does not fit'} |`,
  );
  writeFileSync(
    join(root, 'test/mutants/README.md'),
    `# Planted bugs\n\nEach line of mutants.mjs is a bug that would break a promise of changes. \`npm run mutants\` plants them one at a time in a\ncopy and runs the test named beside it, which must fail. It takes some minutes, so it is no part of \`npm test\`; this file is\nwritten by it.\n\nLast run at ${commit}: ${summary}.\n\n| bug | in | caught by | |\n|---|---|---|---|\n${rows.join('\n')}\n`,
  );
}
process.exit(survived.length + rotten.length === 0 ? 0 : 1);
