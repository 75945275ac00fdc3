/** FIN_WAIT2 that nobody owns, and FIN_WAIT2 that a process keeps. */
import { grouped } from './grouped.js';
import type { Inquiry, Known } from './inquiry.js';
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

/** Asks whether one kind is a pile: shown as evidence, untold where the timers of the others could make it one. */
export const askFinWait2 = (
  q: Inquiry,
  {
    kind,
    name,
    source,
    what,
    min,
  }: { kind: 'orphaned' | 'owned'; name: string; source: string; what: string; min: number },
): { sockets: Sockets | undefined; count: number; many: Known } => {
  const sockets = q.reading('sockets');
  const split =
    sockets === undefined ? undefined : finWait2(sockets, Number(q.detail('sysctls')?.['net.ipv4.tcp_fin_timeout']));
  if (split === undefined) return { sockets, count: 0, many: q.askReaches(what, undefined, min) };
  const count = split[kind];
  q.show({ name, value: count, unit: 'sockets', source });
  const untold = count < min && count + split.untold >= min;
  if (untold)
    q.lacks(`the timers of ${grouped(split.untold)} FIN_WAIT2 sockets: they tell orphans from owned ones`, true);
  return { sockets, count, many: q.askReaches(what, untold ? undefined : count, min) };
};
