/** How an aggregated socket listing (`@@states`, `@@timewait`) is read; the forms of its lines are told in `probes/sockets.ts`. */
import type { Section } from './probe.js';
import type { ClosingGroup, Listener, OutgoingPorts, QueueTotals, SocketGroup } from './snapshot.js';
import { TCP_STATES } from './tcp.js';
import { clipped, endpoint, isAddress, portNumber, wholeNumber, words } from './transcript-words.js';

export const TIMEWAIT_STATE = 'TIME_WAIT';

/** What ss prints, in the kernel's spelling; the kernel's and netstat's own spelling are taken as they are. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ESTAB: 'ESTABLISHED',
  FIN_WAIT_1: 'FIN_WAIT1',
  FIN_WAIT_2: 'FIN_WAIT2',
  UNCONN: 'CLOSE',
};

const LISTENERS_MAX = 1000;
const GROUPS_MAX = 5000;
const STATES_MAX = 32;

const isKnownState = (name: string): boolean => (TCP_STATES as readonly string[]).includes(name);

/** `FIN-WAIT-1` → `FIN_WAIT1`; a state that nobody knows keeps the name that the host printed. */
export const stateName = (printed: string): string => {
  const name = printed.replaceAll('-', '_');
  const kernel = Object.hasOwn(SPELLINGS, name) ? (SPELLINGS[name] ?? name) : name;
  return isKnownState(kernel) ? kernel : clipped(printed, 32);
};

export interface Listing {
  counts: ReadonlyMap<string, { count: number; queues: QueueTotals }>;
  families: ReadonlyMap<string, { ipv4: number; ipv6: number }>;
  hasFamilies: boolean;
  listeners: readonly Listener[];
  closing: readonly ClosingGroup[];
  groups: readonly SocketGroup[];
  outgoing: OutgoingPorts;
  rows: number;
  /** ESTABLISHED were looked at by so many sampled ports; absent: all of them */
  sampledPorts?: number;
}

const numbers = (cells: readonly string[]): number[] | undefined => {
  const values = cells.map(wholeNumber);
  return values.every((value) => value !== undefined) ? values : undefined;
};

const TIMERS = ['none', 'on', 'persist', 'timewait', 'keepalive'] as const;

const readClosing = (cells: readonly string[]): ClosingGroup | undefined => {
  const state = stateName(cells[0] ?? '');
  const count = wholeNumber(cells[3]);
  if (count === undefined || (state !== 'FIN_WAIT1' && state !== 'FIN_WAIT2' && state !== 'LAST_ACK')) return undefined;
  const timer = TIMERS.find((name) => name === cells[1]) ?? 'unknown';
  return { state, timer, unanswered: cells[2] === 'retry', count };
};

const readGroup = (cells: readonly string[]): SocketGroup | undefined => {
  const count = wholeNumber(cells[0]);
  const state = stateName(cells[1] ?? '');
  if (count === undefined || count === 0) return undefined;
  if (cells[2] === 'in') {
    const localPort = portNumber(cells[3]);
    return localPort === undefined ? undefined : { state, count, direction: 'in', localPort };
  }
  const peer = endpoint(cells[4]);
  const localAddress = (cells[3] ?? '').replace(/[[\]]/g, '');
  if (cells[2] !== 'out' || peer === undefined || !isAddress(localAddress)) return undefined;
  return { state, count, direction: 'out', localAddress, peerAddress: peer.address, peerPort: peer.port };
};

const readListener = (cells: readonly string[], limits: boolean): Listener | undefined => {
  const [queueLength, queueLimit] = [wholeNumber(cells[0]), wholeNumber(cells[1])];
  const local = endpoint(cells[2]);
  if (queueLength === undefined || queueLimit === undefined || local === undefined) return undefined;
  // ss falls back to /proc/net/tcp itself where the kernel has no inet_diag, and prints 0 for a limit that it does not know.
  return { ...local, queueLength, ...(limits && queueLimit > 0 && { queueLimit }) };
};

/**
 * The listing, or what is wrong with it. `E` carries the number of rows that were seen: when the states do not add up to it,
 * a line was lost, and a state that is not there would pass for zero.
 */
export const readListing = (section: Section): Listing | string => {
  const counts = new Map<string, { count: number; queues: QueueTotals }>();
  const families = new Map<string, { ipv4: number; ipv6: number }>();
  const listeners: Listener[] = [];
  const closing: ClosingGroup[] = [];
  const groups: SocketGroup[] = [];
  let ending: number[] | undefined;
  let sampledPorts: number | undefined;
  const limits = !section.arguments.startsWith('proc');
  for (const line of section.lines) {
    const [kind, ...cells] = words(line);
    if (kind === 'S') {
      const state = stateName(cells[0] ?? '');
      const values = numbers(cells.slice(1));
      if (values === undefined || values.length !== 5) return 'a count is not a number';
      if (counts.has(state) && isKnownState(state) && state !== 'SYN_RECV') return `${state} is counted twice`;
      if (counts.size >= STATES_MAX) return 'it has more states than there can be';
      const [count = 0, receive = 0, send = 0, withReceive = 0, withSend = 0] = values;
      const before = counts.get(state);
      counts.set(state, {
        count: count + (before?.count ?? 0),
        queues: {
          receiveQueueBytes: receive + (before?.queues.receiveQueueBytes ?? 0),
          sendQueueBytes: send + (before?.queues.sendQueueBytes ?? 0),
          socketsWithReceiveQueue: withReceive + (before?.queues.socketsWithReceiveQueue ?? 0),
          socketsWithSendQueue: withSend + (before?.queues.socketsWithSendQueue ?? 0),
        },
      });
    } else if (kind === 'F') {
      const [ipv4, ipv6] = numbers(cells.slice(1)) ?? [];
      if (ipv4 !== undefined && ipv6 !== undefined) families.set(stateName(cells[0] ?? ''), { ipv4, ipv6 });
    } else if (kind === 'E') ending = numbers(cells);
    else if (kind === 'X' && cells[0] === 'established-sampled') sampledPorts = wholeNumber(cells[1]);
    else if (kind === 'L' && listeners.length < LISTENERS_MAX) {
      const listener = readListener(cells, limits);
      if (listener !== undefined) listeners.push(listener);
    } else if (kind === 'M') {
      const group = readClosing(cells);
      if (group !== undefined) closing.push(group);
    } else if (kind === 'G' && groups.length < GROUPS_MAX) {
      const group = readGroup(cells);
      if (group !== undefined) groups.push(group);
    }
  }
  const [sockets, distinctLocalPorts, evenPorts, oddPorts, rows] = ending ?? [];
  if (
    sockets === undefined ||
    distinctLocalPorts === undefined ||
    evenPorts === undefined ||
    oddPorts === undefined ||
    rows === undefined
  )
    return 'its line of totals is missing';
  const sum = [...counts.values()].reduce((total, { count }) => total + count, 0);
  if (sum !== rows) return `its states add up to ${sum}, not to the ${rows} sockets that were seen`;
  groups.sort((a, b) => b.count - a.count);
  return {
    counts,
    families,
    hasFamilies: families.size > 0 || rows === 0,
    listeners,
    closing,
    groups,
    outgoing: { sockets, distinctLocalPorts, evenPorts, oddPorts },
    rows,
    ...(sampledPorts !== undefined && { sampledPorts }),
  };
};
