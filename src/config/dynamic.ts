/**
 * A dynamic inventory: an executable that prints JSON, ours or what Ansible's `--list` prints. Bounded in time and output, run
 * again now and then; what is broken, slow or too long changes nothing and is said.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Inventory } from '../core/inventory.js';
import { importAnsible, isAnsibleJson } from './import-ansible.js';
import { type InventoryOptions, readInventory } from './inventory.js';
import { ConfigProblem } from './problem.js';
import type { Watched } from './watch.js';

const TIMEOUT_MS = 30_000;
/** 10,000 hosts with pinned keys are about 3 MB */
const OUTPUT_BYTES_MAX = 32 * 1024 * 1024;
const EVERY_MS = 5 * 60_000;
const NOTE_CHARACTERS_MAX = 300;

/**
 * What the program is given of the bot's environment. A list of what it gets, not of what it doesn't: where passphrases and
 * one-time-code secrets stand is up to the inventory (which is only known when the program has run) and the policy, under any
 * name, and drivers read passwords from theirs (PGPASSWORD). What operators want to hand on they call INVENTORY_….
 * Not SSH_AUTH_SOCK either: a list of hosts needs no login.
 */
const HANDED_ON = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|INVENTORY_[A-Z0-9_]+)$/;

/** A file that is executable and no YAML: run, not read. */
export const isDynamic = (file: string): boolean => {
  if (/\.(ya?ml|json)$/i.test(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

export interface RunLimits {
  timeoutMs?: number;
  outputBytesMax?: number;
}

const wrong = (file: string, expected: string): ConfigProblem => new ConfigProblem(file, [{ field: '', expected }]);

/**
 * Runs it with `--list`, without a shell, and without the bot's environment.
 * @throws ConfigProblem where it fails, takes too long or prints too much; its own words are capped
 */
export const runInventory = (
  file: string,
  { timeoutMs = TIMEOUT_MS, outputBytesMax = OUTPUT_BYTES_MAX }: RunLimits = {},
): Promise<string> =>
  new Promise((done, fail) => {
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => HANDED_ON.test(name)));
    const child = execFile(
      resolve(file),
      ['--list'],
      {
        cwd: dirname(resolve(file)),
        env: environment,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: outputBytesMax,
        encoding: 'utf8',
      },
      (error, stdout, stderr) => {
        if (error === null) return done(stdout);
        const said =
          stderr
            .trim()
            .split('\n')
            .at(-1)
            ?.replace(/[^\x20-\x7e]/g, '')
            .slice(0, 200) ?? '';
        if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
          return fail(
            wrong(file, `expected at most ${outputBytesMax / 1_048_576} MiB of JSON; it printed more and was stopped`),
          );
        if (error.killed === true || error.signal === 'SIGKILL')
          return fail(wrong(file, `expected JSON within ${timeoutMs / 1_000} s; it was stopped`));
        return fail(
          wrong(
            file,
            `expected it to end with 0; it ended with ${error.code ?? error.signal ?? 'an error'}${said === '' ? '' : `: ${said}`}`,
          ),
        );
      },
    );
    child.stdin?.end();
  });

/**
 * Reads what such a program printed.
 * @returns with notes on what could not be taken over, in words
 * @throws ConfigProblem naming the field and what was expected
 */
export const readDynamic = (
  text: string,
  file: string,
  options: InventoryOptions = {},
): { inventory: Inventory; notes: readonly string[] } => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(file, `expected JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  const folder = dirname(resolve(file));
  if (!isAnsibleJson(value)) return { inventory: readInventory(text, file, folder, options), notes: [] };
  const imported = importAnsible(text, undefined);
  return {
    inventory: readInventory(JSON.stringify(imported.inventory), file, folder, options),
    notes: imported.notes.map((note) => note.slice(0, NOTE_CHARACTERS_MAX)),
  };
};

export interface DynamicOptions extends RunLimits {
  file: string;
  onChange?: (inventory: Inventory) => void;
  onProblem?: (problem: ConfigProblem) => void;
  /** what could not be taken over: told when it is other than before, also at the start */
  onNotes?: (notes: readonly string[]) => void;
  everyMs?: number;
  inventory?: InventoryOptions;
}

/** @throws ConfigProblem when it fails at the start: there is no last good inventory to keep */
export const watchDynamic = async ({
  file,
  onChange,
  onProblem,
  onNotes,
  everyMs = EVERY_MS,
  inventory: options = {},
  ...limits
}: DynamicOptions): Promise<Watched<Inventory> & { refreshed(): Promise<void> }> => {
  let text = await runInventory(file, limits);
  let { inventory, notes } = readDynamic(text, file, options);
  if (notes.length > 0) onNotes?.(notes);
  let broken: ConfigProblem | undefined;
  let running: Promise<void> | undefined;
  const refresh = async (): Promise<void> => {
    try {
      const now = await runInventory(file, limits);
      // Ten thousand hosts are not read again because time has passed.
      if (now === text) {
        broken = undefined;
        return;
      }
      const read = readDynamic(now, file, options);
      // By what they say: programs print hosts in another order from time to time.
      const told = [...notes].sort().join('\n');
      ({ inventory, notes } = read);
      if (notes.length > 0 && [...notes].sort().join('\n') !== told) onNotes?.(notes);
      text = now;
      broken = undefined;
    } catch (error) {
      const problem = error instanceof ConfigProblem ? error : wrong(file, String(error));
      const news = broken?.message !== problem.message;
      broken = problem;
      if (news) onProblem?.(problem);
      return;
    }
    onChange?.(inventory);
  };
  const again = (): Promise<void> => {
    running ??= refresh().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => void again(), everyMs);
  timer.unref();
  return {
    current: () => inventory,
    problem: () => broken,
    reload: () => void again(),
    refreshed: again,
    close: () => clearInterval(timer),
  };
};
