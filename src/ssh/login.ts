/** One SSH login over a stream that stands already: the host's key verified first, then our keys offered. */
import type { Duplex } from 'node:stream';
import ssh2, { type Client as SshClient } from 'ssh2';
import { algorithms, hostKeyAlgorithms } from './algorithms.js';
import { Connection } from './connection.js';
import { until } from './deadline.js';
import { describe, type Failure, failure, tame } from './failures.js';
import { judgeHostKey, type PinnedKeys } from './host-keys.js';
import type { SigningAgent } from './identities.js';
import { withLeanPackets } from './packets.js';
import { logInAtOnce, withoutDer, withoutProofs } from './shortcuts.js';
import type { Signal } from './signal.js';

const { Client } = ssh2;

/** Who logged in with a first command takes its session in the same turn; it does not stay for somebody else. */
const UNCLAIMED_MS = 1_000;

/** A half-open connection is noticed after 15 s × (2 + 1). */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 2 };

export interface LoginRequest {
  /** how the host is called in messages */
  where: string;
  user: string;
  stream: Duplex;
  pinned: PinnedKeys;
  agent: SigningAgent;
  /** from the first byte to the end of the authentication, in milliseconds */
  timeoutMs: number;
  /** told when the host's key was found to be a pinned one */
  onHostKey?: () => void;
  /** what will be run first: its session is asked for together with the login where the server takes that */
  first?: string;
}

/** The words that a server says before its version line when it has no place for us. */
const firstWords = (stream: Duplex): { words: () => string } => {
  let head = '';
  const onData = (chunk: Buffer): void => {
    head += chunk.toString('latin1', 0, 256);
    if (head.length >= 256 || head.includes('\n')) stream.off('data', onData);
  };
  // ssh2 has paused the stream and resumes it itself: this listener does not start the flow.
  stream.on('data', onData);
  return { words: () => head };
};

interface Progress {
  handshaken: boolean;
  words: string;
  agent: SigningAgent;
}

/** As ssh2 tells it: a number as `code` is what the server itself gave for a reason, a `client-socket` the stream's end. */
interface LoginError {
  message: string;
  level?: unknown;
  code?: unknown;
}

/** What an ssh2 error, or a silent close, means before the login is complete. */
const loginFailure = (
  error: LoginError | undefined,
  where: string,
  { handshaken, words, agent }: Progress,
): Failure => {
  const { message, level, code }: LoginError = error ?? { message: '' };
  const detail = [message, words.startsWith('SSH-') ? '' : words].filter(Boolean).join(' | ');
  if (level === 'client-authentication' || /too many authentication failures/i.test(message))
    return failure('authentication-refused', where, {
      detail,
      offered: agent.offered,
      say: `it refused every key that was offered (${agent.offered.length}). Check the user name, and authorized_keys on the host. Not tried again: sshd may lock this address out.`,
    });
  if (/no matching|unsupported algorithm/i.test(message)) return failure('no-common-algorithm', where, { detail });
  if (words !== '' && !words.startsWith('SSH-') && !handshaken) {
    if (/not allowed at this time/i.test(words))
      return failure('dropped-before-login', where, {
        detail,
        say: 'its sshd has locked this address out for a while (PerSourcePenalties) after failed logins. Wait, and mend what failed.',
      });
    if (!/MaxStartups/i.test(words)) return failure('not-ssh', where, { detail });
  }
  if (/identification string|header|greeting/i.test(message)) return failure('not-ssh', where, { detail });
  if (handshaken)
    return failure('dropped-before-login', where, {
      detail,
      say: 'it closed the connection in the middle of the login. Look into its sshd log.',
    });
  const atRandom =
    error === undefined ||
    level === 'client-socket' ||
    /lost before handshake/i.test(message) ||
    typeof code === 'number';
  return atRandom
    ? failure('dropped-before-login', where, { detail, droppedAtRandom: true })
    : failure('not-ssh', where, { detail, say: 'what answers there does not speak SSH as it should.' });
};

/**
 * Logs in. The stream belongs to the connection afterwards, and is destroyed when the login fails.
 * @throws Failure, also the signal's when that comes first
 */
export const logIn = async (request: LoginRequest, signal: Signal): Promise<Connection> => {
  const { where, stream, pinned, agent } = request;
  const client: SshClient = new Client();
  let refused: Failure | undefined;
  let hostKey: Buffer | undefined;
  let handshaken = false;
  let asked = false;
  let words: () => string = () => '';
  let timer: NodeJS.Timeout | undefined;
  let connection: Connection | undefined;

  const ready = new Promise<void>((resolve, reject) => {
    let over = false;
    const fail = (error: LoginError | undefined): void => {
      if (over) return;
      over = true;
      reject(refused ?? loginFailure(error, where, { handshaken, words: words(), agent }));
    };
    timer = setTimeout(() => reject(failure('login-timed-out', where)), request.timeoutMs);
    client.once('ready', () => {
      over = true;
      resolve();
    });
    client.once('handshake', () => {
      handshaken = true;
    });
    client.on('error', (error) => {
      // One key that can't sign is not the end: the next one is tried.
      if ('level' in error && error.level === 'agent') return;
      fail(error);
      // Garbage makes ssh2 emit an error for every chunk of it: the first one ends the conversation.
      stream.destroy();
    });
    // Between the server's version line and `ready` a close emits no error.
    client.on('close', () => fail(undefined));
  });
  ready.catch(() => undefined);

  try {
    client.connect({
      sock: stream,
      username: request.user,
      agent,
      authHandler: (_methodsLeft, _partial, next) => {
        // No "none" round trip: keys at once, and nothing after them.
        // ssh2 takes `false` as the end of the list (its README says so, its types don't).
        if (asked) return next(false as unknown as 'none');
        asked = true;
        next({ type: 'agent', username: request.user, agent });
      },
      hostVerifier: (key: Buffer) => {
        hostKey = Buffer.from(key);
        refused = judgeHostKey(pinned, hostKey, where);
        if (refused === undefined) request.onHostKey?.();
        return refused === undefined;
      },
      algorithms: algorithms(hostKeyAlgorithms(pinned.types)),
      readyTimeout: 0,
      ...KEEPALIVE,
    });
    logInAtOnce(client, agent, () => {
      if (request.first === undefined || hostKey === undefined || connection !== undefined) return;
      connection = new Connection(client, stream, hostKey, where);
      connection.openAhead(request.first);
    });
    withoutProofs(client);
    withLeanPackets(client);
    withoutDer(client);
    ({ words } = firstWords(stream));
    await until(ready, signal);
    if (hostKey === undefined) throw failure('internal', where, { detail: 'ready without a verified host key' });
    connection ??= new Connection(client, stream, hostKey, where);
    connection.claimAheadWithin(UNCLAIMED_MS);
    return connection;
  } catch (error) {
    stream.destroy();
    throw error instanceof Error && error.name === 'Failure'
      ? error
      : failure('internal', where, { detail: tame(describe(error)) });
  } finally {
    clearTimeout(timer);
  }
};
