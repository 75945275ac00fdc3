/** What a new entry looks like before somebody fills it in: it compiles, and its cases pass. */
export type Files = readonly { path: string; text: string }[];
export type Kind = 'rule' | 'command' | 'sysctl';

export const ID: Readonly<Record<Kind, { form: RegExp; example: string }>> = {
  rule: { form: /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, example: 'accept-queue-overflow' },
  command: { form: /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, example: 'audit' },
  sysctl: { form: /^[a-z]+(\.[a-z0-9_]+)+$/, example: 'net.ipv4.tcp_tw_reuse' },
};

const rule = (id: string): Files => [
  {
    path: `src/core/rules/${id}.ts`,
    text: `import { Inquiry } from '../inquiry.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: '${id}',
  title: 'Names the failing state, in a clause',
  why: 'Why it matters.',
  symptoms: 'What people see.',
  needs: ['sockets'],
  rank: 100,
  severity: 'warn',
  thresholds: {
    EXAMPLE_MIN: { value: 100, unit: 'sockets', source: 'where the number comes from' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const count = q.reading('sockets')?.counts.CLOSING.total;
    if (count !== undefined) q.show({ name: 'CLOSING', value: count, unit: 'sockets', source: 'ss' });
    const many = q.askReaches('the number of CLOSING sockets', count, q.threshold('EXAMPLE_MIN'));
    return q.conclude(many, { advice: [{ what: 'what to do where no setting helps' }] });
  },
  avoid: [{ what: 'what people try', why: 'and why it does nothing or harm' }],
  exceptions: ['When it looks like this and is not.'],
  kernels: 'All.',
  sources: ['kernel documentation, man page, measurement'],
};
`,
  },
  {
    path: `test/core/rules/${id}.cases.ts`,
    text: `import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

export const cases: readonly Case[] = [
  { name: 'just below the threshold', given: snapshot().with({ counts: { CLOSING: 99 } }), expect: { status: 'absent' } },
  { name: 'at the threshold', given: snapshot().with({ counts: { CLOSING: 100 } }), expect: { status: 'present', severity: 'warn' } },
  { name: 'not read', given: snapshot().failed('sockets'), expect: { status: 'inconclusive', gap: true } },
];
`,
  },
];

const sysctl = (key: string): Files => [
  {
    path: `src/core/sysctls/${key}.ts`,
    text: `import type { SysctlEntry } from '../sysctl.js';

export const entry: SysctlEntry = {
  key: '${key}',
  formerly: [],
  group: 'other',
  health: false,
  unit: '',
  meaning: 'What it does.',
  kernelDefault: { depends: 'on what' },
  scope: 'ns',
  reaches: 'next connection',
  risk: 'medium',
  sources: ['kernel Documentation/networking/ip-sysctl.rst'],
};
`,
  },
];

const command = (id: string): Files => [
  {
    path: `commands/${id}.ts`,
    text: `/** \`/${id}\`: one sentence on what it answers. */
import { type Usage, usageMessage } from '../src/blocks/notices.js';
import type { Command, Desk, Parsed } from '../src/command.js';
import { readCommandLine } from '../src/core/command-line.js';

export interface Args {
  selector: string;
}

const usage: Usage = {
  command: '/${id}',
  forms: [{ form: '<host>', does: 'what it does' }],
  examples: ['/${id} web-1'],
};

const parse = (text: string): Parsed<Args> => {
  const line = readCommandLine(text, { flags: [] });
  if (!line.ok) return line;
  if (line.help) return { ok: false };
  return { ok: true, args: { selector: line.words.join(' ') } };
};

const run = async (desk: Desk, args: Args): Promise<void> =>
  desk.whisper(usageMessage(usage, \`/${id} does nothing with \${args.selector} yet.\`));

export const command: Command<Args> = {
  name: '${id}',
  summary: 'One line, for the list of commands',
  hint: '<host>',
  usage,
  parse,
  run,
};
`,
  },
];

export const MAKE: Readonly<Record<Kind, (id: string) => Files>> = { rule, sysctl, command };

export const NEXT: Readonly<Record<Kind, (id: string) => string>> = {
  rule: (id) =>
    `Fill them in, then: npm run test:only -- test/core/rules, and node scripts/rule-table.mjs for the README. Try it: npx tcpstates diagnose --why ${id} FILE`,
  sysctl: () => 'Fill it in, then: npm run test:only -- test/core/sysctls',
  command: () => 'Fill it in, add its test in test/commands, then write the manifest anew',
};
