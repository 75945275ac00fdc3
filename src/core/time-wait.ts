/** The number of TIME_WAIT sockets: sockstat counts orphaned FIN_WAIT2 mini-sockets as well, IPv4 and IPv6 together. */
import type { Sockets, Sockstat } from './snapshot.js';

/** Mini-sockets in FIN_WAIT2: orphans that wait for the peer's FIN under the TIME_WAIT timer. */
export const orphanedFinWait2 = (sockets: Sockets): number =>
  sockets.closing
    .filter(({ state, timer }) => state === 'FIN_WAIT2' && timer === 'timewait')
    .reduce((sum, { count }) => sum + count, 0);

/** Never negative: the two numbers are read a moment apart. Undefined where either is missing. */
export const trueTimeWait = (sockstat: Sockstat | undefined, sockets: Sockets | undefined): number | undefined =>
  sockstat === undefined || sockets === undefined ? undefined : Math.max(0, sockstat.tw - orphanedFinWait2(sockets));
