/** FIN_WAIT2 that nobody owns, and FIN_WAIT2 that a process keeps. */
import type { Sockets } from './snapshot.js';

/** Up to this tcp_fin_timeout an orphan is a mini-socket under the TIME_WAIT timer at once; above, a full socket first. */
const MINI_SOCKET_SECONDS = 60;

export interface FinWait2 {
  orphaned: number;
  owned: number;
  /** sockets whose timer the host did not tell: either */
  untold: number;
}

/** @param finTimeoutSeconds tcp_fin_timeout; NaN where unknown: the kernel's default of 60 is taken */
export const finWait2 = (sockets: Sockets, finTimeoutSeconds: number): FinWait2 => {
  const groups = sockets.closing.filter(({ state }) => state === 'FIN_WAIT2');
  const sum = (of: typeof groups): number => of.reduce((total, { count }) => total + count, 0);
  // with a long timeout orphans wait as full sockets whose timer ss calls keepalive
  const orphanTimers = finTimeoutSeconds > MINI_SOCKET_SECONDS ? ['timewait', 'keepalive'] : ['timewait'];
  const orphaned = sum(groups.filter(({ timer }) => orphanTimers.includes(timer)));
  const owned = sum(groups.filter(({ timer }) => !orphanTimers.includes(timer) && timer !== 'unknown'));
  return { orphaned, owned, untold: Math.max(0, sockets.counts.FIN_WAIT2.total - orphaned - owned) };
};
