/** Questions over a session that is kept open, for hosts that are asked again and again. */
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';
import type { Transcript } from '../ports/transport.js';
import { StaleConnection } from './ask.js';
import type { Connection } from './connection.js';
import { ConnectionLost } from './connection.js';
import { type Deadline, narrowed } from './deadline.js';
import { Failure, failure } from './failures.js';
import type { Lease } from './pool.js';
import { ProbeChannel } from './probe-channel.js';
import { questionFor } from './script.js';
import type { Signal } from './signal.js';

/** A login shell that does not say within this time that it reads a loop never will: its questions come one by one. */
const LOOP_MS = 3_000;
/** Beyond what the script takes on a healthy host: then the session, or the connection under it, is taken for dead. */
const LATE_MS = 3_000;

export class ProbeChannels {
  /** one for each connection; `undefined` while it is being opened */
  readonly #kept = new WeakMap<Connection, ProbeChannel | undefined>();
  /** the last one of every host, by its name */
  readonly #ofHost = new Map<string, ProbeChannel>();
  readonly #without = new WeakSet<Connection>();

  async #channel(connection: Connection, host: Host, script: Script, deadline: Deadline, signal: Signal) {
    if (this.#without.has(connection)) return undefined;
    const kept = this.#kept.get(connection);
    if (kept !== undefined && !kept.closed) {
      if (kept.busy) return undefined;
      if (kept.script.text === script.text) return kept;
      kept.close();
    } else if (kept === undefined && this.#kept.has(connection)) return undefined;
    this.#kept.set(connection, undefined);
    const patience = narrowed(signal, Math.min(LOOP_MS, deadline.remainingMs / 3));
    try {
      const opened = await ProbeChannel.open(connection, script, deadline, patience.signal);
      this.#kept.set(connection, opened);
      this.#ofHost.set(host.name, opened);
      connection.onCrowded(() => opened.giveWay());
      return opened;
    } catch (error) {
      this.#kept.delete(connection);
      if (signal.aborted || !patience.late) throw error;
      this.#without.add(connection);
      return undefined;
    } finally {
      patience.done();
    }
  }

  /** The host is no longer asked again and again: its shell ends, after the answer that is under way. */
  close(host: string): void {
    this.#ofHost.get(host)?.giveWay();
    this.#ofHost.delete(host);
  }

  /**
   * @returns undefined when it has to be asked the ordinary way: another question is on the channel, there can't be one, or its
   * shell ended
   * @throws Failure; StaleConnection when a warm connection gave no answer in time
   */
  async ask(lease: Lease, host: Host, script: Script, deadline: Deadline): Promise<Transcript | undefined> {
    // The gate answers one question for each session.
    if (host.access === 'gate') return undefined;
    const { connection, warm, connectMs } = lease;
    const lateMs = Math.min(script.expectedMs + LATE_MS, deadline.remainingMs / 2);
    const patience = warm ? narrowed(deadline.signal, lateMs) : undefined;
    const signal = patience?.signal ?? deadline.signal;
    let channel: ProbeChannel | undefined;
    try {
      channel = await this.#channel(connection, host, script, deadline, signal);
      if (channel === undefined) return undefined;
      const { ended, text, stderr, exitCode } = await channel.ask(host.limits.outputBytesMax, deadline, signal);
      if (ended === 'too-much')
        throw failure('too-much-output', host.name, {
          say: `it printed more than ${host.limits.outputBytesMax.toLocaleString('en')} bytes; the rest was not read.`,
        });
      if (ended === 'closed') {
        channel.close();
        return undefined;
      }
      if (!questionFor(host, script).complete(text))
        throw failure('cut-off', host.name, { detail: `${text.length} characters; stderr: ${stderr.slice(0, 150)}` });
      return { text: text.trimEnd(), stderr, exitCode, tookMs: deadline.elapsedMs, connectMs, warm };
    } catch (error) {
      channel?.close();
      if (deadline.signal.aborted) throw deadline.signal.reason;
      if (patience?.late === true) {
        lease.retire();
        throw new StaleConnection();
      }
      if (error instanceof Failure && error.failure.problem !== 'channel-refused') throw error;
      if (error instanceof Failure || error instanceof ConnectionLost) return undefined;
      throw error;
    } finally {
      patience?.done();
    }
  }
}
