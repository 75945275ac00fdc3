// A table of README.md, between its markers, out of what it is about. Each table has a script of its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const README = fileURLToPath(new URL('../README.md', import.meta.url));

/**
 * @param {string} readme @param {string} name of the markers: `<!-- name:begin -->`, `<!-- name:end -->` @param {string} table
 * @returns {string} the text with the table in place of what stands between the markers
 */
export const withTable = (readme, name, table) => {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  return `${readme.slice(0, from + begin.length)}\n${table}\n${readme.slice(to)}`;
};

/** Writes the table; with `--check` on the command line it only says whether it is stale, and how to mend that. */
export const keepTable = (name, table, command) => {
  const readme = readFileSync(README, 'utf8');
  const fresh = withTable(readme, name, table);
  if (fresh === readme) return;
  if (process.argv.includes('--check')) {
    process.stderr.write(`The table "${name}" in README.md is stale: ${command}\n`);
    process.exitCode = 1;
  } else writeFileSync(README, fresh);
};
