/** Keeps a configuration file's value current: a good file replaces the last one, a broken one changes nothing and is said. */
import { unwatchFile, watchFile } from 'node:fs';
import { ConfigProblem } from './problem.js';

export interface Watched<T> {
  /** the last good value */
  current(): T;
  /** why the file as it is now can't be used, while it can't */
  problem(): ConfigProblem | undefined;
  /** Reads the file again now, as the watcher does by itself. */
  reload(): void;
  close(): void;
}

export interface WatchOptions<T> {
  file: string;
  load: (file: string) => T;
  onChange?: (value: T) => void;
  onProblem?: (problem: ConfigProblem) => void;
  intervalMs?: number;
}

/**
 * Loads and watches a file. Polling, because editors and configuration tools replace files rather than write them.
 * @throws ConfigProblem when the file is broken at the start: there is no last good value to keep
 */
export const watchConfig = <T>({
  file,
  load,
  onChange,
  onProblem,
  intervalMs = 2_000,
}: WatchOptions<T>): Watched<T> => {
  let value = load(file);
  let broken: ConfigProblem | undefined;
  const reload = (): void => {
    try {
      value = load(file);
      broken = undefined;
    } catch (error) {
      const problem =
        error instanceof ConfigProblem ? error : new ConfigProblem(file, [{ field: '', expected: String(error) }]);
      const news = broken?.message !== problem.message;
      broken = problem;
      if (news) onProblem?.(problem);
      return;
    }
    onChange?.(value);
  };
  const listener = (
    now: { mtimeMs: number; size: number; ino: number },
    before: { mtimeMs: number; size: number; ino: number },
  ): void => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) reload();
  };
  watchFile(file, { interval: intervalMs, persistent: false }, listener);
  return { current: () => value, problem: () => broken, reload, close: () => unwatchFile(file, listener) };
};
