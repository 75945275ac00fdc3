/** The catalogue of sysctls: every file of its folder is one key. */
import type { SysctlEntry } from './core/sysctl.js';
import { loadFolder } from './registry.js';

const pick = (module: Record<string, unknown>, id: string): SysctlEntry => {
  const entry = module['entry'] as SysctlEntry | undefined;
  if (entry === undefined) throw new Error(`src/core/sysctls/${id}: exports no \`entry\``);
  if (entry.key !== id)
    throw new Error(`src/core/sysctls/${id}: describes ${entry.key}; a file is named after its key`);
  return entry;
};

/** @returns entries by today's dotted name, in the order of their names */
export const loadSysctls = (): Promise<ReadonlyMap<string, SysctlEntry>> =>
  loadFolder(new URL('./core/sysctls/', import.meta.url), pick);
