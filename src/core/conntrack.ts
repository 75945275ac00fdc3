/** The connection-tracking table: how full it is, who fills it, and how large it should be. */

import type { Advice, Remedy } from './finding.js';
import { grouped } from './grouped.js';
import { anyOf, type Inquiry, type Known, reaches } from './inquiry.js';
import { loggedNow } from './kernel-log.js';
import { pow2Ceil, pow2Floor, remedies, remedy } from './remedies.js';
import type { Conntrack } from './snapshot.js';

/** Bytes of one entry with its extensions: 256 measured in the slab, 320 with what most hosts attach. */
export const ENTRY_BYTES = 320;
/** Share of memory that the table may take at most. */
const MEMORY_SHARE_MAX = 0.05;
/** The kernel's own default on a machine with enough memory. */
const MAX_DEFAULT = 262_144;
const ENTRIES_PER_BUCKET_MAX = 4;
const SHORT_TIMEOUT_SECONDS = 30;
/** The table counts as relieved below this use: where the shorter time would not get there it is not worth proposing. */
const RELIEVED_RATIO = 0.8;
/** A closed connection keeps its entry for twice as long as its TIME_WAIT socket lasts: this share of sockets is twice as much of the table. */
const CLOSED_SHARE_MIN = 0.2;

export interface TableUse {
  table: Conntrack | undefined;
  ratio: number | undefined;
  /** new flows are being dropped, or entries evicted for them */
  dropping: Known;
  dropsPerSecond: number;
}

/** Reads the table's use and shows it as evidence. */
export const tableUse = (inquiry: Inquiry): TableUse => {
  const reading = inquiry.snapshot.readings.conntrack;
  const table = reading.status === 'ok' ? reading.value : undefined;
  const counters = inquiry.detail('counters');
  const hasStatistics = counters !== undefined && 'conntrack.drop' in counters.first.values;
  const loaded =
    table !== undefined ||
    hasStatistics ||
    inquiry.detail('sysctls')?.['net.netfilter.nf_conntrack_max'] !== undefined ||
    loggedNow(inquiry, 'conntrack: table full');
  // no module, no table: a limit. A module whose count can't be read: a gap
  if (reading.status === 'failed') inquiry.lacks(`connection tracking: ${reading.reason}`, loaded);

  // a maximum of 0 is none (nf_conntrack_alloc(), net/netfilter/nf_conntrack_core.c)
  const ratio = table === undefined ? undefined : table.max === 0 ? 0 : table.count / table.max;
  if (table !== undefined && ratio !== undefined) {
    inquiry.show({
      name: 'conntrack entries',
      value: table.count,
      unit: 'entries',
      source: '/proc/sys/net/netfilter/nf_conntrack_count',
      limit: table.max,
    });
    inquiry.show({
      name: 'conntrack use',
      value: Math.round(ratio * 1000) / 1000,
      unit: 'ratio',
      source: '/proc/sys/net/netfilter/nf_conntrack_max',
      limit: 1,
      formula: 'count / max',
    });
  }
  if (counters !== undefined && !hasStatistics) {
    // a kernel without the statistics file: the fill alone decides, which is why `dropping` is no without it
    inquiry.lacks('conntrack.drop: this kernel prints no conntrack statistics', false);
    return { table, ratio, dropping: table === undefined ? undefined : false, dropsPerSecond: 0 };
  }
  const drop = inquiry.rate('conntrack.drop');
  const early = inquiry.rate('conntrack.early_drop', { limit: 'conntrack.early_drop: not printed by this kernel' });
  const dropping = anyOf(
    drop === undefined ? undefined : drop.delta > 0,
    early === undefined ? (drop === undefined ? undefined : false) : early.delta > 0,
  );
  return { table, ratio, dropping, dropsPerSecond: (drop?.perSecond ?? 0) + (early?.perSecond ?? 0) };
};

/** Sockets of this host that sit in TIME_WAIT: each still has its entry for up to two minutes. */
const timeWaitShare = (inquiry: Inquiry, table: Conntrack): { tw: number; share: number } | undefined => {
  const tw = inquiry.detail('sockstat')?.tw;
  return tw === undefined || table.count <= 0 ? undefined : { tw, share: tw / table.count };
};

/** The value for nf_conntrack_max: 4 × count, a power of two, at least the default, at most 5 % of memory. */
export const sizeFor = (count: number, memTotalBytes: number | undefined): number => {
  const wanted = pow2Ceil(Math.max(4 * count, MAX_DEFAULT));
  const cap = memTotalBytes === undefined ? MAX_DEFAULT : pow2Floor((memTotalBytes * MEMORY_SHARE_MAX) / ENTRY_BYTES);
  return Math.min(wanted, cap);
};

export const tableRemedies = (inquiry: Inquiry, use: TableUse): readonly Remedy[] => {
  const { table } = use;
  if (table === undefined) return [];
  const sysctls = inquiry.detail('sysctls');
  const memory = inquiry.detail('facts')?.memTotalBytes;
  const to = sizeFor(table.count, memory);
  const larger =
    to > table.max
      ? remedy(inquiry, {
          key: 'net.netfilter.nf_conntrack_max',
          from: sysctls?.['net.netfilter.nf_conntrack_max'] ?? String(table.max),
          to: String(to),
          reason: `4 x ${grouped(table.count)} entries, at least ${grouped(MAX_DEFAULT)}, as a power of two${memory === undefined ? '' : `, at most 5 % of ${grouped(Math.round(memory / 2 ** 20))} MiB memory at ${ENTRY_BYTES} bytes an entry`}`,
          memoryBytes: (to - table.max) * ENTRY_BYTES,
        })
      : undefined;
  const size = larger === undefined ? table.max : to;
  const buckets = table.buckets;
  const moreBuckets =
    buckets !== undefined && size / buckets > ENTRIES_PER_BUCKET_MAX && inquiry.kernelAtLeast('4.8') !== false
      ? remedy(inquiry, {
          key: 'net.netfilter.nf_conntrack_buckets',
          from: sysctls?.['net.netfilter.nf_conntrack_buckets'] ?? String(buckets),
          to: String(pow2Ceil(size / ENTRIES_PER_BUCKET_MAX)),
          reason: `${grouped(size)} entries in ${grouped(buckets)} buckets make chains of more than ${ENTRIES_PER_BUCKET_MAX}`,
        })
      : undefined;
  return remedies(larger, moreBuckets, shorterTimeout(inquiry, use, table));
};

/** Worth it only when closed flows fill the table and the table can hold what arrives within the shorter time. */
const shorterTimeout = (inquiry: Inquiry, use: TableUse, table: Conntrack): Remedy | undefined => {
  const share = timeWaitShare(inquiry, table);
  const closes = inquiry.quietRate('TcpExt.TW');
  if (share === undefined || share.share < 0.5 || !closes.known) return undefined;
  // while flows are dropped the true demand is not seen: what is dropped counts as well
  const arrivingPerSecond = Math.max(closes.perSecond, share.tw / 60) + use.dropsPerSecond;
  if (arrivingPerSecond * SHORT_TIMEOUT_SECONDS >= table.max * RELIEVED_RATIO) return undefined;
  const key = 'net.netfilter.nf_conntrack_tcp_timeout_time_wait';
  const from = inquiry.detail('sysctls')?.[key];
  if (from === undefined || !(Number(from) > SHORT_TIMEOUT_SECONDS)) return undefined;
  return remedy(inquiry, {
    key,
    from,
    to: String(SHORT_TIMEOUT_SECONDS),
    reason: `${grouped(share.tw)} of ${grouped(table.count)} entries are closed connections; at ${grouped(arrivingPerSecond)} new ones a second ${SHORT_TIMEOUT_SECONDS} s of them are ${grouped(Math.round(arrivingPerSecond * SHORT_TIMEOUT_SECONDS))}`,
    requires: [`no relief before the present timeout of ${from} s has run out`],
  });
};

/** What fills the table, and what to do about it where a larger one is not the answer. */
export const tableAdvice = (inquiry: Inquiry, use: TableUse, offered: readonly Remedy[]): readonly Advice[] => {
  const advice: Advice[] = [];
  const { table } = use;
  const share = table === undefined ? undefined : timeWaitShare(inquiry, table);
  const holder = [...(inquiry.detail('timeWait')?.groups ?? [])].sort((a, b) => b.count - a.count)[0];
  if (share !== undefined && share.share >= CLOSED_SHARE_MIN && holder !== undefined) {
    const about =
      holder.direction === 'in' ? `local port ${holder.localPort}` : `${holder.peerAddress}:${holder.peerPort}`;
    advice.push({
      what: `${grouped(share.tw)} connections in TIME_WAIT fill it: keep connections alive in the application instead of one for each request, or exempt this port from tracking (NOTRACK)`,
      about,
    });
    advice.push({
      what: 'for a moment of air: conntrack -D -p tcp --state TIME_WAIT (the table refills at the connection rate)',
    });
  } else
    advice.push({
      what: 'see what fills it: conntrack -L | awk by state and address; exempt the hot port from tracking (NOTRACK), or do without tracking where no rule needs it',
    });
  if (table !== undefined && !offered.some(({ key }) => key === 'net.netfilter.nf_conntrack_max'))
    advice.push({
      what:
        4 * table.count <= table.max
          ? `nf_conntrack_max ${grouped(table.max)} is at least four times what is in the table: flows are dropped for another reason than its size (hash chains, helpers, clashes: conntrack -S tells which)`
          : `nf_conntrack_max ${grouped(table.max)} is as large as memory allows it to be proposed: fewer entries are the way, not more room`,
    });
  if (table?.buckets !== undefined && inquiry.kernelAtLeast('4.8') === false)
    advice.push({
      what: 'on this kernel the hash is sized through /sys/module/nf_conntrack/parameters/hashsize: at least nf_conntrack_max / 4',
    });
  return advice;
};

/** @param limit share of its maximum */
export const askFull = (inquiry: Inquiry, { table, ratio }: TableUse, limit: number): Known =>
  inquiry.ask(
    `Is the table at least ${limit * 100} % full?`,
    reaches(ratio, limit),
    table === undefined ? 'unknown' : `${grouped(table.count)} of ${grouped(table.max)}`,
  );
