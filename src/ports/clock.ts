/** Time and identity come in from outside, so that everything that decides can be run again. */
export interface Clock {
  /** milliseconds since the epoch, UTC */
  now(): number;
  /** resolves after `ms`, or when the signal aborts */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  /** 16 characters of [a-z0-9], not guessable */
  next(): string;
}
