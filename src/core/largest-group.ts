/** Whom most of the sockets in one state have to do with. */
import type { SocketGroup, Sockets } from './snapshot.js';
import type { TcpState } from './tcp.js';

/** Our port where the peers came to us, the peer where we went to it. */
const groupName = (group: SocketGroup): string =>
  group.direction === 'in' ? `port ${group.localPort}` : `${group.peerAddress}:${group.peerPort}`;

/** @returns the largest group of the state, or of all of them, by name; nothing where none was listed */
export const largestGroup = (sockets: Sockets | undefined, state?: TcpState): { about?: string } => {
  const groups = (sockets?.groups ?? []).filter((group) => state === undefined || group.state === state);
  const group = groups.sort((a, b) => b.count - a.count)[0];
  return group === undefined ? {} : { about: groupName(group) };
};
