/** What the bot must say of each case of the lab, exactly, live and from its recorded transcript; and what helps and what does not. */

/** Numbers of connects tried by a client. */
interface Tries {
  tried: number;
  ok: number;
}
/** What a case's `symptom` step prints; each case prints some of these. */
export interface Symptom {
  connects?: Tries;
  elsewhere?: Tries;
  ssh?: Tries;
  sshOnTheHost?: Tries;
  dns?: Tries;
  outgoing?: Tries;
  new?: Tries;
  ping?: { lostPercent: number };
  overflows?: number;
  closeWait?: number;
  finWait1?: number;
  resets?: number;
  finWait2?: number;
  withoutOwner?: number;
  lastAck?: number;
  pressure?: number;
  resent?: number;
  sent?: number;
  synSent?: number;
  fds?: number;
  count?: number;
}

export interface Expected {
  /** `id severity`, in order: all that is present */
  present: readonly string[];
  /** `key from -> to`, of all findings in order; `*` stands for digits that depend on the machine */
  remedies?: readonly string[];
  /** whether people are hurt, from what they see */
  hurts?: (symptom: Symptom) => boolean;
  /** what the article's four lines do to the symptom */
  article?: 'nothing' | 'cures' | 'nothing without tcp_tw_reuse, which is proposed';
  /** the proposed settings cure it: the symptom is gone and so is the finding, after this many seconds at most */
  curedWithinSeconds?: number;
  /** beside the setting: the listener has to be started again */
  restart?: true;
  /** no setting helps; mending the application or the path does, after this many seconds at most */
  mendedWithinSeconds?: number;
  /** new SSH connections fail meanwhile: only a warm one gets in */
  warmOnly?: true;
}

const failing = (...tries: readonly (Tries | undefined)[]): boolean =>
  tries.some((it) => it !== undefined && it.ok < it.tried);
const nobodyIn = (...tries: readonly (Tries | undefined)[]): boolean =>
  tries.every((it) => it === undefined || it.ok === 0);

const conntrackFull = {
  present: ['conntrack-full crit'],
  remedies: ['net.netfilter.nf_conntrack_max 1500 -> 262144'],
  hurts: ({ ssh, sshOnTheHost, dns, ping }: Symptom) => failing(ssh, sshOnTheHost, dns) || (ping?.lostPercent ?? 0) > 0,
  article: 'nothing',
  curedWithinSeconds: 5,
  warmOnly: true,
} as const;

export const EXPECTED: Readonly<Record<string, Expected>> = {
  article: { ...conntrackFull, remedies: ['net.netfilter.nf_conntrack_max 65536 -> 262144'] },
  'conntrack-full': conntrackFull,
  'conntrack-full-closed': conntrackFull,
  'time-wait-ports': {
    present: ['ephemeral-exhaustion-tw crit'],
    remedies: ['net.ipv4.tcp_tw_reuse 0 -> 1', 'net.ipv4.ip_local_port_range 40000 41999 -> 10240 65535'],
    hurts: ({ connects, elsewhere }) => nobodyIn(connects) || failing(elsewhere),
    article: 'nothing without tcp_tw_reuse, which is proposed',
    curedWithinSeconds: 5,
  },
  'time-wait-ports-wide': {
    present: ['ephemeral-exhaustion-tw crit'],
    remedies: ['net.ipv4.tcp_tw_reuse 0 -> 1', 'net.ipv4.ip_local_port_range 32768 60999 -> 10240 65535'],
    hurts: ({ connects, elsewhere }) => nobodyIn(connects) || failing(elsewhere),
    curedWithinSeconds: 5,
  },
  'time-wait-buckets': {
    present: ['tw-bucket-overflow warn'],
    remedies: ['net.ipv4.tcp_max_tw_buckets 500 -> 262144'],
    hurts: ({ overflows = 0 }) => overflows > 0,
    article: 'nothing',
    curedWithinSeconds: 5,
  },
  'close-wait-leak': {
    present: ['close-wait-leak crit'],
    hurts: ({ closeWait = 0 }) => closeWait >= 50,
    article: 'nothing',
    mendedWithinSeconds: 10,
  },
  'accept-queue': {
    present: ['accept-queue-overflow crit'],
    hurts: ({ overflows = 0 }) => overflows > 0,
    article: 'nothing',
    mendedWithinSeconds: 20,
  },
  'accept-queue-somaxconn': {
    present: ['accept-queue-overflow crit'],
    remedies: ['net.core.somaxconn 16 -> 4096'],
    hurts: ({ overflows = 0 }) => overflows > 0,
    article: 'nothing',
    curedWithinSeconds: 20,
    restart: true,
  },
  'syn-flood': {
    present: ['syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
    hurts: ({ connects }) => failing(connects),
    article: 'cures',
    curedWithinSeconds: 5,
  },
  'syn-flood-backlog': {
    present: ['syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
    hurts: ({ connects }) => failing(connects),
    curedWithinSeconds: 5,
  },
  'fin-wait1-deaf': {
    present: ['fin-wait1-stuck warn'],
    hurts: ({ finWait1 = 0 }) => finWait1 >= 100,
    article: 'nothing',
  },
  'fin-wait1-gone': {
    present: ['fin-wait1-stuck warn'],
    remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'],
    hurts: ({ finWait1 = 0 }) => finWait1 >= 100,
    article: 'nothing',
    curedWithinSeconds: 60,
  },
  'orphan-limit': {
    present: ['fin-wait1-stuck warn', 'orphan-pressure crit'],
    hurts: ({ resets = 0 }) => resets > 0,
    article: 'nothing',
  },
  'fin-wait2-orphans': {
    present: ['fin-wait2-pile warn'],
    remedies: ['net.ipv4.tcp_fin_timeout 60 -> 15'],
    hurts: ({ withoutOwner = 0 }) => withoutOwner >= 500,
    curedWithinSeconds: 75,
  },
  'fin-wait2-owned': {
    present: ['fin-wait2-owned warn'],
    hurts: ({ finWait2 = 0 }) => finWait2 >= 100,
    article: 'nothing',
  },
  'last-ack': {
    present: ['last-ack-stuck warn'],
    remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'],
    hurts: ({ lastAck = 0 }) => lastAck >= 100,
    article: 'nothing',
    curedWithinSeconds: 60,
  },
  'tcp-memory': {
    present: ['tcp-mem-pressure warn'],
    hurts: ({ pressure = 0 }) => pressure > 0,
    article: 'nothing',
  },
  'packet-loss': {
    present: ['retransmission crit'],
    hurts: ({ resent = 0, sent = 0 }) => resent / sent > 0.02,
    article: 'nothing',
    mendedWithinSeconds: 10,
  },
  'syn-sent': {
    present: ['syn-sent-stuck crit'],
    hurts: ({ synSent = 0 }) => synSent >= 20,
    article: 'nothing',
    mendedWithinSeconds: 40,
  },
  descriptors: {
    present: ['fd-exhaustion crit', 'accept-queue-overflow crit'],
    hurts: ({ connects }) => failing(connects),
    article: 'nothing',
    mendedWithinSeconds: 20,
  },
  'leak-to-accept-queue': {
    present: ['close-wait-leak crit', 'fd-exhaustion crit', 'accept-queue-overflow crit'],
    hurts: ({ connects }) => failing(connects),
    article: 'nothing',
    mendedWithinSeconds: 20,
  },
  'ports-and-conntrack': {
    present: ['conntrack-full crit', 'ephemeral-exhaustion-tw crit'],
    remedies: [
      'net.netfilter.nf_conntrack_max 1500 -> 262144',
      'net.ipv4.tcp_tw_reuse 0 -> 1',
      'net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535',
    ],
    hurts: ({ ssh, outgoing }) => failing(ssh, outgoing),
    curedWithinSeconds: 10,
    warmOnly: true,
  },
  neighbours: {
    present: ['neigh-overflow crit'],
    remedies: [
      'net.ipv6.neigh.default.gc_thresh3 1024 -> *',
      'net.ipv6.neigh.default.gc_thresh2 512 -> *',
      'net.ipv6.neigh.default.gc_thresh1 128 -> *',
    ],
    hurts: ({ new: tries }) => failing(tries),
    article: 'nothing',
    curedWithinSeconds: 10,
  },
  'port-range-overlap': {
    present: ['port-range-overlap info'],
    remedies: ['net.ipv4.ip_local_reserved_ports  -> 40000'],
  },
  'syn-flood-absorbed': {
    present: ['syn-flood-absorbed info'],
    hurts: ({ connects }) => failing(connects),
  },
  'server-time-wait': { present: ['time-wait-harmless info'], hurts: ({ connects }) => failing(connects) },
  'many-destinations': { present: ['time-wait-harmless info'], hurts: ({ connects }) => failing(connects) },
  'idle-established': { present: [], hurts: ({ connects }) => failing(connects) },
  'conntrack-room': { present: [], hurts: conntrackFull.hurts },
  'close-wait-transient': { present: [] },
  'old-overflows': { present: [] },
  idle: { present: [] },
};
