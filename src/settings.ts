/** The environment → typed settings. A mistake is told by the variable's name, with what was expected. */
import { z } from 'zod';

const token = (prefix: string, where: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}[A-Za-z0-9-]{6,}$`), `expected a token that begins with ${prefix} (${where})`)
    .optional();
const port = z.coerce
  .number({ error: 'expected a port number' })
  .int('expected a port number')
  .min(0, 'expected a port from 0 to 65535')
  .max(65_535, 'expected a port from 0 to 65535');
const flag = z.enum(['0', '1'], { error: 'expected 0 or 1' }).transform((value) => value === '1');
const url = z.url({ protocol: /^https?$/, error: 'expected a URL, e.g. https://slack.com/api/' });

const schema = z.object({
  SLACK_BOT_TOKEN: token('xoxb-', 'OAuth & Permissions, Bot User OAuth Token'),
  SLACK_APP_TOKEN: token('xapp-', 'Basic Information, App-Level Tokens, scope connections:write'),
  SLACK_SIGNING_SECRET: z
    .string()
    .regex(/^[A-Za-z0-9]{16,}$/, 'expected the signing secret from Basic Information (letters and digits)')
    .optional(),
  PORT: port.optional(),
  SLACK_API_URL: url.transform((value) => (value.endsWith('/') ? value : `${value}/`)).optional(),
  TCPSTATES_INVENTORY: z.string().min(1).default('inventory.yml'),
  TCPSTATES_POLICY: z.string().min(1).optional(),
  TCPSTATES_ONCALL: z.string().min(1).optional(),
  TCPSTATES_SWEEPS: z.string().min(1).default('sweeps.yml'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'expected a URL that begins with postgres://')
    .optional(),
  TCPSTATES_VERIFY_SECONDS: z
    .string()
    .regex(/^\d{1,4}(?:,\d{1,4}){0,9}$/, 'expected rising seconds after a change, e.g. 30,120,300')
    .transform((text) => text.split(',').map(Number))
    .refine((all) => all.every((seconds, index) => seconds > (all[index - 1] ?? 0)), {
      error: 'expected rising seconds after a change, e.g. 30,120,300',
    })
    .default([30, 120, 300]),
  TCPSTATES_AUDIT_CHANNEL: z
    .string()
    .regex(/^[CG][A-Z0-9]{2,20}$/, 'expected the id of a channel, e.g. C0123456')
    .optional(),
  TCPSTATES_STATE_DIR: z.string().min(1).default('var'),
  TCPSTATES_WORKSPACE_PORT: port.default(3100),
  TCPSTATES_SHARED_CHANNELS: flag.default(false),
  TCPSTATES_GUESTS: flag.default(false),
  TCPSTATES_GRACE_MS: z.coerce.number().int().min(0).max(120_000, 'expected 0 to 120000 ms').default(10_000),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'expected debug, info, warn, error or silent' })
    .default('info'),
});

export type Way =
  | { mode: 'local'; port: number }
  | { mode: 'socket'; botToken: string; appToken: string }
  | { mode: 'http'; botToken: string; signingSecret: string; port: number };

export interface Settings {
  way: Way;
  slackApiUrl?: string;
  inventoryPath: string;
  policyPath: string;
  /** no file, no sweeps */
  /** a file of shifts, or a program that prints who is on call */
  onCallPath?: string;
  sweepsPath: string;
  /** named explicitly: then it must be there */
  policyNamed: boolean;
  /** PostgreSQL; without it SQLite in the folder of the state */
  databaseUrl?: string;
  /** when a change is measured after it came into force */
  verifyAfterSeconds: readonly number[];
  stateDir: string;
  /** the channel that is told the head of the audit log */
  auditChannel?: string;
  /** answer in channels that are shared with other organisations, and to guests */
  allow: { sharedChannels: boolean; guests: boolean };
  graceMs: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** what must never be logged */
  secrets: readonly string[];
}

export type SettingsResult = { ok: true; settings: Settings } | { ok: false; problems: readonly string[] };

const wayOf = (env: z.infer<typeof schema>): Way | string => {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = env;
  if (botToken === undefined) {
    if (appToken !== undefined) return 'SLACK_BOT_TOKEN: missing beside SLACK_APP_TOKEN; expected the token xoxb-…';
    if (signingSecret !== undefined)
      return 'SLACK_BOT_TOKEN: missing beside SLACK_SIGNING_SECRET; expected the token xoxb-…';
    return { mode: 'local', port: env.TCPSTATES_WORKSPACE_PORT };
  }
  if (appToken !== undefined) return { mode: 'socket', botToken, appToken };
  if (signingSecret === undefined)
    return 'SLACK_APP_TOKEN: missing beside SLACK_BOT_TOKEN; expected the token xapp-… for Socket Mode, or SLACK_SIGNING_SECRET and PORT for HTTP';
  if (env.PORT === undefined) return 'PORT: missing beside SLACK_SIGNING_SECRET; expected the port to listen on';
  return { mode: 'http', botToken, signingSecret, port: env.PORT };
};

const passwordOf = (databaseUrl: string | undefined): string | undefined => {
  if (databaseUrl === undefined) return undefined;
  try {
    return decodeURIComponent(new URL(databaseUrl).password);
  } catch {
    return undefined;
  }
};

/** @param environment `process.env`; empty variables count as not set */
export const readSettings = (environment: Readonly<Record<string, string | undefined>>): SettingsResult => {
  const known = Object.keys(schema.shape);
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => known.includes(name) && value !== undefined && value !== ''),
  );
  const read = schema.safeParse(given);
  if (!read.success)
    // The value itself is not repeated: it may be a secret in the wrong place.
    return { ok: false, problems: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  const way = wayOf(read.data);
  if (typeof way === 'string') return { ok: false, problems: [way] };
  const env = read.data;
  return {
    ok: true,
    settings: {
      way,
      ...(env.SLACK_API_URL === undefined ? {} : { slackApiUrl: env.SLACK_API_URL }),
      inventoryPath: env.TCPSTATES_INVENTORY,
      ...(env.TCPSTATES_ONCALL === undefined ? {} : { onCallPath: env.TCPSTATES_ONCALL }),
      sweepsPath: env.TCPSTATES_SWEEPS,
      policyPath: env.TCPSTATES_POLICY ?? 'policy.yml',
      policyNamed: env.TCPSTATES_POLICY !== undefined,
      ...(env.DATABASE_URL === undefined ? {} : { databaseUrl: env.DATABASE_URL }),
      verifyAfterSeconds: env.TCPSTATES_VERIFY_SECONDS,
      stateDir: env.TCPSTATES_STATE_DIR,
      ...(env.TCPSTATES_AUDIT_CHANNEL === undefined ? {} : { auditChannel: env.TCPSTATES_AUDIT_CHANNEL }),
      allow: { sharedChannels: env.TCPSTATES_SHARED_CHANNELS, guests: env.TCPSTATES_GUESTS },
      graceMs: env.TCPSTATES_GRACE_MS,
      logLevel: env.LOG_LEVEL,
      secrets: [
        env.SLACK_BOT_TOKEN,
        env.SLACK_APP_TOKEN,
        env.SLACK_SIGNING_SECRET,
        passwordOf(env.DATABASE_URL),
      ].filter((it) => it !== undefined && it !== '') as string[],
    },
  };
};
