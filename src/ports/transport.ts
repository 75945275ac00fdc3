/** How hosts are reached. Implemented by `src/ssh`. */
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';

export const TRANSPORT_PROBLEMS = [
  'name-not-resolved',
  'refused',
  'unreachable',
  'connect-timed-out',
  'not-ssh',
  'no-common-algorithm',
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
  'identity-unreadable',
  'authentication-refused',
  'login-timed-out',
  'dropped-before-login',
  'dropped',
  'channel-refused',
  'no-shell',
  'no-answer',
  'wall-clock',
  'too-much-output',
  'cut-off',
  'cancelled',
  'jump-failed',
  'shutting-down',
  'internal',
] as const;

export type TransportProblem = (typeof TRANSPORT_PROBLEMS)[number];

/** Why a host gave no answer, for the three audiences: `problem` to branch on, `message` for the responder, `detail` for the log. */
export interface TransportFailure {
  problem: TransportProblem;
  /** one sentence: what failed and what to do next; never a secret, never a host's raw words */
  message: string;
  detail?: string;
  /** both fingerprints, for host-key problems: `SHA256:…` */
  fingerprints?: { expected: readonly string[]; presented: string };
  /** identities that were offered, for authentication-refused: comment or path and fingerprint */
  offered?: readonly string[];
  /** the jump host that failed, when it was one */
  via?: string;
}

export interface Transcript {
  /** valid UTF-8, invalid bytes replaced, without the closing line's newline */
  text: string;
  /** standard error, capped; for the log and for Raw */
  stderr: string;
  exitCode: number | null;
  tookMs: number;
  /** 0 when a warm connection was used */
  connectMs: number;
  warm: boolean;
}

export type Answer = { status: 'ok'; transcript: Transcript } | { status: 'failed'; failure: TransportFailure };

export interface CheckStep {
  name: 'name' | 'connect' | 'host key' | 'login' | 'shell' | 'tools';
  status: 'ok' | 'failed' | 'not tried';
  detail: string;
  tookMs: number;
}

export interface CheckReport {
  steps: readonly CheckStep[];
  failure?: TransportFailure;
}

export interface AskOptions {
  signal?: AbortSignal;
  /** shorter than the host's own limit, where the caller is in more of a hurry */
  timeoutMs?: number;
  /**
   * The same script will be asked again soon (a watch, a sweep): a shell is kept open that holds it, as long as the connection
   * stays warm. The answer is the same; only `ask` knows it.
   */
  keepOpen?: boolean;
}

export interface GateAnswer {
  /** `k=v` lines in order, without the last */
  fields: Readonly<Record<string, string>>;
  /** the code of the last `end=` line; undefined: the outcome is unknown, ask `status` */
  end?: string;
}

export interface Transport {
  /** Runs one of the fixed scripts. Never throws for what a host or a network does. */
  ask(host: Host, script: Script, options?: AskOptions): Promise<Answer>;
  /** Of a host that is not asked again soon: the shell that `keepOpen` holds there ends, its connection goes when it has been idle. */
  closeKept(host: Host): void;
  /** Tries a fresh connection step by step, for `/hosts check`. */
  check(host: Host, options?: AskOptions): Promise<CheckReport>;
  /** The host's key over SSH's own exchange, unverified, for an operator to compare: `ssh-ed25519 AAAA…` and SHA256 print. */
  scan(
    host: Host,
    options?: AskOptions,
  ): Promise<{ keys: readonly { line: string; fingerprint: string }[] } | { failure: TransportFailure }>;
  /** One request line to the gate over the change account. Never retried by itself: an unknown outcome is the caller's to settle. */
  gate(
    host: Host,
    request: string,
    options?: AskOptions,
  ): Promise<{ status: 'answered'; answer: GateAnswer } | { status: 'failed'; failure: TransportFailure }>;
  /** The inventory changed: close connections to hosts that are gone or different. */
  inventoryChanged(hosts: readonly Host[]): void;
  /** Finishes nothing new; waits up to `graceMs` for what is under way. */
  close(graceMs: number): Promise<void>;
}
