/** A logged-in connection: sessions and forwarded streams over it, and nothing that ssh2 leaves dangling. */
import type { Duplex } from 'node:stream';
import type { ClientChannel, Client as SshClient } from 'ssh2';
import { narrowed, pause, until } from './deadline.js';
import { connectFailure, failure } from './failures.js';
import { Door } from './limits.js';
import { runAhead } from './shortcuts.js';
import { NEVER, type Signal } from './signal.js';

/** Under OpenSSH's default MaxSessions of 10; less is learnt from refusals. */
const SESSIONS_MAX = 8;
/** Closed sessions are freed a moment after the server says so: a refusal with nothing open is tried again that often. */
const REFUSALS_MAX = 4;
/** A server that does not answer a close within this time is taken for dead. */
const CLOSE_TIMEOUT_MS = 2_000;

/** An open session; `leave` gives its place to the next. */
export interface Session {
  channel: ClientChannel;
  /** the command's end, once told; `code` null: ended by a signal. Kept from the first moment: it may come with the reply. */
  exit(): { code: number | null } | undefined;
  /**
   * Ends the session whatever it is doing. @param kill also kills the remote process, where the server passes signals on
   */
  abandon(kill: 'kill' | 'leave running'): void;
}

/** Thrown when the connection ended, or was never usable: nothing was run, or its outcome is unknown. */
export class ConnectionLost extends Error {}

class SessionRefused extends Error {}

const isRefusal = (error: unknown): error is Error & { reason: unknown } =>
  error instanceof Error && 'reason' in error && error.reason !== undefined;

export class Connection {
  readonly hostKey: Buffer;
  readonly #client: SshClient;
  readonly #stream: Duplex;
  readonly #where: string;
  readonly #sessions = new Door(SESSIONS_MAX);
  readonly #onClose = new Set<() => void>();
  #whenCrowded: (() => void) | undefined;
  #ahead: { command: string; session: Promise<Session> } | undefined;
  #closed = false;

  constructor(client: SshClient, stream: Duplex, hostKey: Buffer, where: string) {
    this.#client = client;
    this.#stream = stream;
    this.hostKey = hostKey;
    this.#where = where;
    const close = (): void => {
      if (this.#closed) return;
      this.#closed = true;
      stream.destroy();
      for (const listener of this.#onClose) listener();
      this.#onClose.clear();
    };
    client.on('error', close);
    client.on('close', close);
    client.on('end', close);
  }

  get closed(): boolean {
    return this.#closed;
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClose.add(listener);
  }

  /**
   * Told when the server allows no further session: whoever holds one without need should end it. Only one can, and the last one
   * that said so does: the session of the one before is gone.
   */
  onCrowded(listener: () => void): void {
    this.#whenCrowded = listener;
  }

  /** Says goodbye; what does not close soon is cut. */
  end(): void {
    if (this.#closed) return;
    this.#client.end();
    setTimeout(() => this.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  destroy(): void {
    this.#stream.destroy();
    // An ssh2 channel as the stream of an inner connection does not always report its own end.
    this.#client.emit('close');
  }

  /**
   * Runs a command in a session of its own. Where the server allows no further session (MaxSessions) it waits for one on
   * this connection.
   * @param onRequest called before the command may reach the server; from then on only a Failure says that it was not run
   * @throws Failure, ConnectionLost, or the signal's reason
   */
  openSession(command: string, signal: Signal, onRequest?: () => void): Promise<Session> {
    if (this.#ahead?.command !== command || onRequest !== undefined) return this.#open(command, signal, onRequest);
    const { session } = this.#ahead;
    this.#ahead = undefined;
    return until(session, signal).catch((error: unknown) => {
      session.then(
        (late) => late.abandon('kill'),
        () => undefined,
      );
      throw error;
    });
  }

  /**
   * Asks for the first session while the login is still under way: it costs no round trip of its own then. Whoever asks for
   * the same command first gets it.
   */
  openAhead(command: string): void {
    const session = this.#openFirst(command);
    session.catch(() => undefined);
    this.#ahead = { command, session };
  }

  async #openFirst(command: string): Promise<Session> {
    const leave = await this.#sessions.enter(NEVER);
    try {
      const session = this.#request(command, NEVER, leave);
      runAhead(this.#client, command);
      return await session;
    } catch (error) {
      leave();
      // Nothing else is open here that could make room: trying again would lead to the same.
      throw error instanceof SessionRefused
        ? failure('channel-refused', this.#where, { detail: error.message })
        : error;
    }
  }

  /** Ends what was opened ahead if nobody has come for it within so many milliseconds. */
  claimAheadWithin(ms: number): void {
    const ahead = this.#ahead;
    if (ahead === undefined) return;
    setTimeout(() => {
      if (this.#ahead !== ahead) return;
      this.#ahead = undefined;
      ahead.session.then(
        (session) => session.abandon('kill'),
        () => undefined,
      );
    }, ms).unref();
  }

  async #open(command: string, signal: Signal, onRequest?: () => void): Promise<Session> {
    for (let refusals = 0; ; ) {
      const leave = await this.#sessions.enter(signal);
      try {
        onRequest?.();
        return await this.#request(command, signal, leave);
      } catch (error) {
        leave();
        if (!(error instanceof SessionRefused)) throw error;
        const others = this.#sessions.inside;
        if (others > 0) {
          this.#sessions.resize(others);
          this.#whenCrowded?.();
          continue;
        }
        refusals += 1;
        if (refusals >= REFUSALS_MAX) throw failure('channel-refused', this.#where, { detail: error.message });
        await pause(25 * 2 ** refusals, signal);
      }
    }
  }

  #request(command: string, signal: Signal, leave: () => void): Promise<Session> {
    signal.throwIfAborted();
    let abandoned = false;
    const opened = new Promise<Session>((resolve, reject) => {
      const lost = (): void => reject(new ConnectionLost('closed while a session was opened'));
      this.onClose(lost);
      try {
        this.#client.exec(command, (error, channel) => {
          this.#onClose.delete(lost);
          if (error === undefined) {
            const session = this.#session(channel, leave);
            if (abandoned) session.abandon('kill');
            resolve(session);
          } else if (isRefusal(error)) reject(new SessionRefused(error.message));
          else if (/unable to exec/i.test(error.message)) {
            // ssh2 hands the half-made channel to nobody: only closing the connection frees it.
            reject(failure('no-shell', this.#where, { say: 'logged in, but the account may not run commands.' }));
            this.end();
          } else reject(new ConnectionLost(error.message));
        });
      } catch {
        reject(new ConnectionLost('not connected'));
      }
    });
    return until(opened, signal).catch((error: unknown) => {
      abandoned = true;
      throw error;
    });
  }

  #session(channel: ClientChannel, leave: () => void): Session {
    channel.on('error', () => undefined);
    channel.stderr.on('error', () => undefined);
    this.onClose(leave);
    channel.once('close', () => {
      this.#onClose.delete(leave);
      leave();
    });
    let over = false;
    let exit: { code: number | null } | undefined;
    channel.once('exit', (code: unknown) => {
      exit = { code: typeof code === 'number' ? code : null };
    });
    channel.once('close', () => {
      over = true;
    });
    return {
      channel,
      exit: () => exit,
      abandon: (kill) => {
        if (over || this.#closed) return;
        over = true;
        const cut = setTimeout(() => this.destroy(), CLOSE_TIMEOUT_MS);
        cut.unref();
        channel.once('close', () => clearTimeout(cut));
        try {
          // Closing alone leaves the remote process running; the signal reaches its process group (RFC 4254 6.9).
          if (kill === 'kill' && exit === undefined) channel.signal('KILL');
        } catch {
          // no longer writable: it is ending by itself
        }
        channel.close();
        // What is still on its way is thrown away, so that the close behind it is seen.
        channel.resume();
        channel.stderr.resume();
      },
    };
  }

  /** A stream to another host through this one (direct-tcpip, RFC 4254 7.2). @throws Failure, ConnectionLost */
  forward(target: { address: string; port: number }, where: string, via: string, signal: Signal): Promise<Duplex> {
    let abandoned = false;
    const opened = new Promise<Duplex>((resolve, reject) => {
      const lost = (): void => reject(new ConnectionLost('closed while a stream was forwarded'));
      this.onClose(lost);
      try {
        this.#client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) => {
          this.#onClose.delete(lost);
          if (error !== undefined) {
            reject(isRefusal(error) ? forwardFailure(error, where, via) : new ConnectionLost(error.message));
            return;
          }
          channel.on('error', () => undefined);
          if (abandoned) channel.destroy();
          else resolve(channel);
        });
      } catch {
        reject(new ConnectionLost('not connected'));
      }
    });
    return until(opened, signal).catch((error: unknown) => {
      abandoned = true;
      throw error;
    });
  }

  /** Whether the other side still answers: a global request that every server refuses politely. */
  async answers(withinMs: number): Promise<boolean> {
    if (this.#closed) return false;
    const answered = new Promise<void>((resolve, reject) => {
      try {
        this.#client.unforwardIn('127.0.0.1', 1, () => resolve());
      } catch (error) {
        reject(error);
      }
    });
    const patience = narrowed(NEVER, withinMs);
    try {
      await until(answered, patience.signal);
      return !this.#closed;
    } catch {
      return false;
    } finally {
      patience.done();
    }
  }
}

/** The reasons of RFC 4254 5.1; OpenSSH puts the errno's text into the description. */
const forwardFailure = (error: Error & { reason: unknown }, where: string, via: string): ReturnType<typeof failure> => {
  const words = error.message;
  if (error.reason === 1 || /prohibited/i.test(words))
    return failure('jump-failed', where, {
      via,
      detail: words,
      say: `the jump host ${via} does not allow forwarding to it (AllowTcpForwarding, PermitOpen, or restrict on the key).`,
    });
  const code = /refused/i.test(words)
    ? 'ECONNREFUSED'
    : /timed out/i.test(words)
      ? 'ETIMEDOUT'
      : /no route|unreachable/i.test(words)
        ? 'EHOSTUNREACH'
        : /not known|resolve|no address/i.test(words)
          ? 'ENOTFOUND'
          : undefined;
  if (code === undefined)
    return failure('jump-failed', where, { via, detail: words, say: `the jump host ${via} could not connect to it.` });
  const direct = connectFailure(Object.assign(new Error(words), { code }), where).failure;
  return failure(direct.problem, where, {
    via,
    detail: words,
    say: `seen from the jump host ${via}: ${direct.message.slice(where.length + 2)}`,
  });
};
