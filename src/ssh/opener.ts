/** Makes connections: through jump hosts, behind the doors that keep sshd and this thread from being flooded. */
import type { Duplex } from 'node:stream';
import { type Connection, ConnectionLost } from './connection.js';
import { narrowed, type PhaseHolder, pause, until } from './deadline.js';
import { dial } from './dial.js';
import { asFailure, failure } from './failures.js';
import { Gauge, LOGINS } from './gauge.js';
import type { HostKeys } from './host-keys.js';
import type { Identities } from './identities.js';
import { Door, Doors } from './limits.js';
import { type LoginRequest, logIn } from './login.js';
import type { Lease } from './pool.js';
import type { Signal } from './signal.js';
import type { Target } from './target.js';

/** Tries for a server that drops connections at random before the login (MaxStartups 10:30:100 is sshd's default). */
const TRIES_MAX = 4;
const BACKOFF_MS = 100;
/** From the version line to the end of the authentication. */
const LOGIN_TIMEOUT_MS = 10_000;
/**
 * Under sshd's default MaxStartups of 10 unauthenticated connections, which counts logins to itself and not the streams that it
 * forwards. So a jump host needs no door: all who go through it share one login there.
 */
const LOGINS_PER_SERVER = 8;
/** A place among the logins is for work. Who is silent for so long waits outside, so that dead hosts don't stop the others. */
const PLACE_MS = 1_500;
const FORWARD_PROBE_MS = 2_000;

export interface OpenerParts {
  hostKeys: HostKeys;
  identities: Identities;
  /** how a jump host is reached: shared with everybody through the pool */
  lease: (target: Target, signal: Signal) => Promise<Lease>;
  /** in [0, 1) */
  random: () => number;
}

/** What whoever opens wants beside the connection. */
export type OpenExtras = Pick<LoginRequest, 'onHostKey' | 'first'>;

/** One sshd, as it is reached: which machine an address means is up to the jump host that it is said to. */
const serverOf = ({ host, via }: Target): string => `${via?.key ?? ''} ${host.address}:${host.port}`;

/** Full jitter: anything up to the doubled pause (Brooker, "Exponential Backoff And Jitter", 2015). */
export const backoffMs = (attempt: number, random: () => number): number => random() * BACKOFF_MS * 2 ** attempt;

export class Opener {
  readonly #parts: OpenerParts;
  readonly #logins = new Door(LOGINS.start);
  readonly #gauge = new Gauge(this.#logins);
  readonly #servers = new Doors(LOGINS_PER_SERVER);

  constructor(parts: OpenerParts) {
    this.#parts = parts;
  }

  /** Somebody waits for a place among the logins. */
  get queue(): boolean {
    return this.#logins.waiting > 0;
  }

  /** @throws Failure, or the signal's reason */
  async open(target: Target, phase: PhaseHolder, signal: Signal, extras: OpenExtras = {}): Promise<Connection> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#once(target, phase, signal, extras);
      } catch (error) {
        signal.throwIfAborted();
        const failed = asFailure(error, target.host.name);
        if (!failed.droppedAtRandom || attempt + 1 >= TRIES_MAX) throw failed;
        await pause(backoffMs(attempt, this.#parts.random), signal);
      }
    }
  }

  async #once(target: Target, phase: PhaseHolder, signal: Signal, extras: OpenExtras): Promise<Connection> {
    const { host, via } = target;
    const where = host.name;
    phase.phase = 'waiting for its turn';
    const [pinned, agent] = await until(
      Promise.all([this.#parts.hostKeys.of(host), this.#parts.identities.agentFor(target.identity, where)]),
      signal,
    );
    // The jump host first, and only then a place: who waits for a jump host must not keep it from logging in.
    const jump = via === undefined ? undefined : await this.#jump(target, via, signal);
    const ways: (() => void)[] = [];
    let given = false;
    try {
      ways.push(await this.#servers.enter(serverOf(target), signal));
      const leave = await this.#logins.enter(signal);
      const silent = setTimeout(leave, PLACE_MS);
      ways.push(leave, () => clearTimeout(silent));
      this.#gauge.touch();
      const stream = await this.#stream(target, jump, phase, signal);
      phase.phase = 'logging in';
      const connection = await logIn(
        {
          where,
          user: target.user,
          stream,
          pinned,
          agent,
          timeoutMs: LOGIN_TIMEOUT_MS,
          ...extras,
        },
        signal,
      );
      if (jump !== undefined) connection.onClose(jump.release);
      given = true;
      return connection;
    } finally {
      for (const leave of ways) leave();
      if (!given) jump?.release();
    }
  }

  async #jump(target: Target, via: Target, signal: Signal): Promise<Lease> {
    try {
      return await this.#parts.lease(via, signal);
    } catch (error) {
      signal.throwIfAborted();
      const inner = asFailure(error, via.host.name).about(via.host.name).failure;
      // The jump host's own trouble, under its own name: what to mend is there.
      throw failure('jump-failed', target.host.name, {
        via: inner.via ?? via.host.name,
        say: `its jump host failed: ${inner.message}`,
        detail: `${inner.problem} ${inner.detail ?? ''}`,
        ...(inner.fingerprints === undefined ? {} : { fingerprints: inner.fingerprints }),
        ...(inner.offered === undefined ? {} : { offered: inner.offered }),
      });
    }
  }

  async #stream(target: Target, jump: Lease | undefined, phase: PhaseHolder, signal: Signal): Promise<Duplex> {
    const { host, via } = target;
    const { connectTimeoutMs } = host.limits;
    if (jump === undefined || via === undefined) return dial(host, host.name, connectTimeoutMs, phase, signal);
    phase.phase = 'connecting';
    const patience = narrowed(signal, connectTimeoutMs);
    try {
      return await jump.connection.forward(host, host.name, via.host.name, patience.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (patience.late) {
        // Either the host behind is silent, or the jump host itself is gone without a word.
        void jump.connection.answers(FORWARD_PROBE_MS).then((alive) => alive || jump.connection.destroy());
        throw failure('connect-timed-out', host.name, { via: via.host.name });
      }
      if (!(error instanceof ConnectionLost)) throw error;
      // A warm connection to the jump host that had died meanwhile: the next try makes a new one.
      jump.connection.destroy();
      throw failure('jump-failed', host.name, {
        via: via.host.name,
        say: `the connection to its jump host ${via.host.name} broke.`,
        droppedAtRandom: true,
      });
    } finally {
      patience.done();
    }
  }

  /** A bare stream to the target's sshd, nothing spoken on it yet. @throws Failure, or the signal's reason */
  async stream(target: Target, phase: PhaseHolder, signal: Signal): Promise<Duplex> {
    const jump = target.via === undefined ? undefined : await this.#jump(target, target.via, signal);
    try {
      const stream = await this.#stream(target, jump, phase, signal);
      if (jump !== undefined) stream.once('close', jump.release);
      return stream;
    } catch (error) {
      jump?.release();
      throw error;
    }
  }

  stop(): void {
    this.#gauge.stop();
  }
}
