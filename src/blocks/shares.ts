/** How full the limits are that a count only means something against: ports of a destination, conntrack, accept queues. */
import { PORT_THRESHOLDS, peerName, portUse } from '../core/ephemeral.js';
import { Inquiry } from '../core/inquiry.js';
import type { Snapshot } from '../core/snapshot.js';
import { count, percent } from './words.js';

export interface Share {
  name: string;
  ratio: number;
  /** `65,536 of 65,536 entries` */
  said: string;
}

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
  const ports = portUse(new Inquiry(PORT_THRESHOLDS, { snapshot, thresholds: {}, earlier: new Map() }));
  const worst = ports?.tuples[0];
  if (ports !== undefined && worst !== undefined)
    shares.push({
      name: `ports to ${peerName(worst)}`,
      ratio: Math.min(1, worst.use),
      said: `${ports.sampled ? 'about ' : ''}${count(worst.timeWait + worst.liveTotal)} of ${count(ports.capacity.ports)}`,
    });
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
