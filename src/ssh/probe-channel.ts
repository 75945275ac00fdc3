/**
 * A session that stays open and answers the same question again and again: a shell that holds the script as a function and
 * runs it for every line that it reads. A new session costs sshd 3 ms of CPU and two round trips, this one a round trip and what
 * the script itself costs. Nothing of it outlives the connection: without an input to read from, the shell ends.
 */
import type { Script } from '../core/script.js';
import type { Collected } from './collect.js';
import { type Connection, ConnectionLost, type Session } from './connection.js';
import { type PhaseHolder, until } from './deadline.js';
import type { Signal } from './signal.js';

const READY = '@@ready';
const ASKED = '@@asked';
const TAIL = 128;
const STDERR_KEPT = 16_384;

/**
 * The loop for `sh -s`. The script runs in a subshell of its own, so that its limits, variables and `exit` end with it. Shells
 * read their program ahead of themselves: nothing is asked before the loop says that it is there.
 */
export const loopFor = (script: Script): string => {
  const [open, close, answer] = script.builtinsOnly === true ? ['{', '}', '$answer\n'] : ['(', ')', ''];
  return `asked() ${open}
${script.text}
${close}
main() {
  echo ${READY}
  while read -r n; do
    asked </dev/null
    echo "${answer}${ASKED} $n $?"
  done
  exit 0
}
main
`;
};

interface Pending {
  chunks: Buffer[];
  errors: Buffer[];
  bytes: number;
  bytesMax: number;
  tail: string;
  last: string;
  resolve: (ended: 'complete' | 'too-much' | 'closed') => void;
  phase: PhaseHolder;
}

export class ProbeChannel {
  readonly script: Script;
  readonly #session: Session;
  #pending: Pending | undefined;
  #asked = 0;
  #closed = false;
  #leaving = false;

  private constructor(session: Session, script: Script) {
    this.#session = session;
    this.script = script;
    const { channel } = session;
    channel.on('data', (chunk: Buffer) => this.#data(chunk));
    channel.stderr.on('data', (chunk: Buffer) => this.#error(chunk));
    channel.once('close', () => {
      this.#closed = true;
      this.#pending?.resolve('closed');
    });
  }

  /** Opens the session and waits until its loop is there. @throws Failure, ConnectionLost, or the signal's reason */
  static async open(connection: Connection, script: Script, phase: PhaseHolder, signal: Signal) {
    phase.phase = 'opening a session';
    const probe = new ProbeChannel(await connection.openSession('sh -s', signal), script);
    try {
      const ready = probe.#await(READY, 65_536, phase);
      probe.#session.channel.write(loopFor(script));
      if ((await until(ready, signal)).ended !== 'complete') throw new ConnectionLost('no loop to ask');
      return probe;
    } catch (error) {
      probe.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Puts the question once. Whoever gives up (the signal) must close the channel: its answer would be taken for the next one's.
   * @throws the signal's reason
   */
  async ask(bytesMax: number, phase: PhaseHolder, signal: Signal): Promise<Collected> {
    this.#asked += 1;
    phase.phase = 'waiting for the answer';
    const answer = this.#await(`${ASKED} ${this.#asked} `, bytesMax, phase);
    this.#session.channel.write(`${this.#asked}\n`);
    return until(answer, signal);
  }

  async #await(last: string, bytesMax: number, phase: PhaseHolder): Promise<Collected> {
    const chunks: Buffer[] = [];
    const errors: Buffer[] = [];
    const ended = await new Promise<Collected['ended']>((resolve) => {
      this.#pending = { chunks, errors, bytes: 0, bytesMax, tail: '', last, resolve, phase };
      if (this.#closed) resolve('closed');
    });
    this.#pending = undefined;
    if (this.#leaving) this.close();
    const whole = Buffer.concat(chunks).toString('utf8');
    const cut = ended === 'complete' ? whole.lastIndexOf(last) : whole.length;
    const code = Number(/^\d{1,3}(?=\n$)/.exec(whole.slice(cut + last.length))?.[0] ?? Number.NaN);
    return {
      ended,
      text: whole.slice(0, cut),
      stderr: Buffer.concat(errors).toString('utf8'),
      exitCode: Number.isNaN(code) ? null : code,
    };
  }

  #data(chunk: Buffer): void {
    const pending = this.#pending;
    // Words that nobody asked for: whatever it is, it is not the loop.
    if (pending === undefined) {
      this.close();
      return;
    }
    pending.phase.phase = 'reading the answer';
    if (!this.#counted(pending, chunk)) return;
    pending.chunks.push(chunk);
    pending.tail =
      (chunk.length >= TAIL ? '' : pending.tail) + chunk.toString('latin1', Math.max(0, chunk.length - TAIL));
    pending.tail = pending.tail.slice(-TAIL);
    if (!pending.tail.endsWith('\n')) return;
    const lastLine = pending.tail.slice(pending.tail.lastIndexOf('\n', pending.tail.length - 2) + 1);
    if (lastLine.startsWith(pending.last)) pending.resolve('complete');
  }

  #error(chunk: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined || !this.#counted(pending, chunk)) return;
    const kept = pending.errors.reduce((sum, { length }) => sum + length, 0);
    if (kept < STDERR_KEPT) pending.errors.push(chunk.subarray(0, STDERR_KEPT - kept));
  }

  #counted(pending: Pending, chunk: Buffer): boolean {
    pending.bytes += chunk.length;
    if (pending.bytes > pending.bytesMax) pending.resolve('too-much');
    return pending.bytes <= pending.bytesMax;
  }

  /** Somebody needs the session that this one takes: it ends with the answer that is under way. */
  giveWay(): void {
    if (this.#pending === undefined) this.close();
    else this.#leaving = true;
  }

  /** Ends the shell, whatever it is doing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending?.resolve('closed');
    this.#session.abandon('kill');
  }
}
