import { grouped } from '../grouped.js';
import { allOf, anyOf, Inquiry, type Known, reaches } from '../inquiry.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';
import type { Sockets } from '../snapshot.js';

/** A port whose accept queue has room while its half-open connections are at their limit: no accept overflow explains that. */
const besideFull = ({ listeners, groups }: Sockets, ratio: number, backlog: number | undefined): number | undefined => {
  for (const { port, queueLength, queueLimit } of listeners) {
    if (queueLimit === undefined || queueLength >= queueLimit || backlog === undefined) continue;
    const limit = Math.min(queueLimit, backlog);
    const halfOpen = groups.find(
      (group) => group.state === 'SYN_RECV' && group.direction === 'in' && group.localPort === port,
    );
    if (halfOpen !== undefined && halfOpen.count >= limit * ratio) return port;
  }
  return undefined;
};

export const rule: Rule = {
  id: 'syn-queue-overflow',
  title: 'A SYN queue is full and SYN cookies are off: new connections are dropped',
  why: 'Half-open connections, of a flood or of real load, fill the queue; with tcp_syncookies=0 every further SYN is thrown away.',
  symptoms: 'Nobody new gets in; those who are connected notice nothing.',
  needs: ['counters', 'sysctls', 'sockets'],
  after: ['accept-queue-overflow', 'conntrack-full'],
  rank: 40,
  severity: 'crit',
  thresholds: {
    SYN_RECV_RATIO: {
      value: 0.7,
      unit: 'ratio',
      source: 'share of tcp_max_syn_backlog: without cookies the kernel stops at 3/4 of it (measured: 193 of 256)',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const cookies = q.sysctlNumber('net.ipv4.tcp_syncookies');
    const off = q.ask(
      'Are SYN cookies off?',
      cookies === undefined ? undefined : cookies === 0,
      cookies === undefined ? 'unknown' : `tcp_syncookies is ${cookies}`,
    );
    const full = q.rate('TcpExt.TCPReqQFullDrop', { since: '3.10' });
    const dropped = q.ask(
      'Is the kernel dropping SYNs because the queue is full (TCPReqQFullDrop)?',
      full === undefined ? undefined : full.delta > 0,
      full === undefined ? 'unknown' : `${grouped(Math.round(full.perSecond))} a second`,
    );

    // where tcp_max_syn_backlog is the limit TCPReqQFullDrop stays 0 and only ListenDrops grows
    const drops = q.rate('TcpExt.ListenDrops');
    const overflows = q.rate('TcpExt.ListenOverflows');
    const others = drops === undefined || overflows === undefined ? undefined : drops.delta - overflows.delta;
    const otherDrops = q.ask(
      'Are SYNs dropped for another reason than a full accept queue (ListenDrops - ListenOverflows)?',
      others === undefined ? undefined : others > 0,
      others === undefined ? 'unknown' : `${grouped(others)} in the interval`,
    );
    const sockets = q.reading('sockets');
    const synRecv = sockets?.counts.SYN_RECV.total;
    const backlog = q.sysctlNumber('net.ipv4.tcp_max_syn_backlog');
    const ratio = q.threshold('SYN_RECV_RATIO');
    // before 4.x the queue is min(listen backlog, tcp_max_syn_backlog), up to the next power of two; drops decide, this is their witness
    const old = q.kernelAtLeast('4.0') === false;
    const queueLimits = (sockets?.listeners ?? []).flatMap(({ queueLimit }) => (queueLimit ? [queueLimit] : []));
    const limit =
      backlog === undefined
        ? undefined
        : old && queueLimits.length > 0
          ? Math.min(backlog, Math.max(...queueLimits))
          : backlog;
    if (synRecv !== undefined)
      q.show({
        name: 'SYN_RECV',
        value: synRecv,
        unit: 'sockets',
        source: 'ss or /proc/net/tcp',
        ...(limit !== undefined && { limit }),
      });
    const many = q.ask(
      `Is SYN_RECV at least ${ratio * 100} % of its limit?`,
      reaches(synRecv, limit === undefined ? undefined : limit * ratio),
      synRecv === undefined || limit === undefined ? 'unknown' : `${grouped(synRecv)} of ${grouped(limit)}`,
    );
    // the counter exists with cookies off only: it proves that they are, should the sysctl be unreadable
    // a kernel that counts neither (2.6.32) leaves the pile alone to tell: then it is not known
    const byPile = full === undefined && many === true && otherDrops === false ? undefined : allOf(otherDrops, many);
    const holds: Known = dropped === true && off !== false ? true : allOf(off, anyOf(dropped, byPile));
    const accept = q.present('accept-queue-overflow');
    const besides = sockets === undefined || !accept ? undefined : besideFull(sockets, ratio, backlog);
    const alone = q.ask(
      'Is it not the accept queue that overflows?',
      !accept || besides !== undefined,
      besides !== undefined
        ? `an accept queue overflows, but port ${besides} accepts, and its SYN queue is full`
        : accept
          ? 'it is: its overflows raise these counters too'
          : 'no accept queue overflows',
    );
    const cure = remedy(q, {
      key: 'net.ipv4.tcp_syncookies',
      from: cookies === undefined ? undefined : String(cookies),
      to: '1',
      reason:
        'with cookies the kernel answers SYNs without remembering them once the queue is full (measured: 0 of 20 connects before, 20 of 20 at once after)',
    });
    return q.conclude(allOf(holds, alone), {
      confidence: dropped === true ? 'high' : 'medium',
      remedies: remedies(cure),
      advice: [
        {
          what: 'if it is a flood, have it filtered upstream; if it is real load, raise the listen() backlog of the application (and somaxconn) and restart it',
        },
      ],
    });
  },
  avoid: [
    {
      what: 'net.ipv4.tcp_max_syn_backlog or tcp_synack_retries alone',
      why: 'a flood fills any queue: 0 of 20 connects with either (tried in a lab)',
    },
    {
      what: 'tcp_tw_reuse=1, tcp_tw_recycle=1, tcp_fin_timeout=30',
      why: 'of this old advice only tcp_syncookies=1 does anything here (tried in a lab)',
    },
  ],
  exceptions: [
    'A full accept queue raises ListenDrops and these counters as well: it is judged first.',
    'With tcp_syncookies=1 a full SYN queue is absorbed: see syn-flood-absorbed.',
  ],
  kernels:
    'TCPReqQFullDrop is missing in 2.6.32. Up to 3.10 the queue is min(backlog, tcp_max_syn_backlog) rounded up to a power of two; since 4.4 it is the listen backlog, and tcp_max_syn_backlog matters with cookies off only.',
  sources: ['kernel ip-sysctl.rst, tcp_syncookies', 'Cloudflare: SYN packet handling in the wild (2018)'],
};
