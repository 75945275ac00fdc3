/** All that histories are played on: hosts side by side, the bot's program, and who looks at the values. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Compiled, compile } from './compiled.js';
import { type History, play, type Stage, type Told } from './history.js';
import { Values } from './values.js';
import { WiredHost, Wiring } from './wired-host.js';

const PROGRAM = ['test/lab/changes/bot-process.ts', 'test/lab/changes/orders.ts'];
const START_AT_ONCE = 4;
const AGAIN_MAX = 2;
const STAGGER_MS = 500;

export interface Figures {
  histories: number;
  kills: number;
  gateKills: number;
  violations: number;
  ends: Record<string, number>;
  /** seconds beyond the window, of values that nobody confirmed */
  lateSMax: number;
  takenBack: number;
  unreached: number;
  playedAgain: number;
  moreThanOneMessage: number;
  seconds: number;
}

export class Theatre {
  readonly figures: Figures = {
    histories: 0,
    kills: 0,
    gateKills: 0,
    violations: 0,
    ends: {},
    lateSMax: -Infinity,
    takenBack: 0,
    unreached: 0,
    playedAgain: 0,
    moreThanOneMessage: 0,
    seconds: 0,
  };
  readonly unreached: string[] = [];

  private constructor(
    readonly hosts: readonly WiredHost[],
    readonly stage: Stage,
    private readonly wiring: Wiring,
    private readonly compiled: Compiled,
  ) {}

  /** @param marked how many of the hosts have a gate that can be killed at its marks: the last ones */
  static async open(count: number, marked = 0, firstIndex = 1): Promise<Theatre> {
    const wiring = new Wiring();
    const compiled = compile(PROGRAM);
    const hosts: WiredHost[] = [];
    const left = Array.from({ length: count }, (_, at) => at);
    await Promise.all(
      Array.from({ length: START_AT_ONCE }, async () => {
        for (let at = left.shift(); at !== undefined; at = left.shift())
          hosts[at] = await WiredHost.start(firstIndex + at, wiring, at >= count - marked);
      }),
    );
    // Real memory: a disk that syncs slowly would make the bot wait, and tell nothing.
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'changes-'));
    const stage = { program: compiled.of(PROGRAM[0] ?? ''), folder, values: new Values(hosts) };
    return new Theatre(hosts, stage, wiring, compiled);
  }

  /**
   * Plays histories, one at a time on each of the hosts.
   * @param places of the hosts that may be used; default: all
   * @returns what was wrong
   */
  async each(histories: readonly History[], places = this.hosts.map((_, at) => at)): Promise<string[]> {
    const startedMs = Date.now();
    const left = [...histories];
    const wrong: string[] = [];
    await Promise.all(
      places.map(async (at) => {
        const host = this.hosts[at];
        if (host === undefined) return;
        // Not all at once: that many logins in one moment are a test of something else.
        await sleep(places.indexOf(at) * STAGGER_MS);
        for (let history = left.shift(); history !== undefined; history = left.shift()) {
          let told = await play(this.stage, host, at, history);
          // Lateness while this machine itself stood still says nothing of the host: such a history is played again.
          for (let again = 1; again <= AGAIN_MAX && told.violations.length > 0 && told.stalled; again++) {
            this.figures.playedAgain++;
            told = await play(this.stage, host, at, { ...history, name: `${history.name}~${again}` });
          }
          this.count(told);
          wrong.push(...told.violations);
          if (process.env['CHANGES_VERBOSE'] !== undefined) process.stderr.write(`${JSON.stringify(told)}\n`);
        }
      }),
    );
    this.figures.seconds += Math.round((Date.now() - startedMs) / 1_000);
    return wrong;
  }

  private count(told: Told): void {
    const { figures } = this;
    figures.histories++;
    figures.kills += told.kills;
    figures.gateKills += told.gateKills;
    figures.violations += told.violations.length;
    figures.ends[told.end] = (figures.ends[told.end] ?? 0) + 1;
    // By the host itself: a revert that somebody asked for comes long before the window ends.
    if (told.lateS !== undefined && told.lateS > -1) {
      figures.takenBack++;
      figures.lateSMax = Math.max(figures.lateSMax, told.lateS);
    }
    figures.unreached += told.unreached.length;
    this.unreached.push(...told.unreached.map((point) => `${told.name}: ${point}`));
    if (told.messages > 1) figures.moreThanOneMessage++;
  }

  async close(): Promise<void> {
    this.stage.values.end();
    for (const host of this.hosts) await host.end();
    this.wiring.remove();
    this.compiled.remove();
    if (process.env['CHANGES_KEEP'] === undefined) rmSync(this.stage.folder, { recursive: true, force: true });
    else process.stderr.write(`kept: ${this.stage.folder}\n`);
  }
}
