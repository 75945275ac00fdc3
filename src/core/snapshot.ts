/**
 * A snapshot is everything that one measurement of one host answered: one reading per question, each `ok` or `failed` with
 * its reason. A failed reading never stands for zero. Units are in the names; counters are cumulative since boot unless a
 * name says `PerSecond`.
 */
import type { StateCounts } from './tcp.js';

export type Reading<T> =
  | { status: 'ok'; value: T }
  | {
      status: 'failed';
      reason: string;
      /** the probe left the question out because cheaper numbers did not call for it (no CLOSE_WAIT: nobody asks whose) */
      notAsked?: true;
    };

export const ok = <T>(value: T): Reading<T> => ({ status: 'ok', value });
export const failed = (reason: string): Reading<never> => ({ status: 'failed', reason });

/** Who answered, as the host itself says. Strings here are a host's words: hostile until escaped. */
export interface HostFacts {
  kernelRelease: string;
  architecture: string;
  hostname: string;
  uptimeSeconds: number;
  /** /proc/sys/kernel/random/boot_id, where readable */
  bootId?: string;
  uid: number;
  cpus: number;
  memTotalBytes?: number;
  memAvailableBytes?: number;
  /** what `readlink /proc/self/ns/net` says, e.g. `net:[4026531840]` */
  networkNamespace?: string;
  /** true: sure that this is the initial namespace; false: sure that it is not; undefined: could not be told */
  initialNamespace?: boolean;
  container: boolean;
  socketSource: 'ss' | 'proc';
  probeVersion: number;
}

/**
 * One of the two counter snapshots of a measurement. Keys are as the kernel prints them (`TcpExt.ListenOverflows`,
 * `Tcp.RetransSegs`, `conntrack.drop`, `arp_cache.table_fulls`, `ndisc_cache.table_fulls`); per-CPU columns are summed.
 * A name that this kernel does not have is absent, not zero.
 */
export interface CounterSnapshot {
  uptimeSeconds: number;
  values: Readonly<Record<string, number>>;
}

export interface Counters {
  first: CounterSnapshot;
  /** absent when the host answered only one snapshot: then there are no rates */
  second?: CounterSnapshot;
  /** seconds between the two by the host's own uptime; 0 without a second one */
  intervalSeconds: number;
}

/** /proc/net/sockstat, line `TCP:`. `tw` counts TIME_WAIT and orphaned FIN_WAIT2 mini-sockets, IPv4 and IPv6 together. */
export interface Sockstat {
  inUse: number;
  /** host-wide, also inside a namespace */
  orphans: number;
  tw: number;
  allocated: number;
  memoryPages: number;
}

/** /proc/net/protocols, row TCP */
export interface ProtocolMemory {
  memoryPages: number;
  underPressure: boolean;
}

export interface Conntrack {
  count: number;
  max: number;
  buckets?: number;
}

export interface FileHandles {
  used: number;
  max: number;
}

/** Values as the kernel prints them, blanks folded to one space; keyed by today's dotted name (`net.ipv4.tcp_tw_reuse`). */
export type SysctlValues = Readonly<Record<string, string>>;

export interface Listener {
  address: string;
  port: number;
  /** connections that wait for accept() */
  queueLength: number;
  /** min(listen(n), somaxconn); undefined where only /proc/net/tcp could be read */
  queueLimit?: number;
}

/** FIN_WAIT1, FIN_WAIT2 and LAST_ACK sockets by their timer. `unanswered` true: retries are running, the peer is silent. */
export interface ClosingGroup {
  state: 'FIN_WAIT1' | 'FIN_WAIT2' | 'LAST_ACK';
  timer: 'none' | 'on' | 'persist' | 'timewait' | 'keepalive' | 'unknown';
  unanswered: boolean;
  count: number;
}

/** Sockets of one state towards one peer (`out`: our local port is not a listening one) or on one listening port (`in`). */
export type SocketGroup = { state: string; count: number } & (
  | { direction: 'in'; localPort: number }
  | { direction: 'out'; localAddress: string; peerAddress: string; peerPort: number }
);

/** Sockets with a local port in the ephemeral range whose port is not a listening one. */
export interface OutgoingPorts {
  sockets: number;
  distinctLocalPorts: number;
  evenPorts: number;
  oddPorts: number;
}

export interface QueueTotals {
  /** bytes over all sockets of the state, and how many sockets have any */
  receiveQueueBytes: number;
  sendQueueBytes: number;
  socketsWithReceiveQueue: number;
  socketsWithSendQueue: number;
}

export interface Sockets {
  counts: StateCounts;
  /** sockets in a state that the parser does not know, by the name that the host printed */
  unknown: Readonly<Record<string, number>>;
  queues: Readonly<Partial<Record<string, QueueTotals>>>;
  listeners: readonly Listener[];
  /** listeners not listed because there were more than the probe prints */
  listenersOmitted: number;
  closing: readonly ClosingGroup[];
  groups: readonly SocketGroup[];
  outgoing: OutgoingPorts;
  /**
   * With many connections the ESTABLISHED ones are counted by the kernel (exact) but only those on so many sampled ports were
   * looked at: their groups, queues, ports and split are estimates, already scaled up.
   */
  establishedSampledPorts?: number;
}

/** Who holds TIME_WAIT. `full`: every socket was looked at; `windows`: only those in `sampledPorts` local ports of the range. */
export interface TimeWaitHolders {
  mode: 'full' | 'windows';
  sampledPorts?: number;
  /** TIME_WAIT sockets that were looked at */
  looked?: number;
  /** in `windows`, counts are hits among the sampled ports: local ports for `out`, the peers' ports for `in` */
  groups: readonly SocketGroup[];
  /** the port use of these TIME_WAIT sockets (of the sampled ones with `windows`), where the host told it */
  outgoing?: OutgoingPorts;
}

/** How long CLOSE_WAIT sockets have been idle (from `ss -i` lastrcv), or, without ss, how many stayed over the interval. */
export type CloseWaitAge =
  | { by: 'idle'; sampled: number; idle5s: number; idle60s: number; longestMs: number }
  | { by: 'persistence'; before: number; after: number; same: number };

export interface Owner {
  process: string;
  pid: number;
  count: number;
}

export interface CloseWaitOwners {
  owners: readonly Owner[];
  unattributed: number;
}

export interface ListeningProcess {
  pid: number;
  command: string;
  openFiles: number;
  softLimit: number;
}

export interface Readings {
  facts: Reading<HostFacts>;
  counters: Reading<Counters>;
  /** at the end of the measurement, as are the other gauges */
  sockstat: Reading<Sockstat>;
  protocols: Reading<ProtocolMemory>;
  conntrack: Reading<Conntrack>;
  fileHandles: Reading<FileHandles>;
  /** entries in the neighbour tables, where the statistics are visible (initial namespace only) */
  neighbours: Reading<{ ipv4?: number; ipv6?: number }>;
  sysctls: Reading<SysctlValues>;
  sockets: Reading<Sockets>;
  timeWait: Reading<TimeWaitHolders>;
  closeWaitAge: Reading<CloseWaitAge>;
  closeWaitOwners: Reading<CloseWaitOwners>;
  processes: Reading<readonly ListeningProcess[]>;
  kernelLog: Reading<readonly string[]>;
}

export type ReadingName = keyof Readings;

export interface Snapshot {
  /** the name in the inventory, or what the transcript calls itself */
  host: string;
  /** ISO 8601, UTC */
  measuredAt: string;
  tookMs: number;
  readings: Readings;
}
