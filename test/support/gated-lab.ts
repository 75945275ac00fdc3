/** A case of the lab as a host with its real gate, and the bot that is pointed at it, as people meet it in the browser. */
import { afterEach, beforeEach } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import type { Host, Inventory } from '../../src/core/inventory.js';
import { stateScript } from '../../src/core/probe-script.js';
import type { SysctlFacts } from '../../src/core/sysctl-query.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
import { parseSysctls } from '../../src/core/sysctl-transcript.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { RunningCase } from '../../src/lab/case.js';
import { labCase } from '../../src/lab/cases.js';
import { enrollment } from '../../src/lab/files.js';
import { createTransport } from '../../src/ssh/transport.js';
import type { Workspace } from '../../src/workspace/workspace.js';
import { anInventory, type FakeTransport } from './bot-fakes.js';
import { type Running, startTestBot } from './bot-workspace.js';
import { launchBrowser, type WorkspacePage } from './browser.js';
import { labPolicy } from './changing-bot.js';

const workerUrl = new URL('../ssh/worker-from-source.mjs', import.meta.url);
/** A little less than a test has. */
const CASE_SECONDS = 290;
/** A change takes a person's time and the machine's: the newest message of it is waited for so long. */
const CARD_MS = 60_000;

export interface BotOptions {
  /** of a bot before this one */
  stateDir?: string;
  verifyAfterSeconds?: readonly number[];
  /** what the local workspace's policy has otherwise */
  policy?: (text: string) => string;
}

export class GatedLab {
  private constructor(readonly running: RunningCase) {}

  /** The case is up and calm; it is gone after `secondsMax`, whatever happens. */
  static async up(id: string, secondsMax: number): Promise<GatedLab> {
    const about = labCase(id);
    if (about === undefined) throw new Error(`no case ${id}`);
    return new GatedLab(await RunningCase.up(about, { secondsMax, owner: process.pid, enroll: await enrollment() }));
  }

  /** What the host says of its sysctls, in force and at the next boot, over a connection of its own. */
  async read(): Promise<SysctlFacts> {
    const transport = createTransport({ hosts: [this.running.host], workerUrl });
    try {
      const answer = await transport.ask(this.running.host, sysctlScript());
      if (answer.status === 'failed') throw new Error(answer.failure.message);
      return parseSysctls(answer.transcript.text);
    } finally {
      await transport.close(0);
    }
  }

  startBot(workspace: Workspace, options: BotOptions = {}): Promise<Running> {
    return startGatedBot(workspace, anInventory(this.running.host), options);
  }
}

/** The bot over real SSH, with the real scripts, on hosts with real gates. */
export const startGatedBot = (
  workspace: Workspace,
  inventory: Inventory,
  { stateDir, verifyAfterSeconds = [8], policy }: BotOptions = {},
): Promise<Running> => {
  const allowed = labPolicy(policy);
  return startTestBot(workspace, {
    transport: createTransport({ hosts: [...inventory.hosts.values()], workerUrl }) as unknown as FakeTransport,
    inventory: { current: () => inventory, problem: () => undefined },
    scripts: { state: stateScript, sysctl: sysctlScript },
    parse: { sysctl: parseSysctls, state: parseTranscript },
    policy: () => allowed,
    verifyAfterSeconds: [...verifyAfterSeconds],
    ...(stateDir === undefined ? {} : { stateDir }),
  });
};

/** Hosts of the lab as the group `web`, named `web-1` and on, and others behind them. */
export const asWeb = (labs: readonly GatedLab[], ...others: readonly Host[]): Inventory => {
  const hosts = [...labs.map(({ running }, at) => ({ ...running.host, name: `web-${at + 1}` })), ...others];
  return {
    hosts: new Map(hosts.map((host) => [host.name, host])),
    groups: new Map([['web', hosts.map(({ name }) => name)]]),
    revision: '1',
  };
};

/** The cases of the lab and a browser, new for each try of a test: what one left in force on its hosts is not the next one's. */
export const newForEachTry = (ids: readonly string[]) => {
  const labs: GatedLab[] = [];
  let browser: Browser | undefined;
  beforeEach(async () => {
    browser = await launchBrowser();
    for (const id of ids) labs.push(await GatedLab.up(id, CASE_SECONDS));
  });
  afterEach(async () => {
    await browser?.close();
    for (const { running } of labs.splice(0)) await running.down();
  });
  return {
    labs: labs as readonly GatedLab[],
    browser: (): Browser => {
      if (browser === undefined) throw new Error('no browser outside of a test');
      return browser;
    },
    /** what every host has of a key now */
    valuesOf: (key: string): Promise<(string | undefined)[]> =>
      Promise.all(labs.map(async (lab) => (await lab.read()).values[key])),
  };
};

/** The newest message with these words; waits for it. */
export const card = async (page: WorkspacePage, words: string | RegExp): Promise<Locator> => {
  const found = page.messages().filter({ hasText: words }).last();
  await found.waitFor({ timeout: CARD_MS });
  return found;
};
