/** One question to one host over a connection that stands: run, read, judge whether the answer may be used. */
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';
import type { Transcript } from '../ports/transport.js';
import { type Collected, collect } from './collect.js';
import { type Connection, ConnectionLost } from './connection.js';
import { type Deadline, narrowed } from './deadline.js';
import { Failure, failure } from './failures.js';
import type { Lease } from './pool.js';
import { type Question, questionFor } from './script.js';

/** A warm connection must open a session within this time, or it is taken for dead and the host is tried afresh. */
const STALE_MS = 3_000;

/** The warm connection turned out to be dead before it answered anything: one fresh try is due. */
export class StaleConnection extends Error {}

const SHELL_MISSING = new Set([126, 127]);

/** What it means when a session ended without its closing line. */
const unfinished = (collected: Collected, connection: Connection, where: string, gate: boolean): Failure => {
  const { exitCode, text, stderr } = collected;
  const detail = `exit ${exitCode ?? 'unknown'}; stderr: ${stderr.slice(0, 150)}`;
  if (connection.closed) return failure('dropped', where, { detail });
  const code = gate ? /(?:^|\n)end=([a-z-]{1,40})\n?$/.exec(text)?.[1] : undefined;
  if (code !== undefined)
    return failure('no-shell', where, {
      say: `its gate refused the question (${code}). Install or update the gate on it.`,
    });
  // A script that ran prints at once; an account without a shell says a line and exits with an error.
  const noShell =
    exitCode !== null && (SHELL_MISSING.has(exitCode) || (exitCode !== 0 && exitCode < 128 && text.length < 512));
  return noShell
    ? failure('no-shell', where, { detail: `${detail}; stdout: ${text.slice(0, 100)}` })
    : failure('cut-off', where, { detail: `${detail}; ${text.length} characters` });
};

const openWithin = async (lease: Lease, question: Question, deadline: Deadline) => {
  if (!lease.warm) return lease.connection.openSession(question.command, deadline.signal);
  const patience = narrowed(deadline.signal, Math.min(STALE_MS, deadline.remainingMs / 2));
  try {
    return await lease.connection.openSession(question.command, patience.signal);
  } catch (error) {
    // With others' sessions open on it the connection is not dead but full: then there is nothing to try afresh.
    if (
      patience.late &&
      !deadline.signal.aborted &&
      !(await lease.connection.answers(Math.min(500, deadline.remainingMs)))
    )
      throw new StaleConnection();
    if (patience.late && !deadline.signal.aborted)
      return lease.connection.openSession(question.command, deadline.signal);
    // Both may have run out while it was asked whether it lives: then the whole time is what to tell.
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    patience.done();
  }
};

/**
 * @throws Failure; StaleConnection when a warm connection was dead, so that the question may be put once more: every script
 * only reads
 */
export const askOver = async (lease: Lease, host: Host, script: Script, deadline: Deadline): Promise<Transcript> => {
  const where = host.name;
  const { connection, warm, connectMs } = lease;
  const question = questionFor(host, script);
  deadline.phase = 'opening a session';
  let session: Awaited<ReturnType<typeof openWithin>>;
  try {
    session = await openWithin(lease, question, deadline);
  } catch (error) {
    // Not a word about the session: whoever comes next should not wait on this connection again.
    if (error instanceof StaleConnection || (error instanceof Failure && error.failure.problem === 'no-answer'))
      lease.retire();
    if (error instanceof ConnectionLost) throw warm ? new StaleConnection() : failure('dropped', where);
    throw error;
  }
  try {
    if (question.stdin === undefined) session.channel.end();
    else session.channel.write(question.stdin);
    const limits = { bytesMax: host.limits.outputBytesMax, complete: question.complete };
    const collected = await collect(session, limits, deadline, deadline.signal);
    if (collected.ended === 'too-much')
      throw failure('too-much-output', where, {
        say: `it printed more than ${host.limits.outputBytesMax.toLocaleString('en')} bytes; the rest was not read.`,
      });
    if (!question.complete(collected.text)) {
      if (warm && connection.closed && collected.text === '') throw new StaleConnection();
      throw unfinished(collected, connection, where, host.access === 'gate');
    }
    const { text, stderr, exitCode } = collected;
    return { text: text.trimEnd(), stderr, exitCode, tookMs: deadline.elapsedMs, connectMs, warm };
  } finally {
    session.abandon('kill');
  }
};
