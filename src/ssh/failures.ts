/** What can go wrong on the way to a host, in the words that a responder acts on. A host's own words stay in `detail`. */
import type { TransportFailure, TransportProblem } from '../ports/transport.js';

/** Thrown inside `src/ssh` only; at its edge it becomes the plain `TransportFailure`. */
export class Failure extends Error {
  constructor(
    readonly failure: TransportFailure,
    /** how the host is called that the message begins with */
    readonly where: string,
    /** The server closed before authentication, as MaxStartups does at random: worth another try. Nothing else is. */
    readonly droppedAtRandom = false,
  ) {
    super(failure.message);
    this.name = 'Failure';
  }

  /** The same, told of a host by its own name: two names of the inventory may share one login, and so its failure. */
  about(where: string): Failure {
    if (where === this.where) return this;
    const message = `${where}${this.failure.message.slice(this.where.length)}`;
    return new Failure({ ...this.failure, message }, where, this.droppedAtRandom);
  }

  /** The same, with a word more for the log. */
  noted(words: string): Failure {
    const detail = [this.failure.detail, words].filter(Boolean).join('; ');
    return new Failure({ ...this.failure, detail }, this.where, this.droppedAtRandom);
  }
}

const SENTENCES: Readonly<Record<TransportProblem, string>> = {
  'name-not-resolved': 'the name does not resolve. Check the address in the inventory and the DNS.',
  refused:
    'the connection was refused. Is sshd running, and is the port right? A firewall that rejects looks the same.',
  unreachable: 'there is no route to it. Check the network between here and there, and local firewall rules.',
  'connect-timed-out':
    'no answer to the TCP connection. The host is down, a firewall drops packets, or the host itself drops new connections (a full conntrack table does that).',
  'not-ssh': 'what answers there does not speak SSH. Check address and port.',
  'no-common-algorithm':
    'it offers no algorithm that is acceptable today (SHA-1 signatures and DSA keys are refused). Update its sshd.',
  'host-key-unknown':
    'its host key is not pinned, so it was not trusted. Compare the key on the host itself, then pin it: tcpstates hosts pin.',
  'host-key-changed':
    'its host key is NOT the pinned one. The machine was reinstalled, or somebody stands between: find out which before pinning the new key.',
  'host-key-revoked':
    'it presented a host key that is marked @revoked. Treat the machine as taken over until shown otherwise.',
  'identity-unreadable': 'no usable key to log in with.',
  'authentication-refused':
    'it refused every key that was offered. Check the user name, and authorized_keys on the host. Not tried again: sshd may lock this address out.',
  'login-timed-out': 'TCP connects, but the login was not finished in time. sshd is frozen or overloaded.',
  'dropped-before-login':
    'it closed the connection before the login, each time. sshd sheds load (MaxStartups), blocks this address (PerSourcePenalties, hosts.deny), or is not well.',
  dropped: 'the connection broke while the answer was on its way. Ask again.',
  'channel-refused': 'logged in, but it opens no session (MaxSessions, or the account may not run commands).',
  'no-shell': 'logged in, but the account gave no shell to run the questions in.',
  'no-answer': 'logged in, but nothing came back in time. The host is frozen or badly overloaded.',
  'wall-clock': 'the time limit passed.',
  'too-much-output': 'it printed more than the limit allows; the rest was not read.',
  'cut-off': 'the answer ended before its closing line, so nothing of it is used.',
  cancelled: 'cancelled.',
  'jump-failed': 'the jump host on the way to it failed.',
  'shutting-down': 'the program is shutting down.',
  internal: 'a fault of this program; see its log.',
};

export interface FailureExtras {
  /** a sentence that says it better than the general one */
  say?: string;
  /** for the log; a host's words are allowed here, cut short and without control characters */
  detail?: string;
  fingerprints?: { expected: readonly string[]; presented: string };
  offered?: readonly string[];
  via?: string;
  droppedAtRandom?: boolean;
}

/** The host's words, fit for one log line: no control, bidi or zero-width characters, at most 200 characters. */
export const tame = (words: string): string =>
  words
    .slice(0, 400)
    .replace(/[\p{C}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 200);

/** @param where how the host is called in the message: its name in the inventory */
export const failure = (problem: TransportProblem, where: string, extras: FailureExtras = {}): Failure =>
  new Failure(
    {
      problem,
      message: `${where}: ${extras.say ?? SENTENCES[problem]}`,
      ...(extras.detail === undefined ? {} : { detail: tame(extras.detail) }),
      ...(extras.fingerprints === undefined ? {} : { fingerprints: extras.fingerprints }),
      ...(extras.offered === undefined ? {} : { offered: extras.offered }),
      ...(extras.via === undefined ? {} : { via: extras.via }),
    },
    where,
    extras.droppedAtRandom ?? false,
  );

/** Whatever was thrown, as a failure: our own as it is, anything else is a fault of this program. */
export const asFailure = (thrown: unknown, where: string): Failure =>
  thrown instanceof Failure ? thrown : failure('internal', where, { detail: describe(thrown) });

/** Name and message only: a thrown object may carry a configuration, and with it secrets. By shape, not by class. */
export const describe = (thrown: unknown): string => {
  if (typeof thrown !== 'object' || thrown === null) return typeof thrown;
  const name = 'name' in thrown && typeof thrown.name === 'string' ? thrown.name : 'object';
  return 'message' in thrown && typeof thrown.message === 'string' ? `${name}: ${thrown.message}` : name;
};

const codeOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return '';
  // Happy Eyeballs tries several addresses and reports all of their errors together.
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return codeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
};

const BY_CODE: Readonly<Record<string, TransportProblem>> = {
  ENOTFOUND: 'name-not-resolved',
  EAI_AGAIN: 'name-not-resolved',
  ENODATA: 'name-not-resolved',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EINVAL: 'unreachable',
  ETIMEDOUT: 'connect-timed-out',
  ECONNRESET: 'dropped-before-login',
  EPIPE: 'dropped-before-login',
};

/** What a socket or resolver error means before the TCP connection stands (errno names, connect(2)). */
export const connectFailure = (error: unknown, where: string): Failure => {
  const code = codeOf(error);
  const problem = BY_CODE[code];
  if (problem === undefined) {
    const say =
      code === 'EMFILE' || code === 'ENFILE' ? 'this machine has no file descriptors left (ulimit -n).' : undefined;
    return failure('internal', where, { detail: describe(error), ...(say === undefined ? {} : { say }) });
  }
  return failure(problem, where, { detail: code, droppedAtRandom: problem === 'dropped-before-login' });
};
