/** Who is on call: a file of shifts and rotations, or a program that prints a Slack id. Asked again each minute, bounded in time. */
import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { parseYaml } from './yaml.js';

const PROGRAM_TIMEOUT_MS = 5_000;
const OUTPUT_BYTES_MAX = 1_000;
const AGAIN_MS = 60_000;
/** what was found out is believed this long when it can't be found out again */
const STALE_MS = 15 * 60_000;

const ACCOUNT = /^[TE][A-Z0-9]{2,20}:[UW][A-Z0-9]{2,20}$/;
const account = z
  .string({ error: 'expected a Slack id as in T0123456:U0123456' })
  .regex(ACCOUNT, 'expected a Slack id with its workspace, as in T0123456:U0123456');
const instant = z
  .string({ error: 'expected a time with its zone, as in 2026-11-27T00:00:00Z' })
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/,
    'expected a time with its zone, as in 2026-11-27T00:00:00Z',
  )
  .transform((text) => Date.parse(text));
const span = z
  .string({ error: 'expected a time as in 12h, 1d or 7d' })
  .regex(/^\d{1,4}[hd]$/, 'expected a time as in 12h, 1d or 7d')
  .transform((text) => Number(text.slice(0, -1)) * (text.endsWith('h') ? 3_600_000 : 86_400_000))
  .refine((ms) => ms > 0, 'expected more than nothing');

const schema = z.strictObject({
  /** particular times; they go before the rotation */
  shifts: z
    .array(z.strictObject({ person: account, from: instant, to: instant }))
    .max(5_000)
    .default([]),
  rotation: z.strictObject({ people: z.array(account).min(1).max(200), from: instant, every: span }).optional(),
});
type Shifts = z.infer<typeof schema>;

/** @throws ConfigProblem with file, line and field */
export const readShifts = (text: string, file: string): Shifts => parseYaml(text, file, schema);

/** Pure. @returns `team:user`; undefined: nobody */
export const onCallAt = ({ shifts, rotation }: Shifts, nowMs: number): string | undefined => {
  const shift = shifts.find(({ from, to }) => nowMs >= from && nowMs < to);
  if (shift !== undefined) return shift.person;
  if (rotation === undefined || nowMs < rotation.from) return undefined;
  return rotation.people[Math.floor((nowMs - rotation.from) / rotation.every) % rotation.people.length];
};

/** What the program prints: `T…:U…` in its first line, nothing for nobody. No arguments, no shell, no secrets of ours. */
const askProgram = (file: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    execFile(
      file,
      [],
      {
        timeout: PROGRAM_TIMEOUT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_BYTES_MAX,
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      },
      (error, stdout) => {
        if (error !== null)
          return reject(
            new Error(
              `${file} failed: ${error.killed === true || error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' ? 'no answer in time, or too much of it' : `exit status ${String(error.code)}`}`,
            ),
          );
        const line = stdout.split('\n')[0]?.trim() ?? '';
        if (line === '') return resolve(undefined);
        return ACCOUNT.test(line)
          ? resolve(line)
          : reject(new Error(`${file} printed something else than a Slack id as in T0123456:U0123456`));
      },
    );
  });

export interface OnCall {
  /** as last found out; undefined: nobody, or not known */
  current(): string | undefined;
  close(): void;
}

const isProgram = (file: string): boolean => {
  if (/\.ya?ml$/.test(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/**
 * @param file YAML with shifts, or an executable
 * @throws ConfigProblem or the file system's error where a YAML file can't be read at the start
 */
export const watchOnCall = async (
  file: string,
  now: () => number,
  onProblem: (problem: Error) => void,
): Promise<OnCall> => {
  const program = isProgram(file);
  if (!program) readShifts(readFileSync(file, 'utf8'), file);
  let known: { at: number; account: string | undefined } | undefined;
  const look = async (): Promise<void> => {
    try {
      known = {
        account: program ? await askProgram(file) : onCallAt(readShifts(readFileSync(file, 'utf8'), file), now()),
        at: now(),
      };
    } catch (error) {
      onProblem(error instanceof Error ? error : new Error(String(error)));
    }
  };
  await look();
  const timer = setInterval(() => void look(), AGAIN_MS);
  timer.unref();
  return {
    current: () => (known !== undefined && now() - known.at < STALE_MS ? known.account : undefined),
    close: () => clearInterval(timer),
  };
};
