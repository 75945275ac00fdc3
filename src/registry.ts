/**
 * The folder is the registry: every file in it is one entry, the file name is its id. A rule, probe, sysctl entry or command
 * is added by adding one file (and its test), and nowhere else.
 */
import { readdirSync } from 'node:fs';

/**
 * Loads every module of a folder, in the order of their names.
 * @param folder URL of the folder, with a closing slash
 * @param pick takes the entry out of the module; throws where there is none
 * @returns entries by id (the file name without its ending)
 */
export const loadFolder = async <T>(
  folder: URL,
  pick: (module: Record<string, unknown>, id: string) => T,
): Promise<ReadonlyMap<string, T>> => {
  const files = readdirSync(folder)
    .filter((name) => /\.(ts|js)$/.test(name) && !/\.d\.ts$/.test(name))
    .sort();
  const entries = new Map<string, T>();
  for (const file of files) {
    const id = file.replace(/\.(ts|js)$/, '');
    entries.set(id, pick((await import(new URL(file, folder).href)) as Record<string, unknown>, id));
  }
  return entries;
};
