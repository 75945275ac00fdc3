/** The catalogue of rules: the folder `core/rules` is the registry, the file name is the id. */
import type { Rule } from './core/rule.js';
import { loadFolder } from './registry.js';

const isRule = (value: unknown): value is Rule =>
  typeof value === 'object' && value !== null && 'id' in value && 'check' in value && typeof value.check === 'function';

/**
 * Loads every rule and checks what one file alone cannot: that ids are file names, that `after` names rules that exist and
 * runs in no circle, that a threshold means the same wherever it is named.
 * @throws Error naming the file, when one of these does not hold
 */
export const loadRules = async (): Promise<ReadonlyMap<string, Rule>> => {
  const rules = await loadFolder(new URL('./core/rules/', import.meta.url), (module, id) => {
    const { rule } = module;
    if (!isRule(rule)) throw new Error(`src/core/rules/${id}.ts must export \`rule\``);
    if (rule.id !== id) throw new Error(`src/core/rules/${id}.ts says that its id is ${rule.id}`);
    return rule;
  });
  checkOrder(rules);
  thresholdsOf(rules);
  return rules;
};

const checkOrder = (rules: ReadonlyMap<string, Rule>): void => {
  const visit = (id: string, path: readonly string[]): void => {
    const rule = rules.get(id);
    if (rule === undefined) throw new Error(`src/core/rules/${path.at(-1)}.ts comes after ${id}, which does not exist`);
    if (path.includes(id)) throw new Error(`the order of rules runs in a circle: ${[...path, id].join(' after ')}`);
    for (const before of rule.after ?? []) visit(before, [...path, id]);
  };
  for (const id of rules.keys()) visit(id, []);
};

export type ThresholdEntry = Rule['thresholds'][string] & { rules: readonly string[] };

/** Every constant that configuration may override, with its default, unit, source and the rules that use it. */
export const thresholdsOf = (rules: ReadonlyMap<string, Rule>): ReadonlyMap<string, ThresholdEntry> => {
  const entries = new Map<string, ThresholdEntry>();
  for (const rule of rules.values())
    for (const [name, entry] of Object.entries(rule.thresholds)) {
      const known = entries.get(name);
      if (known !== undefined && (known.value !== entry.value || known.unit !== entry.unit))
        throw new Error(`the threshold ${name} has two values: in ${known.rules.join(', ')} and in ${rule.id}`);
      entries.set(name, { ...entry, rules: [...(known?.rules ?? []), rule.id] });
    }
  return entries;
};
