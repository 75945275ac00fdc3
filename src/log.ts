/**
 * Structured log lines on standard output (pino, one JSON object a line). What may be logged is listed: a field that is not in
 * `ports/log.ts` is dropped, and every text is scrubbed of what looks like a secret, whoever put it there.
 */
import { type DestinationStream, pino } from 'pino';
import type { Log, LogFields } from './ports/log.js';

const TEXT_MAX = 2_000;

/** Fields that pass, and whether they are numbers or texts. Kept complete by the compiler. */
const ALLOWED: Readonly<Record<Exclude<keyof LogFields, 'err'>, 'text' | 'number' | 'either'>> = {
  host: 'text',
  command: 'text',
  action: 'text',
  team: 'text',
  user: 'text',
  channel: 'text',
  messageTs: 'text',
  delivery: 'text',
  method: 'text',
  problem: 'text',
  status: 'either',
  path: 'text',
  address: 'text',
  port: 'number',
  signal: 'text',
  mode: 'text',
  rule: 'text',
  change: 'text',
  revision: 'text',
  count: 'number',
  bytes: 'number',
  attempt: 'number',
  tookMs: 'number',
  waitMs: 'number',
  ageMs: 'number',
  detail: 'text',
};

/** Slack's tokens, response and socket addresses, bearer headers, private keys, passwords in URLs and in `name=value`. */
const SECRETS: readonly RegExp[] = [
  /\bx(?:ox[a-z]|app|oxe)(?:\.x[a-z]+)?-[A-Za-z0-9-]+/g,
  /https?:\/\/hooks\.slack\.com\/\S+/g,
  /(?:wss?|https?):\/\/\S*(?:ticket|response_url|\/commands\/|\/actions\/)\S*/g,
  /\bBearer\s+\S+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=:\/\/[^\s:/@]{1,100}:)[^\s@/]+(?=@)/g,
  /(?<=\b(?:pass(?:word|phrase)?|secret|token|api_?key)["']?\s*[=:]\s*["']?)[^\s"',;}]+/gi,
];

/** Makes a text fit to be logged: no secrets, no control characters, bounded. `known` are this process's own secrets. */
export const scrub = (text: string, known: readonly string[] = []): string => {
  let clean = text.slice(0, TEXT_MAX * 2);
  for (const secret of known) clean = clean.replaceAll(secret, '[secret]');
  for (const pattern of SECRETS) clean = clean.replace(pattern, '[secret]');
  clean = clean.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029]/g, ' ');
  return clean.length <= TEXT_MAX ? clean : `${clean.slice(0, TEXT_MAX - 1)}…`;
};

/** An error as the maintainer needs it: its kind, words, code, where it came from and what caused it. Nothing that hangs on it. */
const describeError = (error: unknown, known: readonly string[], depth = 0): Record<string, unknown> => {
  if (!(error instanceof Error)) return { message: scrub(typeof error === 'string' ? error : typeof error, known) };
  const { code } = error as { code?: unknown };
  return {
    type: scrub(error.name, known).slice(0, 80),
    message: scrub(error.message, known),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: scrub(String(code), known).slice(0, 80) } : {}),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack.split('\n').slice(1, 12).join('\n'), known) }),
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, known, depth + 1) }),
  };
};

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** tokens and keys of this process: struck out wherever they turn up */
  secrets?: readonly string[];
  destination?: DestinationStream;
}

export const makeLog = ({ level, secrets = [], destination }: LogOptions): Log => {
  const known = secrets.filter((secret) => secret.length >= 8);
  const root = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );

  const allowed = (fields: LogFields): Record<string, unknown> => {
    const kept: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const kind = Object.hasOwn(ALLOWED, name) ? ALLOWED[name as keyof typeof ALLOWED] : undefined;
      if (name === 'err') kept['err'] = describeError(value, known);
      else if (kind !== undefined && kind !== 'number' && typeof value === 'string') kept[name] = scrub(value, known);
      else if (kind !== undefined && kind !== 'text' && typeof value === 'number') kept[name] = value;
    }
    return kept;
  };

  const withFields = (fixed: LogFields): Log => {
    const line =
      (write: 'debug' | 'info' | 'warn' | 'error') =>
      (fields: LogFields, what: string): void => {
        if (root.isLevelEnabled(write)) root[write](allowed({ ...fixed, ...fields }), scrub(what, known));
      };
    return {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      with: (more) => withFields({ ...fixed, ...more }),
    };
  };
  return withFields({});
};
