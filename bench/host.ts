/**
 * What looking at a host costs that host: CPU milliseconds of our probe, of the article's pipeline and of other ways, on real
 * sockets in a network namespace. Run alone: `node dist/bench/host.js [--quick] [--json file]` as root on Linux.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stateScript } from '../src/core/probe-script.js';
import { cleanedUp } from './cleanup.js';

export interface HostBench {
  kernel: string;
  processors: number;
  /** CPU ms, medians, by scenario and command */
  scenarios: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** our probe divided by the prototype, by scenario */
  ofPrototype: Readonly<Record<string, number>>;
  /** `ss exclude time-wait` with awk divided by the bare kernel walk */
  countsOfFloor: Readonly<Record<string, number>>;
}

interface Scenario {
  name: string;
  kind: 'time-wait' | 'established' | 'none';
  sockets: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'idle', kind: 'none', sockets: 0 },
  { name: '20k TIME_WAIT', kind: 'time-wait', sockets: 20_000 },
  { name: '100k TIME_WAIT', kind: 'time-wait', sockets: 100_000 },
  { name: '300k TIME_WAIT', kind: 'time-wait', sockets: 300_000 },
  { name: '20k ESTABLISHED', kind: 'established', sockets: 20_000 },
];
const ROUNDS = 7;
/** TIME_WAIT ends 60 s after it began, and making 300,000 takes about 25: what is measured later is measured on fewer. */
const SECONDS_PER_SCENARIO = 22;

/** Files beside this one: in the sources, also when this runs from dist/. */
const beside = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url)).replace(/([\\/])dist([\\/]bench[\\/])/, '$2');

const commands = (probe: string): Record<string, readonly string[] | null> => ({
  'an empty sh': ['sh', '-c', ':'],
  'netstat -n | awk (the article)': [
    'sh',
    '-c',
    `netstat -n | awk '/^tcp/ {++S[$NF]} END {for (a in S) print a, S[a]}'`,
  ],
  'ss -tan | awk': ['sh', '-c', `ss -tan | awk '{++S[$1]} END {for (a in S) print a, S[a]}'`],
  'ss -s': ['ss', '-s'],
  'sockstat + ss exclude time-wait | awk': [
    'sh',
    '-c',
    `cat /proc/net/sockstat; ss -tan exclude time-wait | awk '{++S[$1]} END {for (a in S) print a, S[a]}'`,
  ],
  'floor: inet_diag dump without TIME_WAIT': null,
  'the prototype, whole': ['sh', beside('prototype.sh')],
  'our probe, whole': ['sh', probe],
});

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const rounded = (value: number): number => Math.round(value * 10) / 10;

const filled = (namespace: string, scenario: Scenario): Promise<ChildProcess | undefined> => {
  if (scenario.kind === 'none') return Promise.resolve(undefined);
  const child = spawn(
    'ip',
    ['netns', 'exec', namespace, 'python3', beside('host-sockets.py'), scenario.kind, String(scenario.sockets)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child));
    child.once('exit', (code) =>
      reject(new Error(`the sockets of "${scenario.name}" could not be made: exit ${code}`)),
    );
  });
};

/**
 * Measures every scenario in a network namespace of its own, which is gone afterwards. Needs Linux, root, iproute2, python3,
 * net-tools; about three minutes.
 * @param options scenarios: names to keep; rounds: at most this many for each command
 */
export const measureHost = async (
  options: { scenarios?: readonly string[]; rounds?: number } = {},
): Promise<HostBench> => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-bench-'));
  const probe = join(folder, 'probe.sh');
  writeFileSync(probe, stateScript({ intervalSeconds: 0 }).text);
  const found: Record<string, Record<string, number>> = {};
  try {
    for (const scenario of SCENARIOS.filter(({ name }) => options.scenarios?.includes(name) ?? true)) {
      const namespace = `probe-bench-${process.pid}`;
      execFileSync('ip', ['netns', 'add', namespace]);
      let holder: ChildProcess | undefined;
      const gone = cleanedUp(() => {
        holder?.kill();
        spawnSync('ip', ['netns', 'del', namespace]);
      });
      try {
        execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
        execFileSync('ip', ['netns', 'exec', namespace, 'sysctl', '-qw', 'net.ipv4.tcp_max_tw_buckets=1000000']);
        holder = await filled(namespace, scenario);
        const { stdout } = spawnSync(
          'ip',
          [
            'netns',
            'exec',
            namespace,
            'python3',
            beside('host-cpu.py'),
            String(SECONDS_PER_SCENARIO),
            String(options.rounds ?? ROUNDS),
          ],
          { input: JSON.stringify(commands(probe)), encoding: 'utf8', env: { ...process.env, INTERVAL: '0' } },
        );
        const told = JSON.parse(stdout) as Record<string, number[]>;
        found[scenario.name] = Object.fromEntries(
          Object.entries(told).map(([name, ms]) => [name, rounded(median(ms))]),
        );
      } finally {
        gone();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const ratio = (of: string, to: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(found).map(([name, ms]) => [
        name,
        Math.round((100 * (ms[of] ?? Number.NaN)) / (ms[to] ?? Number.NaN)) / 100,
      ]),
    );
  return {
    kernel: release(),
    processors: cpus().length,
    scenarios: found,
    ofPrototype: ratio('our probe, whole', 'the prototype, whole'),
    countsOfFloor: ratio('sockstat + ss exclude time-wait | awk', 'floor: inet_diag dump without TIME_WAIT'),
  };
};

/** A table in Markdown: commands down, scenarios across. */
export const hostTable = ({ scenarios, ofPrototype }: HostBench): string => {
  const names = Object.keys(scenarios);
  const rows = Object.keys(scenarios[names[0] ?? ''] ?? {}).map((command) => [
    command,
    ...names.map((name) => String(scenarios[name]?.[command] ?? '-')),
  ]);
  return [
    ['CPU ms, medians', ...names],
    names.map(() => '---').concat('---'),
    ...rows,
    ['our probe / the prototype', ...names.map((name) => `${ofPrototype[name]}`)],
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const quick = process.argv.includes('--quick');
  const result = await measureHost(quick ? { scenarios: ['idle', '20k TIME_WAIT'], rounds: 3 } : {});
  const file = process.argv[process.argv.indexOf('--json') + 1];
  if (process.argv.includes('--json') && file !== undefined)
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${hostTable(result)}\n`);
}
