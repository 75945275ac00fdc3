import { AVOID } from '../avoidances.js';
import { grouped } from '../grouped.js';
import { Inquiry, type Known } from '../inquiry.js';
import { LOG_SECONDS_MAX, loggedSecondsAgo } from '../kernel-log.js';
import { TIME_WAIT_SECONDS } from '../port-remedies.js';
import { pow2Ceil, pow2Floor, remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';
import { orphanedFinWait2 } from '../time-wait.js';

/** Bytes of one TIME_WAIT socket (slab tw_sock_TCP, measured). */
const BUCKET_BYTES = 256;
const BUCKETS_MIN = 262_144;
const MEMORY_SHARE_MAX = 0.05;
/** Where the kernel does not count overflows: at this share of the limit it is taken to be there. */
const AT_LIMIT_RATIO = 0.99;
const NEAR_LIMIT_RATIO = 0.9;
export const rule: Rule = {
  id: 'tw-bucket-overflow',
  title: 'The limit on TIME_WAIT sockets is reached, connections are closed without it',
  why: 'TIME_WAIT keeps late packets of an old connection out of a new one and repeats a lost last ACK. Beyond tcp_max_tw_buckets the protection is missing.',
  symptoms: 'Nothing at first (measured: 100 of 100 connects fine); at times a reset instead of a clean close.',
  needs: ['counters', 'sockstat', 'sysctls'],
  after: ['fin-wait2-pile'],
  rank: 100,
  severity: 'warn',
  thresholds: {},
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const limit = q.sysctlNumber('net.ipv4.tcp_max_tw_buckets');
    const tw = q.reading('sockstat')?.tw;
    const counted = q.quietRate('TcpExt.TCPTimeWaitOverflow');
    const uncounted = !counted.known && counted.cause === 'no counter' && q.kernelAtLeast('3.10') === false;
    const closes = q.quietRate('TcpExt.TW');
    const facts = q.detail('facts');
    const cap =
      facts?.memTotalBytes === undefined
        ? BUCKETS_MIN
        : pow2Floor((facts.memTotalBytes * MEMORY_SHARE_MAX) / BUCKET_BYTES);
    const perSecond = (closes.known ? closes.perSecond : 0) + (counted.known ? counted.perSecond : 0);
    const to = Math.min(cap, pow2Ceil(Math.max(BUCKETS_MIN, 2 * TIME_WAIT_SECONDS * perSecond)));

    let holds: Known;
    if (uncounted) {
      // 2.6.32 has no counter: the count at its limit, or a fresh line of the kernel log, stand in for it
      q.lacks('TcpExt.TCPTimeWaitOverflow: kernels before 3.10 do not count it', false);
      const share = tw === undefined || limit === undefined || limit <= 0 ? undefined : tw / limit;
      const seconds = loggedSecondsAgo(q, 'time wait bucket table');
      const fresh = seconds !== undefined && seconds <= LOG_SECONDS_MAX;
      holds = share === undefined ? undefined : share >= AT_LIMIT_RATIO || (share >= NEAR_LIMIT_RATIO && fresh);
      if (holds === false && fresh) holds = undefined;
      q.ask(
        'Is the count at its limit (this kernel does not count overflows)?',
        holds,
        `${tw === undefined ? 'unknown' : grouped(tw)} of ${limit === undefined ? 'unknown' : grouped(limit)}${seconds === undefined ? '' : `, last logged ${Math.round(seconds)} s ago`}`,
      );
    } else {
      const rate = q.rate('TcpExt.TCPTimeWaitOverflow');
      holds = q.ask(
        'Are connections closed without TIME_WAIT now (TCPTimeWaitOverflow)?',
        rate === undefined ? undefined : rate.delta > 0,
        rate === undefined ? 'unknown' : `${grouped(rate.perSecond)} a second`,
      );
    }
    if (tw !== undefined)
      q.show({
        name: 'TIME_WAIT and orphaned FIN_WAIT2',
        value: tw,
        unit: 'sockets',
        source: '/proc/net/sockstat',
        ...(limit !== undefined && { limit }),
      });
    const larger =
      limit === undefined || to <= limit
        ? undefined
        : remedy(q, {
            key: 'net.ipv4.tcp_max_tw_buckets',
            from: String(limit),
            to: String(to),
            reason: `2 x ${TIME_WAIT_SECONDS} s x ${grouped(perSecond)} closes/s, at least ${grouped(BUCKETS_MIN)}, as a power of two, at most 5 % of memory`,
            memoryBytes: (to - limit) * BUCKET_BYTES,
          });
    const sockets = q.detail('sockets');
    const byOrphans = sockets !== undefined && tw !== undefined && orphanedFinWait2(sockets) * 2 >= tw;
    return q.conclude(holds, {
      confidence: uncounted ? 'medium' : 'high',
      causedBy: byOrphans && q.present('fin-wait2-pile') ? ['fin-wait2-pile'] : [],
      remedies: remedies(larger),
      advice:
        larger === undefined
          ? [
              {
                what: 'the limit is as large as it can be proposed here: close less often (keep connections alive), or let the clients close first',
              },
            ]
          : [{ what: 'keeping connections alive, or letting the clients close first, needs no TIME_WAIT here at all' }],
    });
  },
  avoid: [
    AVOID.lowerTwBuckets,
    { what: AVOID.articleFour.what, why: 'none of them stops the overflow (tried in a lab)' },
    { what: 'judging by the TIME_WAIT count', why: 'it grows when the limit is raised, by design' },
  ],
  exceptions: ['An overflow long ago: only the rate of the counter counts.'],
  kernels:
    'TCPTimeWaitOverflow is missing in 2.6.32, which logs "time wait bucket table overflow" instead; newer kernels log nothing.',
  sources: ['kernel ip-sysctl.rst, tcp_max_tw_buckets', 'Red Hat KB: TCP: time wait bucket table overflow'],
};
