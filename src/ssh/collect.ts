/** What one session prints, within its bounds: bytes counted over both streams, and an end that is an end. */
import type { Session } from './connection.js';
import { type PhaseHolder, until } from './deadline.js';
import type { Signal } from './signal.js';

export interface Collected {
  /** why the collecting stopped */
  ended: 'closed' | 'complete' | 'too-much';
  text: string;
  stderr: string;
  exitCode: number | null;
}

export interface CollectLimits {
  /** over standard output and standard error together */
  bytesMax: number;
  /** true when the text is complete; asked only when a chunk ends a line */
  complete: (tail: string) => boolean;
}

/** Of standard error only this much is kept; all of it is read and counted. */
const STDERR_KEPT = 16_384;
/** Bytes of the end of the text that `complete` gets to see. */
const TAIL = 512;
/** The exit status follows the closing line at once; nobody waits longer for it. */
const EXIT_WAIT_MS = 200;

/**
 * Reads until the session closes, the text is complete, or the limit is passed; never keeps more than the limit.
 * @throws the signal's reason
 */
export const collect = async (
  session: Session,
  { bytesMax, complete }: CollectLimits,
  phase: PhaseHolder,
  signal: Signal,
): Promise<Collected> => {
  const { channel } = session;
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  let bytes = 0;
  let errorBytes = 0;
  let tail = '';
  let exitWait: NodeJS.Timeout | undefined;
  phase.phase = 'waiting for the answer';

  const ended = new Promise<Collected['ended']>((resolve) => {
    const counted = (chunk: Buffer): boolean => {
      bytes += chunk.length;
      if (bytes > bytesMax) resolve('too-much');
      return bytes <= bytesMax;
    };
    const wholeNow = (): void => {
      if (session.exit() !== undefined) resolve('complete');
      else exitWait ??= setTimeout(() => resolve('complete'), EXIT_WAIT_MS);
    };
    let whole = false;
    channel.on('data', (chunk: Buffer) => {
      phase.phase = 'reading the answer';
      if (!counted(chunk)) return;
      chunks.push(chunk);
      tail = (chunk.length >= TAIL ? '' : tail) + chunk.toString('latin1', Math.max(0, chunk.length - TAIL));
      tail = tail.slice(-TAIL);
      whole = tail.endsWith('\n') && complete(tail);
      if (whole) wholeNow();
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      if (!counted(chunk) || errorBytes >= STDERR_KEPT) return;
      errors.push(chunk.subarray(0, STDERR_KEPT - errorBytes));
      errorBytes += chunk.length;
    });
    channel.once('exit', () => {
      if (whole) wholeNow();
    });
    channel.once('close', () => resolve('closed'));
  });
  try {
    const why = await until(ended, signal);
    return {
      ended: why,
      text: Buffer.concat(chunks).toString('utf8'),
      stderr: Buffer.concat(errors).toString('utf8'),
      exitCode: session.exit()?.code ?? null,
    };
  } finally {
    clearTimeout(exitWait);
    channel.removeAllListeners('data');
    channel.stderr.removeAllListeners('data');
  }
};
