/** policy.yml → what may be set and by whom. Strict: a field or a name that isn't known is an error, and empty means denied. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  ACTIONS,
  type Action,
  EVERYONE,
  type Freeze,
  type Grant,
  type KeyRule,
  mustSelect,
  type Policy,
} from '../core/policy.js';
import { ConfigProblem } from './problem.js';
import { selector } from './selector-field.js';
import { parseYaml, problemsAt } from './yaml.js';

const word = (expected: string) =>
  z.string({ error: `expected ${expected}` }).regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, `expected ${expected}`);
const account = z
  .string({ error: 'expected a Slack id as in T0123456:U0123456' })
  .regex(/^[TE][A-Z0-9]{2,20}:[UW][A-Z0-9]{2,20}$/, 'expected a Slack id with its workspace, as in T0123456:U0123456');
const userGroup = z
  .string({ error: 'expected a user group as in T0123456:S0123456' })
  .regex(/^[TE][A-Z0-9]{2,20}:S[A-Z0-9]{2,20}$/, 'expected a user group with its workspace, as in T0123456:S0123456');
const channel = z
  .string({ error: 'expected a channel id as in C0123456' })
  .regex(/^[CGD][A-Z0-9]{2,20}$/, 'expected a channel id as in C0123456');
const roleNames = z.array(word('a role name'), { error: 'expected a list of role names' });
const duration = z
  .string({ error: 'expected a time as in 90s, 10m or 4h' })
  .regex(/^\d{1,5}[smhd]$/, 'expected a time as in 90s, 10m or 4h')
  .transform((text) => Number(text.slice(0, -1)) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[text.slice(-1)] ?? 1));
const instant = z
  .string({ error: 'expected a time with its zone, as in 2026-11-27T00:00:00Z' })
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/,
    'expected a time with its zone, as in 2026-11-27T00:00:00Z',
  )
  .transform((text) => Date.parse(text));
const unknownField = (known: string) => (issue: { code?: string | undefined }) =>
  issue.code === 'unrecognized_keys' ? `unknown field; expected ${known}` : `expected ${known}`;

const grantSchema = z.strictObject(
  {
    hosts: selector,
    channels: z.array(channel, { error: 'expected a list of channel ids' }).default([]),
    ...Object.fromEntries(ACTIONS.map((action) => [action, roleNames.optional()])),
  } as { hosts: typeof selector; channels: z.ZodDefault<z.ZodArray<typeof channel>> } & Record<
    Action,
    z.ZodOptional<typeof roleNames>
  >,
  { error: unknownField(`hosts, channels and ${ACTIONS.join(', ')}`) },
);

const keySchema = z.strictObject(
  {
    min: z.number('expected a number').optional(),
    max: z.number('expected a number').optional(),
    approvals: z
      .int('expected how many people must approve, 1 to 5')
      .min(1, 'expected 1 to 5: nobody approves their own request')
      .max(5)
      .default(1),
    stepUp: z.boolean('expected true or false').default(false),
    persist: z.boolean('expected true or false').default(true),
  },
  { error: unknownField('min, max, approvals, stepUp and persist') },
);

const schema = z.strictObject(
  {
    people: z
      .record(
        word('a name'),
        z.strictObject(
          {
            slack: z
              .array(account, { error: 'expected a list of Slack ids as in T0123456:U0123456' })
              .min(1, 'expected at least one Slack id'),
            totpEnv: z
              .string()
              .regex(/^[A-Z_][A-Z0-9_]*$/, 'expected the name of an environment variable')
              .optional(),
          },
          { error: unknownField('slack and totpEnv') },
        ),
        { error: 'expected people by name, e.g. "ada: {slack: [T0123456:U0123456]}"' },
      )
      .default({}),
    roles: z
      .record(
        word('a role name'),
        z.strictObject(
          { people: z.array(word('a name')).default([]), userGroups: z.array(userGroup).default([]) },
          { error: unknownField('people and userGroups') },
        ),
        { error: 'expected roles by name, e.g. "leads: {people: [ada]}"' },
      )
      .default({}),
    grants: z.array(grantSchema, { error: 'expected a list of grants' }).default([]),
    keys: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_.*-]+$/i, 'expected a sysctl key or a pattern as in net.ipv4.tcp_*'),
        keySchema.nullable(),
        { error: 'expected sysctl keys' },
      )
      .default({}),
    freezes: z
      .array(
        z.strictObject(
          { name: word('a name'), from: instant, to: instant, hosts: selector },
          { error: unknownField('name, from, to and hosts') },
        ),
      )
      .default([]),
    breakGlass: z
      .strictObject(
        { roles: roleNames, hosts: selector, confirmWindow: duration },
        { error: unknownField('roles, hosts and confirmWindow') },
      )
      .optional(),
    escalation: roleNames.default([]),
    expiresAfter: duration.default(3_600),
    confirmWindow: z
      .strictObject(
        { default: duration.default(600), max: duration.default(900) },
        { error: unknownField('default and max') },
      )
      .default({ default: 600, max: 900 }),
  },
  {
    error: unknownField('people, roles, grants, keys, freezes, breakGlass, escalation, expiresAfter and confirmWindow'),
  },
);
export type PolicyFile = z.input<typeof schema>;

/** What the gate on a host accepts as a confirm window, in seconds. */
const WINDOW_SECONDS = { min: 30, max: 900 };

const crossProblems = (data: z.output<typeof schema>): { path: (string | number)[]; expected: string }[] => {
  const problems: { path: (string | number)[]; expected: string }[] = [];
  const owner = new Map<string, string>();
  for (const [name, { slack }] of Object.entries(data.people))
    for (const id of slack) {
      const other = owner.get(id);
      if (other !== undefined)
        problems.push({
          path: ['people', name, 'slack'],
          expected: `expected an id of one person, but ${id} is ${other}'s already`,
        });
      owner.set(id, name);
    }
  for (const [name, { people }] of Object.entries(data.roles)) {
    if (name === EVERYONE)
      problems.push({ path: ['roles', name], expected: `expected another name: “${EVERYONE}” means every member` });
    for (const person of people)
      if (!Object.hasOwn(data.people, person))
        problems.push({ path: ['roles', name, 'people'], expected: `expected people, but there is no “${person}”` });
  }
  const roleProblem = (path: (string | number)[], names: readonly string[], everyone: boolean): void => {
    for (const role of names) {
      if (role === EVERYONE && !everyone)
        problems.push({ path, expected: `expected named roles: “${EVERYONE}” may see, nothing else` });
      else if (role !== EVERYONE && !Object.hasOwn(data.roles, role))
        problems.push({ path, expected: `expected roles, but there is no “${role}”` });
    }
  };
  for (const [index, grant] of data.grants.entries())
    for (const action of ACTIONS) roleProblem(['grants', index, action], grant[action] ?? [], action === 'see');
  roleProblem(['breakGlass', 'roles'], data.breakGlass?.roles ?? [], false);
  roleProblem(['escalation'], data.escalation, false);
  for (const [index, { from, to }] of data.freezes.entries())
    if (to <= from) problems.push({ path: ['freezes', index, 'to'], expected: 'expected a time after “from”' });
  for (const [key, rule] of Object.entries(data.keys))
    if (rule?.min !== undefined && rule.max !== undefined && rule.max < rule.min)
      problems.push({ path: ['keys', key, 'max'], expected: 'expected a max of at least min' });
  const windows = {
    'confirmWindow.default': data.confirmWindow.default,
    'confirmWindow.max': data.confirmWindow.max,
    'breakGlass.confirmWindow': data.breakGlass?.confirmWindow,
  };
  for (const [field, seconds] of Object.entries(windows))
    if (seconds !== undefined && (seconds < WINDOW_SECONDS.min || seconds > WINDOW_SECONDS.max))
      problems.push({
        path: field.split('.'),
        expected: `expected ${WINDOW_SECONDS.min}s to ${WINDOW_SECONDS.max / 60}m`,
      });
  return problems;
};

/**
 * Builds the policy from a file's text.
 * @throws ConfigProblem naming file, line, field and what was expected
 */
export const readPolicy = (source: string, file: string): Policy => {
  const data = parseYaml(source, file, schema);
  const problems = crossProblems(data);
  if (problems.length > 0) throw problemsAt(source, file, problems);
  return {
    people: new Map(
      Object.entries(data.people).map(([name, { slack, totpEnv }]) => [
        name,
        { name, accounts: slack, ...(totpEnv === undefined ? {} : { totpEnv }) },
      ]),
    ),
    roles: new Map(
      Object.entries(data.roles).map(([name, { people, userGroups }]) => [name, { name, people, userGroups }]),
    ),
    grants: data.grants.map(({ hosts, channels, ...roles }): Grant => ({ hosts, channels, roles })),
    keys: Object.entries(data.keys).map(([pattern, rule]): KeyRule => {
      const { min, max, approvals = 1, stepUp = false, persist = true } = rule ?? {};
      return {
        pattern,
        bounds: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
        approvals,
        stepUp,
        mayPersist: persist,
      };
    }),
    freezes: data.freezes.map(({ name, from, to, hosts }): Freeze => ({ name, fromMs: from, toMs: to, hosts })),
    ...(data.breakGlass === undefined
      ? {}
      : {
          breakGlass: {
            roles: data.breakGlass.roles,
            hosts: data.breakGlass.hosts,
            confirmWindowSeconds: data.breakGlass.confirmWindow,
          },
        }),
    escalation: data.escalation,
    expiresAfterSeconds: data.expiresAfter,
    confirmWindowSeconds: data.confirmWindow,
    revision: createHash('sha256').update(source).digest('hex').slice(0, 12),
  };
};

/** Without a policy file every member may look, and nobody may change anything. */
export const LOOK_ONLY: Policy = {
  people: new Map(),
  roles: new Map(),
  grants: [{ hosts: mustSelect('*'), channels: [], roles: { see: [EVERYONE] } }],
  keys: [],
  freezes: [],
  escalation: [],
  expiresAfterSeconds: 3_600,
  confirmWindowSeconds: { default: 600, max: 900 },
  revision: 'none',
};

/** @throws ConfigProblem also where the file can't be read; a missing one is the caller's to allow */
export const loadPolicy = (file: string): Policy => {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigProblem(file, [{ field: '', expected: `can't be read: ${(error as Error).message}` }]);
  }
  return readPolicy(source, file);
};
