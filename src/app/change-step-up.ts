/**
 * One-time codes (TOTP, RFC 6238) for keys that ask for more than a click: a stolen Slack session alone approves nothing there.
 * Each code is good once, also in another process: the last one's counter stands in the store. Five wrong ones lock for a while.
 */
import { Secret, TOTP } from 'otpauth';
import { StoreFailure } from '../ports/store.js';
import type { ChangePorts } from './change-ports.js';

const PERIOD_SECONDS = 30;
const TRIES_MAX = 5;
const LOCK_MS = 15 * 60_000;

interface Tries {
  /** counter of the last code that was accepted */
  lastCounter: number;
  /** when wrong ones were tried */
  wrongAtMs: readonly number[];
}

export type StepUpAnswer = { ok: true } | { ok: false; why: string };

export interface StepUpParts extends Pick<ChangePorts, 'clock' | 'policy'> {
  store: Pick<ChangePorts['store'], 'documents'>;
  /** a secret by the name that policy gives; `process.env` in the program */
  secret: (name: string) => string | undefined;
}

const no = (why: string): StepUpAnswer => ({ ok: false, why });

export class StepUp {
  constructor(private readonly parts: StepUpParts) {}

  /** Why somebody can't step up at all: known before a code is asked for. */
  notEnrolled(person: string): string | undefined {
    const name = this.parts.policy().people.get(person)?.totpEnv;
    if (name === undefined) return `policy names no one-time-code secret (totpEnv) for ${person}`;
    if ((this.parts.secret(name) ?? '') === '')
      return `the bot was started without ${name}, which holds the secret of ${person}`;
    try {
      Secret.fromBase32(this.parts.secret(name) ?? '');
      return undefined;
    } catch {
      return `${name} holds no base32 secret`;
    }
  }

  /** Takes a code, once. @throws StoreFailure: what can't be noted is not accepted */
  async check(person: string, code: string): Promise<StepUpAnswer> {
    const problem = this.notEnrolled(person);
    if (problem !== undefined) return no(problem);
    const { documents } = this.parts.store;
    for (let tries = 0; tries < 10; tries++) {
      const known = await documents.get<Tries>('step-up', person);
      const nowMs = this.parts.clock.now();
      const wrong = (known?.value.wrongAtMs ?? []).filter((atMs) => nowMs - atMs < LOCK_MS);
      if (wrong.length >= TRIES_MAX) return no('too many wrong codes: locked for 15 minutes after the last of them');
      const lastCounter = known?.value.lastCounter ?? -1;
      const counter = this.counterOf(person, code, nowMs);
      const accepted = counter !== undefined && counter > lastCounter;
      const next: Tries = accepted
        ? { lastCounter: counter, wrongAtMs: [] }
        : { lastCounter, wrongAtMs: [...wrong, nowMs] };
      try {
        await documents.put('step-up', person, next, known?.version ?? 0);
      } catch (error) {
        // The same code at the same time: one of the two is the second.
        if (error instanceof StoreFailure && error.problem === 'conflict') continue;
        throw error;
      }
      if (accepted) return { ok: true };
      return no(
        counter === undefined
          ? `the code is wrong; ${TRIES_MAX - wrong.length - 1} tries are left`
          : 'this code was used already: wait for the next one',
      );
    }
    return no('too much at once: try again');
  }

  /** The counter of a right code within one period before and after now. */
  private counterOf(person: string, code: string, nowMs: number): number | undefined {
    const token = code.replace(/\s+/g, '');
    const name = this.parts.policy().people.get(person)?.totpEnv ?? '';
    if (!/^\d{6}$/.test(token)) return undefined;
    const totp = new TOTP({
      secret: Secret.fromBase32(this.parts.secret(name) ?? ''),
      period: PERIOD_SECONDS,
      digits: 6,
    });
    const delta = totp.validate({ token, window: 1, timestamp: nowMs });
    return delta === null ? undefined : Math.floor(nowMs / 1_000 / PERIOD_SECONDS) + delta;
  }
}
