/**
 * The famous advice, and why it does nothing or harm: said wherever people would try it. One sentence each. Where something was
 * tried it was tried on hosts of a lab, and the sentence says so: beside the reader's own numbers it would pass for one of them.
 */
import type { Avoidance } from './finding.js';

export const AVOID = {
  twRecycle: {
    what: 'net.ipv4.tcp_tw_recycle=1',
    why: 'gone since Linux 4.12; before that it silently drops clients behind NAT',
  },
  finTimeoutForTimeWait: {
    what: 'net.ipv4.tcp_fin_timeout lower',
    why: 'does not touch TIME_WAIT, which lasts a fixed 60 s: it only shortens orphaned FIN_WAIT2',
  },
  syncookiesHere: {
    what: 'net.ipv4.tcp_syncookies=1',
    why: 'acts only when a SYN queue is full: no effect here',
  },
  twReuseServer: {
    what: 'net.ipv4.tcp_tw_reuse=1',
    why: 'only concerns outgoing connections: no effect on TIME_WAIT of a server',
  },
  twReuseHere: {
    what: 'net.ipv4.tcp_tw_reuse=1',
    why: 'only lets outgoing connections take over a TIME_WAIT port: no effect here',
  },
  lowerTwBuckets: {
    what: 'net.ipv4.tcp_max_tw_buckets lower',
    why: 'throws away the protection against old duplicates and frees nothing for 60 s',
  },
  timestampsOff: {
    what: 'net.ipv4.tcp_timestamps=0',
    why: 'disables tcp_tw_reuse and PAWS; the delays stay, only the counter falls silent',
  },
  articleFour: {
    what: 'tcp_syncookies=1, tcp_tw_reuse=1, tcp_tw_recycle=1, tcp_fin_timeout=30',
    why: 'the old advice against TIME_WAIT: it changes nothing here (tried in a lab)',
  },
  somaxconnNoRestart: {
    what: 'net.core.somaxconn higher without restarting the listener',
    why: 'it is read at listen(): a running listener keeps its limit',
  },
  abortOnOverflow: {
    what: 'net.ipv4.tcp_abort_on_overflow=1',
    why: 'turns clients that wait into clients that fail',
  },
} as const satisfies Record<string, Avoidance>;
