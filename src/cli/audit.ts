/** `audit verify` checks the log's chain against its anchors, `audit export` prints it, `backup` copies the database. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { readAnchors } from '../app/audit-anchor.js';
import { reconcileHost } from '../app/audit-reconcile.js';
import { loadInventory } from '../config/inventory.js';
import { type AuditEntry, type ChainProblem, canonicalJson, verifyChain } from '../core/audit.js';
import { timelineMarkdown } from '../core/timeline.js';
import type { Store } from '../ports/store.js';
import { createTransport } from '../ssh/transport.js';
import { sha256 } from '../store/audit.js';
import { openStore } from '../store/open.js';

const CLOSE_GRACE_MS = 500;

const WORDS: Readonly<Record<ChainProblem['kind'], (problem: ChainProblem) => string>> = {
  gap: (problem) =>
    `entry ${problem.seq} follows where ${'expected' in problem ? problem.expected : '?'} should: entries are missing`,
  altered: ({ seq }) => `entry ${seq} is not what was written`,
  unlinked: ({ seq }) => `entry ${seq} does not follow the one before it`,
  'cut-off': (problem) =>
    `the log ends at ${problem.seq}, but was anchored at ${'anchored' in problem ? problem.anchored : '?'}: its end was cut off`,
  rewritten: ({ seq }) => `entry ${seq} was anchored with another hash: the log was rewritten`,
};

const databaseOption = (): Option =>
  new Option('--database <where>', 'file of the SQLite database, or a postgres:// URL')
    .env('DATABASE_URL')
    .default(`${process.env['TCPSTATES_STATE_DIR'] ?? 'var'}/tcpstates.db`);

const withStore = async (where: string, program: Command, act: (store: Store) => Promise<void>): Promise<void> => {
  let store: Store;
  try {
    store = await openStore(where);
  } catch (error) {
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    await act(store);
  } finally {
    await store.close();
  }
};

const gather = async (entries: AsyncIterable<AuditEntry>): Promise<AuditEntry[]> => {
  const all: AuditEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
};

const verify = (options: { database: string; anchors?: string }, program: Command): Promise<void> =>
  withStore(options.database, program, async (store) => {
    // Those in the database could be rewritten with it; those in a channel's export or a syslog file could not.
    const outside = options.anchors === undefined ? [] : readAnchors(readFileSync(options.anchors, 'utf8'));
    const inside = await store.audit.anchors();
    const { count, head, problems } = verifyChain(await gather(store.audit.read({})), [...inside, ...outside], sha256);
    for (const problem of problems.slice(0, 50)) process.stdout.write(`BROKEN  ${WORDS[problem.kind](problem)}\n`);
    const against = `${inside.length} anchors in the database and ${outside.length} from outside`;
    process.stdout.write(
      problems.length === 0
        ? `intact: ${count} entries, head ${head}, checked against ${against}\n`
        : `${problems.length} problem(s) in ${count} entries, checked against ${against}\n`,
    );
    if (outside.length === 0 && count > 0)
      process.stdout.write(
        'Without anchors from outside a log that was rewritten as a whole looks intact: name a file that holds them with --anchors.\n',
      );
    process.exitCode = problems.length === 0 ? 0 : 1;
  });

/** RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
const csvCell = (value: unknown): string => {
  const text =
    typeof value === 'string'
      ? value
      : value === undefined
        ? ''
        : typeof value === 'number'
          ? String(value)
          : canonicalJson(value);
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const iso = (atMs: number): string => new Date(atMs).toISOString();

interface ExportOptions {
  database: string;
  format: 'jsonl' | 'csv' | 'markdown';
  since?: number;
  until?: number;
  host?: string;
  change?: string;
  channel?: string;
}

const exportLog = (options: ExportOptions, program: Command): Promise<void> =>
  withStore(options.database, program, async (store) => {
    const { since: sinceMs, until: untilMs, host, change, channel } = options;
    const filter = {
      ...(sinceMs === undefined ? {} : { sinceMs }),
      ...(untilMs === undefined ? {} : { untilMs }),
      ...(host === undefined ? {} : { host }),
      ...(change === undefined ? {} : { change }),
      ...(channel === undefined ? {} : { channel }),
    };
    if (options.format === 'markdown') {
      process.stdout.write(timelineMarkdown(await gather(store.audit.read(filter)), {}));
      return;
    }
    if (options.format === 'csv') process.stdout.write('seq,at,actor,kind,host,change,channel,data,hash\r\n');
    for await (const entry of store.audit.read(filter))
      process.stdout.write(
        options.format === 'csv'
          ? `${[entry.seq, iso(entry.atMs), entry.actor, entry.kind, entry.host, entry.change, entry.channel, entry.data, entry.hash].map(csvCell).join(',')}\r\n`
          : `${JSON.stringify({ ...entry, at: iso(entry.atMs) })}\n`,
      );
  });

const timeFrom = (text: string): number => {
  const ago = /^(\d{1,5})([mhd])$/.exec(text);
  if (ago?.[1] !== undefined)
    return Date.now() - Number(ago[1]) * ({ m: 60, h: 3_600, d: 86_400 }[ago[2] ?? 'm'] ?? 60) * 1_000;
  return Date.parse(text);
};

const timeOption = (flags: string, what: string): Option =>
  new Option(flags, what).argParser((text: string) => {
    const atMs = timeFrom(text);
    if (Number.isNaN(atMs)) throw new Error('expected a time such as 2026-11-22T12:00:00Z, or 90m, 3h, 7d ago');
    return atMs;
  });

const reconcileWith = async (
  name: string,
  options: { database: string; inventory: string },
  program: Command,
): Promise<void> => {
  let inventory: ReturnType<typeof loadInventory>;
  try {
    inventory = loadInventory(options.inventory);
  } catch (error) {
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  const host = inventory.hosts.get(name);
  if (host === undefined) return program.error(`error: no host “${name}” in ${options.inventory}`);
  const transport = createTransport({ hosts: [...inventory.hosts.values()] });
  try {
    await withStore(options.database, program, async (store) => {
      const result = await reconcileHost(host, transport, store);
      if (result.status === 'failed') return program.error(`error: ${result.why}`);
      for (const { change, kind, detail } of result.discrepancies)
        process.stdout.write(`${kind}  ${change}: ${detail}\n`);
      process.stdout.write(
        result.discrepancies.length === 0
          ? `${name}: both logs agree (${result.lines} lines of the host)\n`
          : `${name}: ${result.discrepancies.length} do not agree\n`,
      );
      process.exitCode = result.discrepancies.length === 0 ? 0 : 1;
    });
  } finally {
    await transport.close(CLOSE_GRACE_MS);
  }
};

export const register = (program: Command): void => {
  const audit = program.command('audit').description('the audit log: verify, export');
  audit
    .command('verify')
    .description('check that the log is what was written; exit status 1 where it is not')
    .addOption(databaseOption())
    .option('--anchors <file>', 'a file with anchors from outside: an export of the channel, a syslog file')
    .action((options: { database: string; anchors?: string }) => verify(options, program));
  audit
    .command('export')
    .description('print the log')
    .addOption(databaseOption())
    .addOption(
      new Option('--format <format>', 'one object a line, a table, or a timeline for a review')
        .choices(['jsonl', 'csv', 'markdown'])
        .default('jsonl'),
    )
    .option('--markdown', 'the same as --format markdown')
    .addOption(timeOption('--since <time>', 'e.g. 3h, or 2026-11-22T12:00:00Z'))
    .addOption(timeOption('--until <time>', 'likewise'))
    .option('--host <host>')
    .option('--change <id>')
    .option('--channel <id>')
    .action((options: ExportOptions & { markdown?: true }) =>
      exportLog(options.markdown ? { ...options, format: 'markdown' } : options, program),
    );
  audit
    .command('reconcile')
    .argument('<host>', 'an enrolled host of the inventory')
    .description('hold the host’s own log against this one; exit status 1 where they do not agree')
    .addOption(databaseOption())
    .option('--inventory <file>', 'the inventory', process.env['TCPSTATES_INVENTORY'] ?? 'inventory.yml')
    .action((host: string, options: { database: string; inventory: string }) => reconcileWith(host, options, program));
  program
    .command('backup')
    .argument('<file>', 'a new file')
    .description('copy the SQLite database, whole, while the bot goes on')
    .addOption(databaseOption())
    .action((file: string, options: { database: string }) =>
      withStore(options.database, program, async (store) => {
        try {
          await store.backup(file);
          process.stdout.write(`${store.describe()} copied to ${file}\n`);
        } catch (error) {
          program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
};
