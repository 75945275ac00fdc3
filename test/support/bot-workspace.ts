/** The bot against the local workspace, with hosts that answer recorded transcripts. Stopped after each test. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach } from '@jest/globals';
import { type Bot, type BotParts, startBot } from '../../src/bot.js';
import { loadCommands } from '../../src/commands.js';
import type { Host } from '../../src/core/inventory.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { makeLog } from '../../src/log.js';
import { manifestOf } from '../../src/manifest.js';
import { loadRules } from '../../src/rules.js';
import { loadSysctls } from '../../src/sysctls.js';
import { startWorkspace, type Workspace, type WorkspaceOptions } from '../../src/workspace/workspace.js';
import { aHost, anInventory, FakeTransport, said } from './bot-fakes.js';

const open: (() => Promise<unknown>)[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const room = '#incident-7';

export const recorded = (name: string): string =>
  readFileSync(new URL(`../transcripts/${name}.txt`, import.meta.url), 'utf8');

/** A port refused sysctls; a recorded one answered the state. */
export const replaying =
  (name = 'c01') =>
  async (_host: Host, { id }: { id: string }) =>
    id === 'state' ? said(recorded(name)) : said('net.ipv4.tcp_fin_timeout=60\nnet.ipv4.tcp_keepalive_time=7200');

export const startLocalWorkspace = async (options: Partial<WorkspaceOptions> = {}): Promise<Workspace> => {
  const shown = manifestOf(await loadCommands()).features['slash_commands'] as { command: string }[];
  const workspace = await startWorkspace({
    commands: shown.map(({ command }) => ({ name: command, description: '', usageHint: '' })),
    ...options,
  });
  open.push(() => workspace.close());
  return workspace;
};

export interface Running {
  bot: Bot;
  transport: FakeTransport;
  stateDir: string;
  /** everything that was logged, as written */
  logged: () => string;
}

export const startTestBot = async (workspace: Workspace, more: Partial<BotParts> = {}): Promise<Running> => {
  const stateDir = more.stateDir ?? mkdtempSync(join(tmpdir(), 'tcpstates-test-'));
  folders.push(stateDir);
  const transport = (more.transport as FakeTransport | undefined) ?? new FakeTransport();
  if (more.transport === undefined) transport.answer = replaying();
  const chunks: string[] = [];
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const inventory = anInventory(aHost('web-1'), aHost('web-2'), aHost('db-1'));
  const bot = await startBot({
    slack: {
      botToken: workspace.botToken,
      slackApiUrl: workspace.apiUrl,
      way: { mode: 'socket', appToken: workspace.appToken },
    },
    stateDir,
    allow: { sharedChannels: false, guests: false },
    // No secrets are named: the patterns alone must keep them out.
    log: makeLog({ level: 'debug', destination }),
    transport,
    inventory: { current: () => inventory, problem: () => undefined },
    commands: await loadCommands(),
    rules: await loadRules(),
    sysctlCatalogue: await loadSysctls(),
    scripts: {
      state: () => ({ id: 'state', text: '', closingLine: '@@end', expectedMs: 10 }),
      sysctl: () => ({ id: 'sysctl', text: '', closingLine: '@@end', expectedMs: 10 }),
    },
    parse: {
      state: parseTranscript,
      sysctl: (text) => ({
        values: Object.fromEntries(text.split('\n').map((line) => line.split('=') as [string, string])),
      }),
    },
    updateEveryMs: 20,
    ...more,
  });
  open.push(() => bot.stop(0));
  return { bot, transport, stateDir, logged: () => chunks.join('') };
};
