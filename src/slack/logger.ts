/** Bolt's and the SDK's own log lines, in our log: as `detail`, scrubbed there, and never their debug output (it prints payloads). */
import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../ports/log.js';

const words = (parts: unknown[]): string =>
  parts.map((part) => (part instanceof Error ? `${part.name}: ${part.message}` : String(part))).join(' ');

export const slackLogger = (log: Log): Logger => ({
  debug: () => undefined,
  info: (...parts) => log.debug({ detail: words(parts) }, 'slack sdk'),
  warn: (...parts) => log.warn({ detail: words(parts) }, 'slack sdk'),
  error: (...parts) => log.error({ detail: words(parts) }, 'slack sdk'),
  setLevel: () => undefined,
  getLevel: () => LogLevel.INFO,
  setName: () => undefined,
});
