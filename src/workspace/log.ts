/** Where the workspace says what it does; main passes its logger, tests keep silent. */
export type Log = (level: 'info' | 'warn' | 'error', words: string) => void;

/** Where nobody asked for a log: what a maintainer must not miss. */
export const errorsToStderr: Log = (level, words) => {
  if (level === 'error') process.stderr.write(`local workspace: ${words}\n`);
};

export const silent: Log = () => undefined;
