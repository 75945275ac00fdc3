/** Sockets without a process that still try to say goodbye: what their timers tell, and the setting that ends them sooner. */

import type { Remedy } from './finding.js';
import { grouped } from './grouped.js';
import type { Inquiry, Known } from './inquiry.js';
import { remedy } from './remedies.js';
import type { Sockets } from './snapshot.js';

/** Kept above 1: a single lost packet must not end a slow client's last bytes. */
const RETRIES = 2;
/** tcp_orphan_retries 0 stands for 8 (tcp_orphan_retries(), net/ipv4/tcp_timer.c). */
const ZERO_MEANS = 8;

export interface Goodbyes {
  total: number;
  /** retries are running, nobody answers: the peer is gone */
  unanswered: number;
  /** the peer answers window probes and takes no data */
  closedWindow: number;
}

export const goodbyes = (sockets: Sockets, state: 'FIN_WAIT1' | 'LAST_ACK'): Goodbyes => {
  const groups = sockets.closing.filter((group) => group.state === state);
  const sum = (of: typeof groups): number => of.reduce((total, { count }) => total + count, 0);
  return {
    total: Math.max(sockets.counts[state].total, sum(groups)),
    unanswered: sum(groups.filter(({ unanswered }) => unanswered)),
    closedWindow: sum(groups.filter(({ timer, unanswered }) => timer === 'persist' && !unanswered)),
  };
};

/**
 * Whether window probes go unanswered: an answer is a segment, so with fewer segments in than probes out the rest were not
 * answered, whatever else arrived. Timers show it only from the second try on, this shows it at once.
 */
export const probesUnanswered = (inquiry: Inquiry): Known => {
  const probes = inquiry.quietRate('TcpExt.TCPWinProbe');
  const segments = inquiry.quietRate('Tcp.InSegs');
  if (!probes.known || !segments.known || probes.delta < 10) return undefined;
  return segments.delta < probes.delta / 2 ? true : undefined;
};

/** tcp_orphan_retries, where it is not as low already. */
export const fewerRetries = (inquiry: Inquiry, unanswered: number): Remedy | undefined => {
  const from = inquiry.detail('sysctls')?.['net.ipv4.tcp_orphan_retries'];
  if (from === undefined || !/^\d+$/.test(from) || (Number(from) || ZERO_MEANS) <= RETRIES + 1) return undefined;
  return remedy(inquiry, {
    key: 'net.ipv4.tcp_orphan_retries',
    from,
    to: String(RETRIES),
    reason: `${grouped(unanswered)} sockets retry towards peers that do not answer; ${from === '0' ? '0 stands for 8 tries, about 100 s' : `${from} tries`}, ${RETRIES} give up within seconds to half a minute (measured: 300 gone in 30 s)`,
    requires: ['clients on bad links may lose the last bytes of an answer'],
  });
};
