/** One request to the gate on a host. Whatever may have been sent is never sent again: an unknown outcome is the caller's. */
import { parseAnswer } from '../core/gate/answer.js';
import { REQUEST_CHARACTERS_MAX } from '../core/gate/request.js';
import type { Host } from '../core/inventory.js';
import type { GateAnswer } from '../ports/transport.js';
import { collect } from './collect.js';
import type { Deadline } from './deadline.js';
import { asFailure, Failure, failure } from './failures.js';
import type { Lease } from './pool.js';

const ANSWER_BYTES_MAX = 65_536;
/** A warm connection is asked whether it lives before a request is risked on it. */
const ALIVE_MS = 1_500;

export const checkGateRequest = (host: Host, request: string): Failure | undefined => {
  if (host.change === undefined)
    return failure('identity-unreadable', host.name, {
      say: 'the inventory names no change account for it: it is read-only.',
    });
  if (!/^[\x20-\x7e]+$/.test(request) || request.length > REQUEST_CHARACTERS_MAX)
    return failure('internal', host.name, { detail: 'the gate request is not one line of printable ASCII' });
  return undefined;
};

/**
 * @param lease gives a connection of the change account; a second call a fresh one
 * @returns an answer without `end` when the outcome is unknown
 * @throws Failure only when the request was certainly not run
 */
export const askGate = async (
  host: Host,
  request: string,
  lease: () => Promise<Lease>,
  deadline: Deadline,
): Promise<GateAnswer> => {
  let held = await lease();
  let mayHaveRun = false;
  try {
    if (held.warm && !(await held.connection.answers(Math.min(ALIVE_MS, deadline.remainingMs / 2)))) {
      held.retire();
      held.connection.destroy();
      held.release();
      held = await lease();
    }
    deadline.phase = 'opening a session';
    const session = await held.connection.openSession(request, deadline.signal, () => {
      mayHaveRun = true;
    });
    try {
      session.channel.end();
      const limits = { bytesMax: ANSWER_BYTES_MAX, complete: (tail: string) => /(^|\n)end=[^\n]*\n$/.test(tail) };
      const { text } = await collect(session, limits, deadline, deadline.signal);
      // Without its newline the last line may be the beginning of a longer one.
      return parseAnswer(text.slice(0, text.lastIndexOf('\n') + 1));
    } finally {
      // Never killed: the gate finishes what it began, and `status` tells what became of it.
      session.abandon('leave running');
    }
  } catch (error) {
    const said = error instanceof Failure && ['channel-refused', 'no-shell'].includes(error.failure.problem);
    if (mayHaveRun && !said) return { fields: {} };
    throw asFailure(error, host.name);
  } finally {
    held.release();
  }
};
