// The table of rules in README.md, between its markers, out of the rules themselves. `--check` says whether it is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const BEGIN = '<!-- rules:begin -->';
export const END = '<!-- rules:end -->';

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** @param {Iterable<import('../src/core/rule.js').Rule>} rules @returns {string} a Markdown table, in the order of ranks */
export const ruleTable = (rules) => {
  const rows = [...rules]
    .sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
    .map(({ id, title, severity, needs, thresholds }) => {
      const limits = Object.entries(thresholds).map(
        ([name, { value, unit }]) => `\`${name}\` ${value}${unit === '' || unit === 'ratio' ? '' : ` ${unit}`}`,
      );
      return `| \`${id}\` | ${cell(title)} | ${severity} | ${needs.join(', ')} | ${cell(limits.join(', '))} |`;
    });
  return ['| rule | what it says | severity at most | needs | thresholds |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
};

/** @returns {string} the text with the table in place of what stands between the markers */
export const withTable = (readme, table) => {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, from + BEGIN.length)}\n${table}\n${readme.slice(to)}`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = new URL('../dist/src/rules.js', import.meta.url);
  if (!existsSync(built)) {
    process.stderr.write('Build first: npm run build\n');
    process.exit(2);
  }
  const { loadRules } = await import(built.href);
  const file = fileURLToPath(new URL('../README.md', import.meta.url));
  const readme = readFileSync(file, 'utf8');
  const wanted = withTable(readme, ruleTable((await loadRules()).values()));
  if (process.argv.includes('--check')) {
    if (wanted !== readme) {
      process.stderr.write('The table of rules in README.md is stale: node scripts/rule-table.mjs\n');
      process.exit(1);
    }
  } else if (wanted !== readme) writeFileSync(file, wanted);
}
