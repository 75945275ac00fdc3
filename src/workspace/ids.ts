/** Names that Slack gives: message timestamps, ids of files, views and envelopes, secrets in addresses. */
import { randomBytes } from 'node:crypto';
import type { Ts } from './protocol.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** @returns e.g. `V0K3J9X2M1Q`: the prefix and ten letters and digits */
export const slackId = (prefix: string): string =>
  prefix + [...randomBytes(10)].map((byte) => alphabet[byte % alphabet.length]).join('');

/** @returns hex characters that can't be guessed */
export const secret = (bytes = 16): string => randomBytes(bytes).toString('hex');

/** block_id and action_id where the app gave none: five characters, as Slack's. */
export const shortId = (): string => randomBytes(4).toString('base64url').slice(0, 5);

/** Message ids: never the same twice, never going back, whatever the clock does. */
export class Timestamps {
  private lastMicros = 0;

  constructor(private readonly now: () => number) {}

  next(): Ts {
    this.lastMicros = Math.max(Math.floor(this.now() * 1000), this.lastMicros + 1);
    return `${Math.floor(this.lastMicros / 1e6)}.${String(this.lastMicros % 1e6).padStart(6, '0')}`;
  }
}

/** Compares two message ids by time. */
export const byTs = (a: Ts, b: Ts): number => (a === b ? 0 : a < b ? -1 : 1);
