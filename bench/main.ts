/**
 * `npm run bench -- [--full] [--sizes 1,50] [--rounds n] [--no-host] [--json file]`: one run, side by side, on this machine:
 * ours and what people use today, against real sshd on loopback and against hosts that cost this machine little. About five
 * minutes; `--inventory` measures only how 10,000 hosts are read and found; `--full` adds 1,000 hosts and every scenario of the host's side (about twelve minutes). Prints a table and writes bench/results/latest.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Fleet, startFleet } from './fleet.js';
import { type HostBench, hostTable, measureHost } from './host.js';
import { inventoryBench } from './inventory.js';
import type { Report } from './node-client.js';
import { benchTable } from './table.js';
import { type Target, targets, targetTable } from './targets.js';
import type { Tool } from './tool.js';
import { OURS, TOOLS } from './tools.js';

/** Medians over the rounds; milliseconds and megabytes. */
export interface Measured {
  wallMs: number;
  cpuMs: number;
  /** for each host, where the tool tells; of one host asked again and again, its wall times */
  p50Ms?: number;
  p95Ms?: number;
  p99Ms?: number;
  loopDelayMaxMs?: number;
  idleMb?: number;
  rounds: number;
}

export interface BenchResult {
  date: string;
  node: string;
  kernel: string;
  processors: number;
  /** mean number of runnable processes over the minute before, at the start and at the end */
  load: readonly [number, number];
  /** fleet → hosts → `tool, phase` */
  fleets: Readonly<Record<Fleet['kind'], Readonly<Record<string, Readonly<Record<string, Measured>>>>>>;
  missing: Readonly<Record<string, string>>;
  host?: HostBench;
  /** what is to be reached, and what was */
  targets: readonly Target[];
}

const ROUNDS_OF_ONE = 5;
const ROUNDS = 3;
/** Who takes longer than this for one round of many hosts is not asked for another: the ratio is plain by then. */
const AGAIN_MS_MAX = 8_000;
/** Ours is what the figures are about; yet the whole must end in time. */
const OURS_AGAIN_MS_MAX = 40_000;
/** From this mean number of runnable processes for each processor on, the figures say more about the others. */
const QUIET_LOAD = 0.5;

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const tenth = (value: number): number => Math.round(value * 10) / 10;

const summary = (reports: readonly Report[], phase: string): Measured | undefined => {
  const phases = reports.flatMap(({ phases: all }) => (all[phase] === undefined ? [] : [all[phase]]));
  if (phases.length === 0) return undefined;
  const median = (of: (one: (typeof phases)[number]) => number): number =>
    tenth(quantile(ascending(phases.map(of)), 0.5));
  const hostMs = ascending(phases.flatMap((one) => one.hostMs));
  const loopDelayMaxMs = median((one) => one.loopDelayMaxMs);
  const idleMb = tenth(quantile(ascending(reports.map((report) => report.idleMb)), 0.5));
  return {
    wallMs: median((one) => one.wallMs),
    cpuMs: median((one) => one.cpuMs),
    ...(hostMs.length === 0
      ? {}
      : {
          p50Ms: tenth(quantile(hostMs, 0.5)),
          p95Ms: tenth(quantile(hostMs, 0.95)),
          p99Ms: tenth(quantile(hostMs, 0.99)),
        }),
    ...(loopDelayMaxMs === 0 ? {} : { loopDelayMaxMs }),
    ...(idleMb === 0 ? {} : { idleMb }),
    rounds: phases.length,
  };
};

const measureFleet = async (
  kind: Fleet['kind'],
  count: number,
  tools: readonly Tool[],
  rounds: number,
  insisted: boolean,
): Promise<Record<string, Measured>> => {
  const fleet = await startFleet(kind, count);
  const reports = new Map<Tool, Report[]>();
  const slow = new Set<Tool>();
  try {
    // Round by round, so that what else the machine does meets everybody alike.
    for (let round = 0; round < rounds; round += 1)
      for (const tool of tools.filter((each) => !slow.has(each))) {
        const startMs = performance.now();
        process.stderr.write(`${kind} ${count} hosts, round ${round + 1} of ${rounds}: ${tool.name}\n`);
        try {
          const report = await tool.run(fleet, true);
          reports.set(tool, [...(reports.get(tool) ?? []), report]);
          const tookMs = performance.now() - startMs;
          if (tookMs > (tool.name === OURS ? OURS_AGAIN_MS_MAX : AGAIN_MS_MAX) && !insisted) slow.add(tool);
        } catch (error) {
          slow.add(tool);
          process.stderr.write(`  failed: ${error instanceof Error ? error.message : String(error)}\n`);
        }
      }
  } finally {
    fleet.stop();
  }
  const found: Record<string, Measured> = {};
  for (const [tool, each] of reports)
    for (const phase of new Set(each.flatMap(({ phases }) => Object.keys(phases)))) {
      const measured = summary(each, phase);
      if (measured !== undefined) found[`${tool.name}, ${phase}`] = measured;
    }
  return found;
};

const { values: options, positionals: operands } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    rounds: { type: 'string' },
    'no-host': { type: 'boolean', default: false },
    json: { type: 'string' },
    inventory: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (options.inventory) {
  process.stdout.write(`${inventoryBench(Number(operands[0] ?? 10_000))}\n`);
  process.exit(0);
}
const sizes = (options.sizes ?? (options.full ? '1,50,200,1000' : '1,50,200')).split(',').map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1 || size > 2_000))
  throw new RangeError('--sizes takes numbers of hosts from 1 to 2000, like 1,50,200');
const roundsFor = (size: number): number =>
  options.rounds === undefined ? (size === 1 ? ROUNDS_OF_ONE : ROUNDS) : Number(options.rounds);

const [loadBefore = 0] = loadavg();
if (loadBefore > QUIET_LOAD * cpus().length)
  process.stderr.write(
    `\n!!! This machine is busy: load ${loadBefore.toFixed(1)} on ${cpus().length} processors. Figures of now are not to be quoted.\n!!! Stop what else runs here, wait a minute, and begin again.\n\n`,
  );
const missing = Object.fromEntries(
  TOOLS.flatMap((tool) => {
    const why = tool.missing();
    return why === undefined ? [] : [[tool.name, why]];
  }),
);
const tools = TOOLS.filter(({ name }) => missing[name] === undefined);
const fleets: Record<Fleet['kind'], Record<string, Record<string, Measured>>> = { sshd: {}, cheap: {} };
let host: HostBench | undefined;

const file =
  options.json ??
  fileURLToPath(new URL('results/latest.json', import.meta.url)).replace(/([\\/])dist([\\/]bench[\\/])/, '$2');
mkdirSync(dirname(file), { recursive: true });
/** After every step: a run that is broken off has measured something. */
const keep = (): BenchResult => {
  const result: BenchResult = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    kernel: release(),
    processors: cpus().length,
    load: [tenth(loadBefore), tenth(loadavg()[0] ?? 0)],
    fleets,
    missing,
    ...(host === undefined ? {} : { host }),
    targets: targets({ fleets, ...(host === undefined ? {} : { host }) }),
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  return result;
};

if (!options['no-host'])
  try {
    process.stderr.write('the host: what looking at it costs it\n');
    host = await measureHost(options.full ? { rounds: 5 } : { scenarios: ['idle', '20k TIME_WAIT'], rounds: 3 });
  } catch (error) {
    missing['what looking at a host costs it'] =
      `needs Linux, root, iproute2, python3, net-tools: ${String(error).slice(0, 100)}`;
  }
for (const size of sizes)
  for (const kind of ['sshd', 'cheap'] as const) {
    const asked = tools.filter(
      ({ only, hostsMax = size }) => (only === undefined || only === kind) && size <= hostsMax,
    );
    fleets[kind][String(size)] = await measureFleet(kind, size, asked, roundsFor(size), options.rounds !== undefined);
    keep();
  }

const result = keep();
process.stdout.write(`${benchTable(result)}\n`);
if (host !== undefined) process.stdout.write(`\n${hostTable(host)}\n`);
process.stdout.write(`\n${targetTable(result.targets)}\n\nWritten to ${file}\n`);
