/** Answers that people wait for: whoever sees the message may call its answer off. */
import type { Posted } from '../ports/chat.js';

export interface Cancel {
  signal: AbortSignal;
  /** resolves with the user id of whoever called it off */
  by: Promise<string>;
  now(userId: string): void;
}

export const newCancel = (): Cancel => {
  const end = new AbortController();
  let say: (userId: string) => void = () => undefined;
  const by = new Promise<string>((resolve) => {
    say = resolve;
  });
  return {
    signal: end.signal,
    by,
    now: (userId) => {
      end.abort();
      say(userId);
    },
  };
};

export class Waiting {
  private readonly cancels = new Map<string, Cancel>();

  /** Until the answer is there, or called off. */
  add({ channel, ts }: Posted, cancel: Cancel, answer: Promise<unknown>): void {
    const key = `${channel} ${ts}`;
    if (this.cancels.get(key) === cancel) return;
    this.cancels.set(key, cancel);
    const over = (): void => {
      if (this.cancels.get(key) === cancel) this.cancels.delete(key);
    };
    answer.then(over, over);
  }

  /** @returns false where nobody waits: the answer stands already */
  cancel({ channel, ts }: Posted, userId: string): boolean {
    const cancel = this.cancels.get(`${channel} ${ts}`);
    cancel?.now(userId);
    return cancel !== undefined;
  }
}
