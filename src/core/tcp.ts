/**
 * TCP states as the kernel spells them: a closed set (include/net/tcp_states.h). What a tool prints is mapped to it at the
 * parser; what is not recognised is counted as unknown, never dropped.
 */
export const TCP_STATES = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
] as const;

export type TcpState = (typeof TCP_STATES)[number];

/** What one state means, in a line that is right at 3 a.m.; `normal` says whether a pile of it is expected. */
export const STATE_MEANINGS: Readonly<
  Record<TcpState, { meaning: string; normal: 'yes' | 'brief' | 'rare' | 'never seen' }>
> = {
  ESTABLISHED: {
    meaning: 'Handshake done, open both ways. Says nothing about whether the peer is still alive.',
    normal: 'yes',
  },
  SYN_SENT: {
    meaning: 'We sent SYN, no answer yet. More than a handful: upstream or a firewall does not answer.',
    normal: 'brief',
  },
  SYN_RECV: {
    meaning: 'We answered a SYN and wait for the final ACK: half-open, in the SYN queue of a listener.',
    normal: 'brief',
  },
  FIN_WAIT1: { meaning: 'We closed first; our FIN, perhaps data before it, is not acknowledged yet.', normal: 'brief' },
  FIN_WAIT2: {
    meaning:
      "Our FIN is acknowledged, we wait for the peer's. Orphaned ones end after tcp_fin_timeout, owned ones never.",
    normal: 'brief',
  },
  TIME_WAIT: {
    meaning: 'We closed first and both sides are done: a 256-byte memory for a fixed 60 s. No process, no fd.',
    normal: 'yes',
  },
  CLOSE: { meaning: 'No connection: a socket that is not connected.', normal: 'rare' },
  CLOSE_WAIT: {
    meaning: 'The peer closed, our application has not. No timeout: a pile is a bug in the application.',
    normal: 'brief',
  },
  LAST_ACK: {
    meaning: 'The peer closed, then we did; our FIN is not acknowledged. Piles up when peers vanish.',
    normal: 'brief',
  },
  LISTEN: {
    meaning: 'Waiting for connections. Its receive queue is what waits for accept(), its limit the backlog.',
    normal: 'yes',
  },
  CLOSING: { meaning: 'Both sides closed at the same time; we wait for the ACK of our FIN.', normal: 'rare' },
  NEW_SYN_RECV: {
    meaning: "The kernel's internal name of a half-open request (since 4.4); tools print it as SYN_RECV.",
    normal: 'never seen',
  },
};

/** Sockets of one state. `ipv4 + ipv6 = total` where the split is known; a sampled split is marked as an estimate. */
export interface StateCount {
  total: number;
  split?: { ipv4: number; ipv6: number; estimated: boolean };
}

export type StateCounts = Readonly<Record<TcpState, StateCount>>;
