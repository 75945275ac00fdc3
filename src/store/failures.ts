/** What a driver throws → the few kinds that anybody branches on. */
import { StoreFailure, type StoreProblem } from '../ports/store.js';

const PROBLEMS: readonly [RegExp, StoreProblem, string][] = [
  [/SQLITE_BUSY|SQLITE_LOCKED|^55P03|^40001|^40P01/, 'locked', 'the database is busy; nothing was written, try again'],
  [/SQLITE_FULL|ENOSPC|^53100/, 'full', 'the disk of the database is full; free space, then try again'],
  [
    /SQLITE_CORRUPT|SQLITE_NOTADB|^XX00[12]/,
    'corrupt',
    'the database is damaged; stop the bot and put the last backup in its place (README, `tcpstates backup`)',
  ],
  [
    /SQLITE_READONLY|SQLITE_PERM|EACCES|EROFS|^25006/,
    'read-only',
    'the database can be read but not written; check the rights of its file and folder',
  ],
];

/** @returns a StoreFailure for whatever a driver threw; one that is one already as it is */
export const storeFailure = (error: unknown): StoreFailure => {
  if (error instanceof StoreFailure) return error;
  const { code = '', message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  for (const [pattern, problem, words] of PROBLEMS)
    if (pattern.test(code)) return new StoreFailure(problem, words, { cause: error });
  if (/database disk image is malformed|not a database/.test(message))
    return new StoreFailure('corrupt', PROBLEMS[2]?.[2] ?? message, { cause: error });
  return new StoreFailure('unavailable', 'the database does not answer; /changes shows what was written when it does', {
    cause: error,
  });
};

/** Whether a driver's error says that a unique index refused a row. */
export const isDuplicate = (error: unknown): boolean => {
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string };
  return (
    code === '23505' ||
    /SQLITE_CONSTRAINT(?:_UNIQUE|_PRIMARYKEY)?$/.test(code) ||
    /UNIQUE constraint failed/.test(message)
  );
};

export const guarded = async <T>(act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw storeFailure(error);
  }
};
