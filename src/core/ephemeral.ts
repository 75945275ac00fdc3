/**
 * The arithmetic of local ports. A connection is known by (source address, source port, destination address, destination
 * port), so each (source, destination:port) has its own ports to use: high - low + 1 - reserved of them. No kernel counter
 * tells of EADDRNOTAVAIL; this does.
 */
import type { Inquiry } from './inquiry.js';
import { inPorts, overlap, type PortRange, parsePortList, parsePortRange } from './port-list.js';
import type { SocketGroup } from './snapshot.js';

/** Shared by the rules on ports; named once so that an override holds for all of them. */
export const PORT_THRESHOLDS = {
  EPHEMERAL_WARN_RATIO: {
    value: 0.7,
    unit: 'ratio',
    source: 'above it a burst of one minute exhausts the rest; connect() gets slower from half the range on (measured)',
  },
  EPHEMERAL_CRIT_RATIO: {
    value: 0.9,
    unit: 'ratio',
    source: 'measured: 0 of 100 connects at 100 %; the search for a free port fails in bursts before that',
  },
} as const;

export interface PortCapacity {
  range: PortRange;
  reserved: readonly PortRange[];
  reservedInRange: number;
  /** ports for one (source, destination:port) */
  ports: number;
}

export interface Tuple {
  localAddress: string;
  peerAddress: string;
  peerPort: number;
  /** sockets in TIME_WAIT; an estimate when only windows of ports were looked at */
  timeWait: number;
  /** sockets in every other state, by state */
  live: Readonly<Record<string, number>>;
  liveTotal: number;
  /** (timeWait + live) / capacity */
  use: number;
}

type OutGroup = Extract<SocketGroup, { direction: 'out' }>;

const isLoopbackAddress = (address: string): boolean =>
  /^\[?(127\.|::1\]?$|::ffff:127\.)/i.test(address.replace(/^\[/, '').replace(/\]$/, ''));
export const isLoopback = (tuple: Pick<Tuple, 'peerAddress'>): boolean => isLoopbackAddress(tuple.peerAddress);

/** `10.0.3.7:5432`, `[2001:db8::1]:5432` */
export const peerName = (tuple: Pick<Tuple, 'peerAddress' | 'peerPort'>): string =>
  tuple.peerAddress.includes(':') && !tuple.peerAddress.startsWith('[')
    ? `[${tuple.peerAddress}]:${tuple.peerPort}`
    : `${tuple.peerAddress}:${tuple.peerPort}`;

/** Ports for one destination, from the sysctls; noted as missing where they can't be read. */
export const portCapacity = (inquiry: Inquiry): PortCapacity | undefined => {
  const text = inquiry.sysctl('net.ipv4.ip_local_port_range');
  const range = parsePortRange(text);
  if (text !== undefined && range === undefined)
    inquiry.lacks(`net.ipv4.ip_local_port_range: ${JSON.stringify(text.slice(0, 40))} is no range`, true);
  if (range === undefined) return undefined;
  // a list that cannot be read hides at most a few ports: counting none of them errs towards a later alarm by as much
  const reserved = parsePortList(inquiry.detail('sysctls')?.['net.ipv4.ip_local_reserved_ports']) ?? [];
  const reservedInRange = overlap(range, reserved);
  const ports = range.high - range.low + 1 - reservedInRange;
  return ports < 1 ? undefined : { range, reserved, reservedInRange, ports };
};

export interface PortUse {
  capacity: PortCapacity;
  /** fullest first; equal ones by name, so that the same snapshot names the same tuple */
  tuples: readonly Tuple[];
  /** TIME_WAIT was estimated from windows of the range */
  sampled: boolean;
  /** live sockets and TIME_WAIT were counted together, ports included */
  oneList: boolean;
  /** all outgoing sockets of the range, TIME_WAIT included (estimated when sampled) */
  outgoingSockets: number;
}

const isOut = (group: SocketGroup): group is OutGroup => group.direction === 'out';

/** The port use from which on there is something to say: the warning line, or the critical one where that was set lower. */
export const alarmRatio = (inquiry: Inquiry): number =>
  Math.min(inquiry.threshold('EPHEMERAL_WARN_RATIO'), inquiry.threshold('EPHEMERAL_CRIT_RATIO'));

/** Whether TIME_WAIT sockets of unknown peers could bring a destination to the warning line that is not there without them. */
const mayReach = (
  inquiry: Inquiry,
  tuples: readonly (readonly [string, Tuple])[],
  unlisted: number,
  ports: number,
): boolean => {
  const line = alarmRatio(inquiry) * ports;
  const below = tuples.map(([, { liveTotal }]) => liveTotal).filter((live) => live < line);
  return Math.max(0, ...below) + unlisted >= line;
};

/**
 * Port use of every destination that was listed.
 * @returns undefined, with what is missing noted, when it cannot be told. Where it is unknown who holds TIME_WAIT but no
 * destination can be brought to the warning line by them, that is told.
 */
export const portUse = (inquiry: Inquiry): PortUse | undefined => {
  const capacity = portCapacity(inquiry);
  const sockets = inquiry.reading('sockets');
  if (capacity === undefined || sockets === undefined) return undefined;
  const holders = inquiry.detail('timeWait');
  const sampled = holders?.mode === 'windows';
  const sampledPorts = holders?.sampledPorts;
  if (sampled && (sampledPorts === undefined || sampledPorts < 1)) {
    inquiry.lacks('who holds TIME_WAIT: how many ports were sampled is not said', true);
    return undefined;
  }
  // a sample of n ports of the range stands for all of them
  const scale = sampled && sampledPorts !== undefined ? capacity.ports / sampledPorts : 1;

  const byName = new Map<string, { group: OutGroup; timeWait: number; live: Record<string, number> }>();
  const entryOf = (group: OutGroup): { timeWait: number; live: Record<string, number> } => {
    const name = `${group.localAddress} ${group.peerAddress} ${group.peerPort}`;
    const entry = byName.get(name) ?? { group, timeWait: 0, live: {} };
    byName.set(name, entry);
    return entry;
  };
  const timeWaitGroups = (holders?.groups ?? []).filter(isOut).filter(({ state }) => state === 'TIME_WAIT');
  for (const group of timeWaitGroups) entryOf(group).timeWait += group.count * scale;
  for (const group of sockets.groups.filter(isOut)) {
    const entry = entryOf(group);
    // a list without ss holds TIME_WAIT among the others; the holders reading, where it exists, counts them already
    if (group.state !== 'TIME_WAIT') entry.live[group.state] = (entry.live[group.state] ?? 0) + group.count;
    else if (timeWaitGroups.length === 0) entry.timeWait += group.count;
  }
  const tuples = [...byName.entries()].map(([name, { group, timeWait, live }]): [string, Tuple] => {
    const { localAddress, peerAddress, peerPort } = group;
    const liveTotal = Object.values(live).reduce((sum, count) => sum + count, 0);
    const used = Math.round(timeWait) + liveTotal;
    return [
      name,
      {
        localAddress,
        peerAddress,
        peerPort,
        timeWait: Math.round(timeWait),
        live,
        liveTotal,
        use: used / capacity.ports,
      },
    ];
  });
  // whose TIME_WAIT these are nobody asked (too few to matter), or it could not be read
  const unlisted = holders === undefined ? inquiry.reading('sockstat')?.tw : 0;
  if (unlisted === undefined || (unlisted > 0 && mayReach(inquiry, tuples, unlisted, capacity.ports))) {
    inquiry.reading('timeWait');
    return undefined;
  }
  tuples.sort(([leftName, left], [rightName, right]) => right.use - left.use || (leftName < rightName ? -1 : 1));
  const timeWaitListed = timeWaitGroups.reduce((sum, { count }) => sum + count, 0);
  // the older form without ss counts TIME_WAIT among the others
  const oneList = inquiry.detail('facts')?.socketSource === 'proc' && holders?.outgoing === undefined;
  const timeWaitTotal =
    (holders?.outgoing?.sockets ?? timeWaitListed) * scale -
    (oneList ? Math.min(timeWaitListed, sockets.outgoing.sockets) : 0);
  return {
    capacity,
    tuples: tuples.map(([, tuple]) => tuple),
    sampled,
    oneList,
    outgoingSockets: Math.round(sockets.outgoing.sockets + timeWaitTotal),
  };
};

/** Shows the tuple's numbers as evidence. */
export const showTuple = (inquiry: Inquiry, use: PortUse, tuple: Tuple): void => {
  const { capacity } = use;
  inquiry.show({
    name: 'ports in use',
    value: tuple.timeWait + tuple.liveTotal,
    unit: 'ports',
    source: use.sampled ? 'ss, TIME_WAIT estimated from windows of local ports' : 'ss',
    limit: capacity.ports,
    formula: `${tuple.timeWait} TIME_WAIT + ${tuple.liveTotal} others, from ${tuple.localAddress} to ${peerName(tuple)}`,
  });
  inquiry.show({
    name: 'port use',
    value: Math.round(tuple.use * 1000) / 1000,
    unit: 'ratio',
    source: 'computed',
    limit: 1,
    formula: `(TIME_WAIT + others) / (${capacity.range.high} - ${capacity.range.low} + 1 - ${capacity.reservedInRange} reserved)`,
  });
  inquiry.show({
    name: 'TIME_WAIT share',
    value: Math.round((tuple.timeWait / Math.max(1, tuple.timeWait + tuple.liveTotal)) * 100) / 100,
    unit: 'ratio',
    source: 'computed',
  });
};

/** Listening ports inside a range that nothing keeps from being given away. */
export const unreservedListeners = (
  inquiry: Inquiry,
  range: PortRange,
  reserved: readonly PortRange[],
): readonly number[] => {
  const listeners = inquiry.detail('sockets')?.listeners ?? [];
  const ports = listeners.map(({ port }) => port).filter((port) => port >= range.low && port <= range.high);
  return [...new Set(ports)].filter((port) => !inPorts(reserved, port)).sort((a, b) => a - b);
};
