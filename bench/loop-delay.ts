/**
 * Loaded into the program under test before it (`node --import`): how long its main thread was kept from its event loop. What
 * it found is told over the process's own channel whenever somebody asks.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds beyond what a timer of this resolution takes in an idle program. */
export interface LoopDelay {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

const RESOLUTION_MS = 5;

/** @returns what was seen since the last time it was asked */
export const watchLoop = (): (() => LoopDelay) => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const over = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return () => {
    const seen = {
      p50Ms: over(histogram.percentile(50)),
      p99Ms: over(histogram.percentile(99)),
      maxMs: over(histogram.max),
    };
    histogram.reset();
    return seen;
  };
};

// Worker threads load it too.
if (isMainThread && process.env['BENCH_LOOP_DELAY'] === '1') {
  const seen = watchLoop();
  process.on('message', (message) => {
    if (message === 'loop-delay') process.send?.(seen());
  });
  // The bench may go first: then nobody waits for an answer any more.
  process.channel?.unref();
}
