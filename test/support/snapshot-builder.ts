/**
 * Snapshots for tests: a healthy, busy host of today's kernel, read as root in the initial namespace, and what you change of it.
 *
 *     snapshot().with({ counts: { CLOSE_WAIT: 600 }, rates: { 'TcpExt.ListenOverflows': 40 } }).failed('timeWait').build()
 */
import type {
  ClosingGroup,
  CounterSnapshot,
  HostFacts,
  Listener,
  OutgoingPorts,
  ReadingName,
  Readings,
  Snapshot,
  SocketGroup,
} from '../../src/core/snapshot.js';
import { failed, ok } from '../../src/core/snapshot.js';
import { TCP_STATES, type TcpState } from '../../src/core/tcp.js';

export const INTERVAL_SECONDS = 2;

const COUNTERS: readonly string[] = [
  ...(
    'SyncookiesSent SyncookiesRecv SyncookiesFailed TW TWRecycled PAWSActive PAWSEstab PAWSTimewait ListenOverflows ListenDrops ' +
    'TCPAbortOnMemory TCPAbortOnTimeout TCPMemoryPressures TCPReqQFullDoCookies TCPReqQFullDrop TCPSynRetrans TCPTimeWaitOverflow TCPWinProbe'
  )
    .split(' ')
    .map((name) => `TcpExt.${name}`),
  ...'ActiveOpens PassiveOpens CurrEstab InSegs OutSegs RetransSegs'.split(' ').map((name) => `Tcp.${name}`),
  'conntrack.drop',
  'conntrack.early_drop',
  'arp_cache.table_fulls',
  'ndisc_cache.table_fulls',
];
/** Since boot, on a host that has seen worse days: only rates may count. */
const SINCE_BOOT = 100_000;

const SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.tcp_syncookies': '1',
  'net.ipv4.tcp_tw_reuse': '2',
  'net.ipv4.tcp_tw_reuse_delay': '1000',
  'net.ipv4.tcp_fin_timeout': '60',
  'net.ipv4.tcp_timestamps': '1',
  'net.ipv4.tcp_max_tw_buckets': '131072',
  'net.ipv4.tcp_max_syn_backlog': '2048',
  'net.ipv4.tcp_max_orphans': '131072',
  'net.ipv4.tcp_orphan_retries': '0',
  'net.ipv4.tcp_mem': '190000 254000 380000',
  'net.ipv4.ip_local_port_range': '32768 60999',
  'net.ipv4.ip_local_reserved_ports': '',
  'net.core.somaxconn': '4096',
  'net.ipv4.neigh.default.gc_thresh1': '128',
  'net.ipv4.neigh.default.gc_thresh2': '512',
  'net.ipv4.neigh.default.gc_thresh3': '1024',
  'net.ipv6.neigh.default.gc_thresh1': '128',
  'net.ipv6.neigh.default.gc_thresh2': '512',
  'net.ipv6.neigh.default.gc_thresh3': '1024',
  'net.netfilter.nf_conntrack_max': '262144',
  'net.netfilter.nf_conntrack_buckets': '262144',
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': '120',
};

/** What kernels before these versions do not have. */
const MISSING_BEFORE: readonly (readonly [version: number, counters: readonly string[], sysctls: readonly string[]])[] =
  [
    [
      3.1,
      [
        'TcpExt.TCPTimeWaitOverflow',
        'TcpExt.TCPReqQFullDrop',
        'TcpExt.TCPReqQFullDoCookies',
        'TcpExt.TCPSynRetrans',
        'TcpExt.TCPWinProbe',
      ],
      [],
    ],
    [6, ['TcpExt.PAWSTimewait'], ['net.ipv4.tcp_tw_reuse_delay']],
  ];

export interface Changes {
  counts?: Partial<Record<TcpState, number>>;
  /** difference over the interval of 2 s, by counter name */
  deltas?: Readonly<Record<string, number>>;
  /** a second, by counter name */
  rates?: Readonly<Record<string, number>>;
  /** undefined takes the key away */
  sysctls?: Readonly<Record<string, string | undefined>>;
  /** counters that this host does not print */
  withoutCounters?: readonly string[];
  facts?: Partial<HostFacts>;
  listeners?: readonly Listener[];
  listenersOmitted?: number;
  closing?: readonly ClosingGroup[];
  groups?: readonly SocketGroup[];
  outgoing?: Partial<OutgoingPorts>;
  /** any reading, whole */
  readings?: { [Name in ReadingName]?: Extract<Readings[Name], { status: 'ok' }>['value'] };
  host?: string;
  measuredAt?: string;
  /** replaces both counter snapshots' distance */
  intervalSeconds?: number;
}

export interface SnapshotBuilder {
  with(changes: Changes): SnapshotBuilder;
  failed(name: ReadingName, reason?: string, notAsked?: true): SnapshotBuilder;
  /** another kernel, with the counters and sysctls that it has */
  kernel(release: string): SnapshotBuilder;
  /** read from inside a container: what the initial namespace alone shows is gone */
  inside(): SnapshotBuilder;
  build(): Snapshot;
}

const merged = (before: Changes, after: Changes): Changes => ({
  ...before,
  ...after,
  counts: { ...before.counts, ...after.counts },
  deltas: { ...before.deltas, ...after.deltas },
  rates: { ...before.rates, ...after.rates },
  sysctls: { ...before.sysctls, ...after.sysctls },
  facts: { ...before.facts, ...after.facts },
  outgoing: { ...before.outgoing, ...after.outgoing },
  readings: { ...before.readings, ...after.readings },
  withoutCounters: [...(before.withoutCounters ?? []), ...(after.withoutCounters ?? [])],
});

const countersOf = (changes: Changes): { first: CounterSnapshot; second: CounterSnapshot; intervalSeconds: number } => {
  const names = [
    ...new Set([...COUNTERS, ...Object.keys(changes.deltas ?? {}), ...Object.keys(changes.rates ?? {})]),
  ].filter((name) => !changes.withoutCounters?.includes(name));
  const seconds = changes.intervalSeconds ?? INTERVAL_SECONDS;
  const delta = (name: string): number => changes.deltas?.[name] ?? (changes.rates?.[name] ?? 0) * seconds;
  const uptimeSeconds = changes.facts?.uptimeSeconds ?? 86_400;
  return {
    first: { uptimeSeconds, values: Object.fromEntries(names.map((name) => [name, SINCE_BOOT])) },
    second: {
      uptimeSeconds: uptimeSeconds + seconds,
      values: Object.fromEntries(names.map((name) => [name, SINCE_BOOT + delta(name)])),
    },
    intervalSeconds: seconds,
  };
};

const readingsOf = (changes: Changes): Readings => {
  const count = (state: TcpState): number =>
    changes.counts?.[state] ?? { LISTEN: 2, ESTABLISHED: 40, TIME_WAIT: 120 }[state as string] ?? 0;
  const orphans = (changes.closing ?? [])
    .filter(({ state, timer }) => state === 'FIN_WAIT2' && timer === 'timewait')
    .reduce((sum, group) => sum + group.count, 0);
  const sysctls = Object.fromEntries(
    Object.entries({ ...SYSCTLS, ...changes.sysctls }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
  const readings: Readings = {
    facts: ok({
      kernelRelease: '6.18.44',
      architecture: 'x86_64',
      hostname: 'web-1',
      uptimeSeconds: 86_400,
      bootId: '11111111-1111-4111-8111-111111111111',
      uid: 0,
      cpus: 4,
      memTotalBytes: 16 * 2 ** 30,
      memAvailableBytes: 12 * 2 ** 30,
      networkNamespace: 'net:[4026531840]',
      initialNamespace: true,
      container: false,
      socketSource: 'ss',
      probeVersion: 2,
      ...changes.facts,
    }),
    counters: ok(countersOf(changes)),
    sockstat: ok({ inUse: 60, orphans: 0, tw: count('TIME_WAIT') + orphans, allocated: 80, memoryPages: 900 }),
    protocols: ok({ memoryPages: 900, underPressure: false }),
    conntrack: ok({ count: 3000, max: Number(sysctls['net.netfilter.nf_conntrack_max'] ?? 262_144), buckets: 262_144 }),
    fileHandles: ok({ used: 3000, max: Number.MAX_SAFE_INTEGER }),
    neighbours: ok({ ipv4: 30, ipv6: 12 }),
    sysctls: ok(sysctls),
    sockets: ok({
      counts: Object.fromEntries(TCP_STATES.map((state) => [state, { total: count(state) }])) as Record<
        TcpState,
        { total: number }
      >,
      unknown: {},
      queues: {},
      listeners: changes.listeners ?? [
        { address: '0.0.0.0', port: 22, queueLength: 0, queueLimit: 128 },
        { address: '0.0.0.0', port: 443, queueLength: 0, queueLimit: 4096 },
      ],
      listenersOmitted: changes.listenersOmitted ?? 0,
      closing: changes.closing ?? [],
      groups: changes.groups ?? [{ state: 'ESTABLISHED', count: 40, direction: 'in', localPort: 443 }],
      outgoing: { sockets: 0, distinctLocalPorts: 0, evenPorts: 0, oddPorts: 0, ...changes.outgoing },
    }),
    timeWait: ok({
      mode: 'full',
      groups: [{ state: 'TIME_WAIT', count: count('TIME_WAIT'), direction: 'in', localPort: 443 }],
    }),
    closeWaitAge: ok({ by: 'idle', sampled: count('CLOSE_WAIT'), idle5s: 0, idle60s: 0, longestMs: 400 }),
    closeWaitOwners: ok({ owners: [], unattributed: 0 }),
    processes: ok([{ pid: 812, command: 'nginx', openFiles: 70, softLimit: 65_536 }]),
    kernelLog: ok([]),
  };
  for (const [name, value] of Object.entries(changes.readings ?? {})) Object.assign(readings, { [name]: ok(value) });
  return readings;
};

const make = (
  changes: Changes,
  failures: Readonly<Partial<Record<ReadingName, { reason: string; notAsked?: true }>>>,
): SnapshotBuilder => ({
  with: (more) => make(merged(changes, more), failures),
  failed: (name, reason = 'not answered', notAsked) =>
    make(changes, { ...failures, [name]: { reason, ...(notAsked && { notAsked }) } }),
  kernel: (release) => {
    const version = Number(/^\d+\.\d+/.exec(release)?.[0] ?? 99);
    const older = MISSING_BEFORE.filter(([since]) => version < since);
    return make(
      merged(changes, {
        facts: { kernelRelease: release },
        withoutCounters: older.flatMap(([, counters]) => counters),
        sysctls: Object.fromEntries(older.flatMap(([, , keys]) => keys.map((key) => [key, undefined]))),
      }),
      failures,
    );
  },
  inside: () =>
    make(
      merged(changes, {
        facts: { initialNamespace: false, container: true, networkNamespace: 'net:[4026532177]' },
        withoutCounters: ['arp_cache.table_fulls', 'ndisc_cache.table_fulls'],
        sysctls: Object.fromEntries(
          Object.keys(SYSCTLS)
            .filter((key) => /gc_thresh|tcp_mem|tcp_max_orphans/.test(key))
            .map((key) => [key, undefined]),
        ),
      }),
      {
        ...failures,
        neighbours: { reason: 'no neighbour statistics: they exist in the initial network namespace only' },
      },
    ),
  build: () => {
    const readings = readingsOf(changes);
    for (const [name, { reason, notAsked }] of Object.entries(failures))
      Object.assign(readings, { [name]: { ...failed(reason), ...(notAsked && { notAsked }) } });
    return {
      host: changes.host ?? 'web-1',
      measuredAt: changes.measuredAt ?? '2026-11-22T12:00:00.000Z',
      tookMs: 2400,
      readings,
    };
  },
});

export const snapshot = (): SnapshotBuilder => make({}, {});
