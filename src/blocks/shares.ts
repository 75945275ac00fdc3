/** How full the limits are that a count only means something against: ports of a destination, conntrack, accept queues. */
import type { Snapshot, SocketGroup } from '../core/snapshot.js';
import { count, percent } from './words.js';

export interface Share {
  name: string;
  ratio: number;
  /** `65,536 of 65,536 entries` */
  said: string;
}

const portRange = (snapshot: Snapshot): number | undefined => {
  const sysctls = snapshot.readings.sysctls;
  if (sysctls.status !== 'ok') return undefined;
  const [low, high] = (sysctls.value['net.ipv4.ip_local_port_range'] ?? '').split(/\s+/).map(Number);
  if (low === undefined || high === undefined || !(high >= low)) return undefined;
  const reserved = (sysctls.value['net.ipv4.ip_local_reserved_ports'] ?? '')
    .split(',')
    .map((part) => part.split('-').map(Number))
    .reduce((sum, [first, last = first]) => {
      if (first === undefined || last === undefined || Number.isNaN(first) || Number.isNaN(last) || first === 0)
        return sum;
      return sum + Math.max(0, Math.min(high, last) - Math.max(low, first) + 1);
    }, 0);
  return Math.max(1, high - low + 1 - reserved);
};

const peerOf = (group: SocketGroup): string =>
  group.direction === 'out' ? `${group.localAddress}>${group.peerAddress}:${group.peerPort}` : '';

/** Sockets of all states towards each destination, TIME_WAIT scaled up where only a sample of the ports was looked at. */
const worstDestination = (
  snapshot: Snapshot,
  capacity: number,
): { peer: string; used: number; estimated: boolean } | undefined => {
  const { sockets, timeWait } = snapshot.readings;
  const used = new Map<string, number>();
  const add = (groups: readonly SocketGroup[], factor: number): void => {
    for (const group of groups) {
      if (group.direction !== 'out') continue;
      const key = peerOf(group);
      used.set(key, (used.get(key) ?? 0) + group.count * factor);
    }
  };
  const waits = timeWait.status === 'ok' ? timeWait.value : undefined;
  if (sockets.status === 'ok')
    add(
      waits === undefined ? sockets.value.groups : sockets.value.groups.filter((group) => group.state !== 'TIME_WAIT'),
      1,
    );
  const sampled = waits?.mode === 'windows' && waits.sampledPorts !== undefined && waits.sampledPorts > 0;
  if (waits !== undefined) add(waits.groups, sampled ? capacity / (waits.sampledPorts ?? capacity) : 1);
  const [worst] = [...used].sort((a, b) => b[1] - a[1]);
  return worst === undefined
    ? undefined
    : { peer: worst[0].split('>')[1] ?? '', used: Math.round(worst[1]), estimated: sampled };
};

/** In the order in which they hurt. A limit that could not be read is not in it. */
export const sharesOf = (snapshot: Snapshot): readonly Share[] => {
  const shares: Share[] = [];
  const { conntrack, sockets, fileHandles } = snapshot.readings;
  if (conntrack.status === 'ok' && conntrack.value.max > 0)
    shares.push({
      name: 'conntrack',
      ratio: conntrack.value.count / conntrack.value.max,
      said: `${count(conntrack.value.count)} of ${count(conntrack.value.max)}`,
    });
  const capacity = portRange(snapshot);
  if (capacity !== undefined) {
    const worst = worstDestination(snapshot, capacity);
    if (worst !== undefined)
      shares.push({
        name: `ports to ${worst.peer}`,
        ratio: Math.min(1, worst.used / capacity),
        said: `${worst.estimated ? 'about ' : ''}${count(worst.used)} of ${count(capacity)}`,
      });
  }
  if (sockets.status === 'ok') {
    const [fullest] = sockets.value.listeners
      .filter((it) => it.queueLimit !== undefined && it.queueLimit > 0)
      .map((it) => ({ port: it.port, length: it.queueLength, limit: it.queueLimit ?? 1 }))
      .sort((a, b) => b.length / b.limit - a.length / a.limit || b.length - a.length);
    if (fullest !== undefined)
      shares.push({
        name: fullest.length === 0 ? 'accept queues' : `accept queue of port ${fullest.port}`,
        ratio: fullest.length / fullest.limit,
        said: fullest.length === 0 ? 'all empty' : `${count(fullest.length)} of ${count(fullest.limit)}`,
      });
  }
  if (fileHandles.status === 'ok' && fileHandles.value.max > 0 && fileHandles.value.used / fileHandles.value.max >= 0.5)
    shares.push({
      name: 'open files',
      ratio: fileHandles.value.used / fileHandles.value.max,
      said: `${count(fileHandles.value.used)} of ${count(fileHandles.value.max)}`,
    });
  return shares;
};

export const shareInWords = (share: Share): string =>
  share.ratio === 0 ? `${share.name} ${share.said}` : `${share.name} ${percent(share.ratio)} (${share.said})`;

/** Who holds the sockets of one state, the most first. */
export const holdersOf = (
  snapshot: Snapshot,
  state: 'TIME_WAIT' | 'CLOSE_WAIT',
): readonly { who: string; count: number }[] => {
  const { sockets, timeWait } = snapshot.readings;
  const groups =
    state === 'TIME_WAIT' && timeWait.status === 'ok'
      ? timeWait.value.groups
      : sockets.status === 'ok'
        ? sockets.value.groups
        : [];
  return groups
    .filter((group) => group.state === state)
    .map((group) => ({
      who: group.direction === 'in' ? `our port ${group.localPort}` : `to ${group.peerAddress}:${group.peerPort}`,
      count: group.count,
    }))
    .sort((a, b) => b.count - a.count);
};
