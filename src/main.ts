/** Starts the bot: reads settings and inventory, connects to Slack or to the local workspace, and stops cleanly. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bot, type BotParts, startBot } from './bot.js';
import type { Command } from './command.js';
import { loadCommands } from './commands.js';
import { isDynamic, watchDynamic } from './config/dynamic.js';
import { loadInventory } from './config/inventory.js';
import { watchOnCall } from './config/oncall.js';
import { LOOK_ONLY, loadPolicy, readPolicy } from './config/policy.js';
import { ConfigProblem } from './config/problem.js';
import { loadSweeps } from './config/sweeps.js';
import { type Watched, watchConfig } from './config/watch.js';
import type { Inventory } from './core/inventory.js';
import type { Policy } from './core/policy.js';
import { stateScript } from './core/probe-script.js';
import type { Sweep } from './core/sweep.js';
import { sysctlScript } from './core/sysctl-script.js';
import { parseSysctls } from './core/sysctl-transcript.js';
import { thresholdsFor } from './core/thresholds.js';
import { parseTranscript } from './core/transcript.js';
import { type Lab, startLab } from './lab/lab.js';
import { LAB_POLICY } from './lab/policy.js';
import { makeLog } from './log.js';
import { manifestOf } from './manifest.js';
import type { Log } from './ports/log.js';
import { loadRules, thresholdsOf } from './rules.js';
import { readSettings, type Settings } from './settings.js';
import type { SlackSettings } from './slack/connect.js';
import { createTransport } from './ssh/transport.js';
import { loadSysctls } from './sysctls.js';
import { syslogPlace } from './syslog.js';
import { startWorkspace, type Workspace } from './workspace/workspace.js';

const say = (...lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);

const fail = (...lines: readonly string[]): never => {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(2);
};

const watchInventory = async (
  settings: Settings,
  lab: Lab | undefined,
  known: ReadonlySet<string>,
  log: Log,
  onChange: (inventory: Inventory) => void,
): Promise<Watched<Inventory>> => {
  const { inventoryPath: file } = settings;
  if (lab !== undefined)
    return { current: () => lab.inventory, problem: () => undefined, reload: () => undefined, close: () => undefined };
  const told = {
    file,
    onChange: (inventory: Inventory) => {
      log.info(
        { path: file, count: inventory.hosts.size, revision: inventory.revision },
        'the inventory was read again',
      );
      onChange(inventory);
    },
    onProblem: (problem: ConfigProblem) =>
      log.error({ path: file, detail: problem.message }, 'the inventory is broken; the last good one stays in use'),
  };
  const onNotes = (notes: readonly string[]): void =>
    log.warn({ path: file, count: notes.length, detail: notes.join(' ') }, 'not all of the inventory was taken over');
  if (isDynamic(file)) return watchDynamic({ ...told, onNotes, inventory: { thresholds: known } });
  return watchConfig({ ...told, load: (path) => loadInventory(path, { thresholds: known }) });
};

const fixed = <T>(value: T): Watched<T> => ({
  current: () => value,
  problem: () => undefined,
  reload: () => undefined,
  close: () => undefined,
});

/** Whatever the environment holds under a name as policies give them: never logged. */
const oneTimeSecrets = (): string[] =>
  Object.entries(process.env).flatMap(([name, value]) => (/TOTP/.test(name) && value !== undefined ? [value] : []));

/** Without a file: in the local workspace one to try it with, elsewhere everybody may look and nobody may change anything. */
const watchPolicy = (settings: Settings, log: Log): Watched<Policy> => {
  const { policyPath: file } = settings;
  if (!settings.policyNamed && !existsSync(file))
    return fixed(settings.way.mode === 'local' ? readPolicy(LAB_POLICY, 'the policy of the lab') : LOOK_ONLY);
  return watchConfig({
    file,
    load: loadPolicy,
    onChange: ({ revision }) => log.info({ path: file, revision }, 'the policy was read again'),
    onProblem: (problem) =>
      log.error({ path: file, detail: problem.message }, 'the policy is broken; the last good one stays in use'),
  });
};

/** Without a file nothing is measured on a schedule. */
const watchSweeps = (
  { sweepsPath: file }: Settings,
  rules: BotParts['rules'],
  log: Log,
  onChange: () => void,
): Watched<readonly Sweep[]> => {
  const names = new Set([...rules.values()].flatMap(({ thresholds }) => Object.keys(thresholds)));
  return watchConfig({
    file,
    load: (path) => loadSweeps(path, names),
    onChange: (sweeps) => {
      log.info({ path: file, count: sweeps.length }, 'the sweeps were read again');
      onChange();
    },
    onProblem: (problem) =>
      log.error({ path: file, detail: problem.message }, 'the sweeps are broken; the last good ones stay in use'),
  });
};

/** The page makes buttons of what stands in backticks. */
const TRY = 'Try `/tcpstates localhost`, `/tcpstates web-1`, `/sysctl localhost time wait` or `/hosts`.';

const openWorkspace = async (
  port: number,
  commands: ReadonlyMap<string, Command>,
  lab: Lab | undefined,
): Promise<Workspace> => {
  const manifest = manifestOf(commands);
  const shown = (manifest.features['slash_commands'] ?? []) as {
    command: string;
    description: string;
    usage_hint: string;
  }[];
  const shortcuts = [...commands.values()].flatMap((command) =>
    Object.entries(command.shortcuts ?? {}).map(([callbackId, { title, description, on }]) => ({
      callbackId,
      name: title,
      description,
      kind: on === 'message' ? ('message' as const) : ('global' as const),
    })),
  );
  return startWorkspace({
    commands: shown.map(({ command, description, usage_hint }) => ({
      name: command,
      description,
      usageHint: usage_hint,
    })),
    shortcuts,
    port,
    ...(lab === undefined ? {} : { banner: [...lab.notice, TRY] }),
  });
};

const slackOf = (settings: Settings, workspace: Workspace | undefined): SlackSettings => {
  const { way } = settings;
  const api = workspace?.apiUrl ?? settings.slackApiUrl;
  const at = api === undefined ? {} : { slackApiUrl: api };
  if (workspace !== undefined)
    return { botToken: workspace.botToken, way: { mode: 'socket', appToken: workspace.appToken }, ...at };
  if (way.mode === 'http')
    return { botToken: way.botToken, way: { mode: 'http', signingSecret: way.signingSecret, port: way.port }, ...at };
  if (way.mode === 'socket') return { botToken: way.botToken, way: { mode: 'socket', appToken: way.appToken }, ...at };
  throw new Error('the local workspace was not started');
};

const greet = (
  bot: Bot,
  settings: Settings,
  inventory: Inventory,
  workspace: Workspace | undefined,
  lab: Lab | undefined,
): void => {
  const hosts = [...inventory.hosts.keys()];
  const [host = '<host>'] = hosts;
  const connected =
    workspace !== undefined
      ? `the local workspace, at ${workspace.url}`
      : `Slack workspace ${bot.home.teamName} (${bot.home.teamId}), ${bot.port === undefined ? 'Socket Mode' : `HTTP on port ${bot.port}`}`;
  say(
    '',
    `tcpstates is connected to ${connected}`,
    ...(lab === undefined
      ? [
          `${hosts.length} host${hosts.length === 1 ? '' : 's'} registered in ${settings.inventoryPath}: ${hosts.slice(0, 8).join(', ')}${hosts.length > 8 ? ', …' : ''}`,
        ]
      : lab.notice),
    ...(workspace === undefined ? [] : [`Open ${workspace.url} in a browser.`]),
    'Try:',
    `  /tcpstates ${host}`,
    `  /sysctl ${host} time wait`,
    '  /hosts',
    '',
  );
};

const main = async (): Promise<void> => {
  const read = readSettings(process.env);
  if (!read.ok) return fail('tcpstates can’t start:', ...read.problems.map((problem) => `  ${problem}`));
  const { settings } = read;
  const { way } = settings;
  const local = way.mode === 'local';

  const [commands, rules, sysctlCatalogue] = await Promise.all([loadCommands(), loadRules(), loadSysctls()]);
  // Nothing registered yet: hosts to try it on, real and recorded.
  const lab = local && !existsSync(settings.inventoryPath) ? await startLab() : undefined;
  const workspace = local ? await openWorkspace(way.port, commands, lab) : undefined;
  const log = makeLog({
    level: settings.logLevel,
    secrets: [
      ...settings.secrets,
      ...oneTimeSecrets(),
      ...(workspace === undefined ? [] : [workspace.botToken, workspace.appToken, workspace.signingSecret]),
    ],
  });

  const inventory = await watchInventory(settings, lab, new Set(thresholdsOf(rules).keys()), log, ({ hosts }) =>
    transport.inventoryChanged([...hosts.values()]),
  );
  const policy = watchPolicy(settings, log);
  const transport = createTransport({
    hosts: [...inventory.current().hosts.values()],
    log: (level, message, fields) => log[level]({ detail: JSON.stringify(fields) }, message),
  });

  // What is promised in the local workspace goes with it: its messages do not outlive the program.
  const stateDir = local ? mkdtempSync(join(tmpdir(), 'tcpstates-')) : settings.stateDir;
  let bot: Bot | undefined;
  const sweeps = watchSweeps(settings, rules, log, () => void bot?.sweepsChanged());
  const onCall =
    settings.onCallPath === undefined
      ? undefined
      : await watchOnCall(settings.onCallPath, Date.now, (problem) =>
          log.error(
            { path: settings.onCallPath ?? '', detail: problem.message },
            'who is on call could not be found out',
          ),
        );
  const parts: BotParts = {
    ...(onCall === undefined ? {} : { onCall: onCall.current }),
    sweeps: () => sweeps.current(),
    slack: slackOf(settings, workspace),
    stateDir,
    allow: settings.allow,
    log,
    transport,
    inventory: { current: inventory.current, problem: () => inventory.problem()?.message },
    commands,
    rules,
    sysctlCatalogue,
    policy: policy.current,
    ...(settings.databaseUrl === undefined ? {} : { database: settings.databaseUrl }),
    verifyAfterSeconds: settings.verifyAfterSeconds,
    secret: (name) => process.env[name],
    // A trial leaves no trace in this machine's log.
    anchorPlaces: local ? [] : [syslogPlace],
    ...(settings.auditChannel === undefined ? {} : { auditChannel: settings.auditChannel }),
    thresholds: (host) => thresholdsFor(inventory.current(), host),
    scripts: { state: stateScript, sysctl: sysctlScript },
    parse: { state: parseTranscript, sysctl: parseSysctls },
  };
  bot = await startBot(parts);

  let stopping = false;
  const stop = async (code: number, signal: string): Promise<void> => {
    // A second signal is impatience: go at once.
    if (stopping) process.exit(code === 0 ? 130 : code);
    stopping = true;
    log.info({ signal }, 'stopping');
    await bot.stop(settings.graceMs);
    inventory.close();
    sweeps.close();
    onCall?.close();
    policy.close();
    await workspace?.close();
    await lab?.close();
    if (local) rmSync(stateDir, { recursive: true, force: true });
    log.info({ signal }, 'stopped');
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop(0, signal).catch(() => process.exit(1)));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      log.error(
        { err: error },
        'something failed that nobody looked after; the bot stops, so that it can be started anew',
      );
      void stop(1, event).catch(() => process.exit(1));
    });

  greet(bot, settings, inventory.current(), workspace, lab);
};

main().catch((error: unknown) => {
  if (error instanceof ConfigProblem) return fail('tcpstates can’t start:', error.message);
  return fail('tcpstates can’t start:', `  ${error instanceof Error ? error.message : String(error)}`);
});
