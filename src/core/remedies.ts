/**
 * What is known about each setting that a rule may propose: what a change reaches, how to tell that it worked, when, and
 * what a revert does. Measured on kernel 6.18 and read in the sources of 2.6.32, 3.10, 4.18 and 5.4; the values themselves
 * are computed by the rules from the host's numbers. A value outside the bounds here is never proposed: the kernel itself
 * accepts nonsense (tcp_fin_timeout=0, somaxconn=0).
 */
import type { Remedy } from './finding.js';
import type { Inquiry } from './inquiry.js';

interface Contract {
  /** first kernel that keeps the value per network namespace; before it, and without it, one value rules the machine */
  perNamespaceSince?: string;
  /**
   * Of a value that is the machine's: first kernel in which other namespaces see it read-only (measured on 6.18: EACCES for root).
   * Before it they set it for all. Without one they do not see it at all, or it is per namespace.
   */
  readOnlyInsideSince?: string;
  reaches: string;
  risk: Remedy['risk'];
  signal: string;
  judgeAfterSeconds: number;
  revertHazard: string;
  /** bounds of every number in the value */
  min: number;
  max: number;
  /** a value below the present one harms: never proposed */
  neverLower?: true;
}

/** Always per namespace in every kernel that we know. */
const ALWAYS = '2.6';
/** Commit 2671fa4dc010; stable kernels took it over from 5.4.118 on. */
const CONNTRACK_LOCKED = '5.13';

const CONTRACTS: Readonly<Record<string, Contract>> = {
  'net.ipv4.tcp_tw_reuse': {
    perNamespaceSince: '4.11',
    reaches: 'next connect()',
    risk: 'low',
    signal: 'TWRecycled rises and the errors of the application stop; the TIME_WAIT count does not fall',
    judgeAfterSeconds: 5,
    revertHazard: 'the symptom returns within capacity / connection rate seconds',
    min: 0,
    max: 1,
  },
  'net.ipv4.ip_local_port_range': {
    perNamespaceSince: '3.13',
    reaches: 'next connect() or bind() to port 0',
    risk: 'medium',
    signal: 'port use of the destination falls below 70 %',
    judgeAfterSeconds: 5,
    revertHazard: 'existing connections stay; EADDRNOTAVAIL returns for new ones',
    min: 1024,
    max: 65_535,
  },
  'net.ipv4.ip_local_reserved_ports': {
    perNamespaceSince: '3.16',
    reaches: 'next automatic port choice',
    risk: 'low',
    signal: 'no new outgoing socket on these ports',
    judgeAfterSeconds: 60,
    revertHazard: 'none',
    min: 1,
    max: 65_535,
  },
  'net.ipv4.tcp_max_tw_buckets': {
    perNamespaceSince: '4.11',
    reaches: 'next close',
    risk: 'low',
    signal: 'TCPTimeWaitOverflow stops rising; the TIME_WAIT count grows, as it should',
    judgeAfterSeconds: 5,
    revertHazard: 'overflow at once; existing TIME_WAIT stay',
    min: 65_536,
    max: 16_777_216,
    neverLower: true,
  },
  'net.netfilter.nf_conntrack_max': {
    readOnlyInsideSince: CONNTRACK_LOCKED,
    reaches: 'next packet',
    risk: 'low',
    signal: 'drop stops rising and count / max is below 80 %',
    judgeAfterSeconds: 5,
    revertHazard:
      'lowering it below the count drops every new flow from that second: revert only while count < 80 % of the old value',
    min: 1024,
    max: 67_108_864,
    neverLower: true,
  },
  'net.netfilter.nf_conntrack_buckets': {
    readOnlyInsideSince: CONNTRACK_LOCKED,
    reaches: 'at once (the table is resized)',
    risk: 'medium',
    signal: 'the value reads back; entries per bucket at most 4',
    judgeAfterSeconds: 5,
    revertHazard: 'resizes the table again, under load',
    min: 1024,
    max: 4_194_304,
    neverLower: true,
  },
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': {
    perNamespaceSince: ALWAYS,
    reaches: 'entries that enter TIME_WAIT from now on',
    risk: 'low',
    signal: 'the entry count falls, after the old timeout has run out',
    judgeAfterSeconds: 130,
    revertHazard: 'takes effect with the same delay',
    min: 10,
    max: 120,
  },
  'net.ipv4.tcp_syncookies': {
    perNamespaceSince: '4.6',
    reaches: 'next SYN',
    risk: 'low',
    signal: 'TCPReqQFullDrop and ListenDrops stop rising, SyncookiesRecv rises',
    judgeAfterSeconds: 5,
    revertHazard: 'the outage returns',
    min: 1,
    max: 1,
  },
  'net.core.somaxconn': {
    perNamespaceSince: ALWAYS,
    reaches: 'next listen(): restart or reload the service',
    risk: 'low',
    signal: "the listener's Send-Q shows the new limit and ListenOverflows stops rising",
    judgeAfterSeconds: 5,
    revertHazard: 'nothing until the next listen()',
    min: 128,
    max: 65_535,
    neverLower: true,
  },
  'net.ipv4.tcp_fin_timeout': {
    perNamespaceSince: '4.6',
    reaches: 'sockets that enter orphaned FIN_WAIT2 from now on',
    risk: 'low',
    signal: 'FIN_WAIT2 falls over the next minute',
    judgeAfterSeconds: 65,
    revertHazard: 'takes effect with the same delay',
    min: 5,
    max: 60,
  },
  'net.ipv4.tcp_orphan_retries': {
    perNamespaceSince: '4.6',
    reaches: 'existing sockets too, at their next retransmission timer',
    risk: 'low',
    signal: 'orphans, FIN_WAIT1 and LAST_ACK fall; TCPAbortOnTimeout rises, as it should',
    judgeAfterSeconds: 60,
    revertHazard: 'none',
    min: 1,
    max: 8,
  },
  'net.ipv4.tcp_max_orphans': {
    reaches: 'next close',
    risk: 'medium',
    signal: 'TCPAbortOnMemory stops rising',
    judgeAfterSeconds: 5,
    revertHazard: 'resets again at once',
    min: 64,
    max: 4_194_304,
    neverLower: true,
  },
  'net.ipv4.tcp_mem': {
    reaches: 'next allocation',
    risk: 'medium',
    signal: '/proc/net/protocols shows press=no',
    judgeAfterSeconds: 5,
    revertHazard: 'memory pressure returns',
    min: 1,
    max: 2 ** 40,
    neverLower: true,
  },
  'net.ipv4.tcp_tw_recycle': {
    reaches: 'next SYN',
    risk: 'low',
    signal: 'PAWSPassive stops rising',
    judgeAfterSeconds: 5,
    revertHazard: 'never set it back to 1: it drops clients behind NAT',
    min: 0,
    max: 0,
  },
  ...Object.fromEntries(
    ['ipv4', 'ipv6'].flatMap((family) =>
      [1, 2, 3].map((level): [string, Contract] => [
        `net.${family}.neigh.default.gc_thresh${level}`,
        {
          reaches: 'next neighbour',
          risk: 'low',
          signal: 'table_fulls stops rising',
          judgeAfterSeconds: 5,
          revertHazard: 'overflow at once while the neighbours are still there',
          min: 256,
          max: 1_048_576,
          neverLower: true,
        },
      ]),
    ),
  ),
};

/** Keys that a rule may propose. */
export const REMEDY_KEYS: readonly string[] = Object.keys(CONTRACTS);

export const pow2Ceil = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));
export const pow2Floor = (value: number): number => 2 ** Math.floor(Math.log2(Math.max(1, value)));

const numbersOf = (value: string): readonly number[] => (value.match(/\d+/g) ?? []).map(Number);

/** Whether a value is within the bounds of its key, and not lower than it was where lowering harms. */
export const isSane = (key: string, from: string, to: string): boolean => {
  const contract = CONTRACTS[key];
  if (contract === undefined) return false;
  const before = numbersOf(from);
  return numbersOf(to).every(
    (value, index) =>
      value >= contract.min && value <= contract.max && (contract.neverLower !== true || value >= (before[index] ?? 0)),
  );
};

export interface Proposed {
  key: string;
  /** what the host printed; without it nothing can be proposed, for there would be no way back */
  from: string | undefined;
  to: string;
  /** why this value, with the numbers */
  reason: string;
  memoryBytes?: number;
  requires?: readonly string[];
  risk?: Remedy['risk'];
}

/** Where the value belongs to the machine, and was seen from another namespace than the machine's own. */
const setElsewhere = (key: string): string =>
  `${key} has one value for the whole machine, read-only in a network namespace like this one: set it on the machine itself, from its initial network namespace`;

/** Where it may have been seen from inside a container, or the kernel may let it be set there: true whether or not it does. */
const setForAll = (key: string): string =>
  `${key} has one value for the whole machine: it changes for every container there. Some kernels let it be set from the initial network namespace only; set from another one it stays as it is, and that is said`;

/**
 * Completes a proposed value by its contract.
 * @returns undefined where there is nothing to gain (the value stands already), no way back, or the value is out of bounds
 */
export const remedy = (inquiry: Inquiry, proposed: Proposed): Remedy | undefined => {
  const { key, to, reason, memoryBytes } = proposed;
  const contract = CONTRACTS[key];
  const from = proposed.from?.trim().replace(/\s+/g, ' ');
  if (contract === undefined || from === undefined || from === to || !isSane(key, from, to)) return undefined;
  const perNamespace =
    contract.perNamespaceSince !== undefined && inquiry.kernelAtLeast(contract.perNamespaceSince) !== false;
  const initial = perNamespace ? true : inquiry.initialNamespace();
  const { readOnlyInsideSince } = contract;
  const locked = readOnlyInsideSince === undefined || inquiry.kernelAtLeast(readOnlyInsideSince) !== false;
  const elsewhere = initial === false && locked;
  const doubtful = !elsewhere && (initial === false || (initial === undefined && inquiry.detail('facts')?.container));
  const requires = [
    ...(elsewhere ? [setElsewhere(key)] : []),
    ...(doubtful ? [setForAll(key)] : []),
    ...(proposed.requires ?? []),
  ];
  return {
    key,
    from,
    to,
    scope: perNamespace ? 'ns' : 'host',
    reaches: contract.reaches,
    risk: proposed.risk ?? contract.risk,
    signal: contract.signal,
    judgeAfterSeconds: contract.judgeAfterSeconds,
    reason,
    revertHazard: contract.revertHazard,
    ...(memoryBytes !== undefined && memoryBytes > 0 && { memoryBytes }),
    ...(requires.length > 0 && { requires }),
    ...(elsewhere && { elsewhere }),
  };
};

/** The remedies that came to something, in the order in which they are to be applied. */
export const remedies = (...proposed: readonly (Remedy | undefined)[]): readonly Remedy[] =>
  proposed.filter((it) => it !== undefined);
