/** Real time passes, but for the bot many times as fast: what takes minutes is seen in a second. */
import type { Clock } from '../../src/ports/clock.js';

export const quickClock = (times = 60): Clock => {
  const since = Date.now();
  return {
    now: () => since + (Date.now() - since) * times,
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        const over = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', over);
          resolve();
        };
        const timer = setTimeout(over, Math.max(1, ms / times));
        signal?.addEventListener('abort', over);
        if (signal?.aborted === true) over();
      }),
  };
};
