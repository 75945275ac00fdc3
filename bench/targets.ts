/** What this is to reach against what people use, and whether a run reached it. Ratios within one run; the largest fleet counts. */
import type { BenchResult, Measured } from './main.js';

export interface Target {
  work: string;
  /** of the figure; with its sign, as a reader says it */
  asked: string;
  measured: string;
  /** undefined where it is asked of more hosts than this run measured */
  reached: boolean | undefined;
}

/** The figures about many hosts are asked of so many. */
const MANY = 1_000;

const times = (value: number): string => `${value.toFixed(1)}×`;

const atLeast = (work: string, least: number, value: number): Target => ({
  work,
  asked: `≥ ${least}×`,
  measured: times(value),
  reached: value >= least,
});

const atMost = (work: string, most: number, value: number, unit: string, digits = 2): Target => ({
  work,
  asked: `≤ ${most}${unit}`,
  measured: `${value.toFixed(digits)}${unit}`,
  reached: value <= most,
});

type Sizes = Readonly<Record<string, Readonly<Record<string, Measured>>>>;

const largest = (sizes: Sizes): { hosts: number; of: Readonly<Record<string, Measured>> } => {
  const hosts = Math.max(0, ...Object.keys(sizes).map(Number));
  return { hosts, of: sizes[String(hosts)] ?? {} };
};

/** Of fewer than MANY hosts it is only a figure. */
const ofMany = (hosts: number, target: Target): Target => (hosts < MANY ? { ...target, reached: undefined } : target);

const COLD: readonly (readonly [string, number])[] = [
  ['xargs ssh', 4],
  ['pdsh', 5],
  ['clush', 5],
  ['Ansible raw', 20],
  ['asyncssh', 2],
  ['ssh2 as in its README', 1.3],
];

const cold = ({ cheap, sshd }: BenchResult['fleets']): Target[] => {
  const { hosts, of } = largest(cheap);
  const ours = of['tcpstates, cold'];
  const one = { ours: sshd['1']?.['tcpstates, cold'], ssh: sshd['1']?.['xargs ssh, cold'] };
  return [
    ...(ours === undefined
      ? []
      : COLD.flatMap(([name, least]) => {
          const other = of[`${name}, cold`];
          return other === undefined
            ? []
            : [ofMany(hosts, atLeast(`cold, ${hosts} hosts, against ${name}`, least, other.wallMs / ours.wallMs))];
        })),
    ...(one.ours === undefined || one.ssh === undefined
      ? []
      : [atLeast('cold, one host, against ssh', 3, one.ssh.wallMs / one.ours.wallMs)]),
    ...(ours === undefined
      ? []
      : [ofMany(hosts, atMost(`CPU a cold host, ${hosts} hosts`, 2.5, ours.cpuMs / hosts, ' ms'))]),
  ];
};

const againstMaster = (
  { hosts, of }: ReturnType<typeof largest>,
  where: string,
  [name, least, theirs, ours]: readonly [string, number, string, string],
): Target[] => {
  const [master, own] = [of[`OpenSSH ControlMaster, ${theirs}`], of[`tcpstates, ${ours}`]];
  return master === undefined || own === undefined
    ? []
    : [
        ofMany(
          hosts,
          atLeast(`warm, ${hosts} hosts ${where}, against ControlMaster, ${name}`, least, master.wallMs / own.wallMs),
        ),
      ];
};

const SESSION_EACH = ['a session each', 2.5, 'warm, a session each', 'warm, a session each'] as const;
const COUNTS_ALONE = [
  'kept session, counts alone',
  25,
  'warm, counts alone',
  'warm, counts alone, kept session',
] as const;

const warm = ({ cheap, sshd }: BenchResult['fleets']): Target[] => {
  const here = largest(sshd);
  const { hosts, of } = here;
  const ratios = [
    // What the hosts' own work does not hide: the clients'.
    ...againstMaster(largest(cheap), 'elsewhere', SESSION_EACH),
    ...[SESSION_EACH, COUNTS_ALONE].flatMap((pair) => againstMaster(here, 'on this machine', pair)),
  ];
  const master = of['OpenSSH ControlMaster, warm, a session each']?.idleMb;
  const own = of['tcpstates, warm, a session each']?.idleMb;
  return master === undefined || own === undefined
    ? ratios
    : [
        ...ratios,
        ofMany(hosts, atMost(`memory of ${hosts} idle connections, of ControlMaster's`, 0.1, own / master, '')),
      ];
};

const onHost = (host: BenchResult['host']): Target[] => {
  if (host === undefined) return [];
  const most = host.scenarios['300k TIME_WAIT'];
  const netstat = most?.['netstat -n | awk (the article)'];
  const counts = most?.['sockstat + ss exclude time-wait | awk'];
  return [
    ...(netstat === undefined || counts === undefined
      ? []
      : [atLeast('state counts at 300k TIME_WAIT, against netstat', 14, netstat / counts)]),
    ...['idle', '300k TIME_WAIT', '20k ESTABLISHED'].flatMap((name) => {
      const ratio = host.ofPrototype[name];
      return ratio === undefined ? [] : [atMost(`the whole probe, ${name}, of the prototype's CPU`, 0.5, ratio, '')];
    }),
  ];
};

/** In a fixed order; what the run did not measure is left out. */
export const targets = (result: Pick<BenchResult, 'fleets' | 'host'>): Target[] => [
  ...cold(result.fleets),
  ...warm(result.fleets),
  ...onHost(result.host),
];

export const targetTable = (rows: readonly Target[]): string =>
  [
    '| to reach | at least | measured | |',
    '|---|---|---|---|',
    ...rows.map(
      ({ work, asked, measured, reached }) =>
        `| ${work} | ${asked} | ${measured} | ${reached === undefined ? `asked of ${MANY} hosts: --full` : reached ? 'reached' : 'MISSED'} |`,
    ),
  ].join('\n');
