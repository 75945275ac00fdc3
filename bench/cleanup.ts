/** Nothing stays behind when a bench is broken off: no sshd, no network namespace, no folder with keys. */

const cleanups = new Set<() => void>();

const all = (): void => {
  for (const cleanup of [...cleanups].reverse())
    try {
      cleanup();
    } catch (error) {
      process.stderr.write(`could not clean up: ${String(error)}\n`);
    }
  cleanups.clear();
};

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.once(signal, () => {
    process.stderr.write(`\n${signal}: cleaning up\n`);
    all();
    process.exit(status);
  });
process.on('exit', all);

/** @returns does it now, once; a signal or the end of the program does it too */
export const cleanedUp = (cleanup: () => void): (() => void) => {
  cleanups.add(cleanup);
  return () => {
    if (cleanups.delete(cleanup)) cleanup();
  };
};
