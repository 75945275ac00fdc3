// The table of rules in README.md, between its markers, out of the rules themselves. `--check` says whether it is stale.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keepTable } from './readme-table.mjs';

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = new URL('../dist/src/rules.js', import.meta.url);
  if (!existsSync(built)) {
    process.stderr.write('Build first: npm run build\n');
    process.exit(2);
  }
  const { loadRules } = await import(built.href);
  keepTable('rules', ruleTable((await loadRules()).values()), 'npm run build && node scripts/rule-table.mjs');
}
