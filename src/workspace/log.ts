/** Where the workspace says what it does; main passes its logger, tests keep silent. */
export type Log = (level: 'info' | 'warn' | 'error', words: string) => void;

export const silent: Log = () => undefined;
