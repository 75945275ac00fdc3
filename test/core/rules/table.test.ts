/** The table of rules in the README is made from the rules; a stale one fails here. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadRules } from '../../../src/rules.js';

const { ruleTable } = (await import(new URL('../../../scripts/rule-table.mjs', import.meta.url).href)) as {
  ruleTable: (rules: Iterable<unknown>) => string;
};
const { withTable } = (await import(new URL('../../../scripts/readme-table.mjs', import.meta.url).href)) as {
  withTable: (readme: string, name: string, table: string) => string;
};

test('README.md lists every rule as it is: otherwise npm run build && node scripts/rule-table.mjs', async () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  expect(readme).toBe(withTable(readme, 'rules', ruleTable((await loadRules()).values())));
});

test('a README without its markers is refused', () => {
  expect(() => withTable('# nothing', 'rules', 'table')).toThrow('rules:begin');
});
