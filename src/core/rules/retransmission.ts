import { AVOID } from '../avoidances.js';
import { allOf, Inquiry, reaches, rounded } from '../inquiry.js';
import type { Rule } from '../rule.js';

/**
 * Tail-loss probes (since 3.10) resend the last segment where an acknowledgement is late; a duplicate SACK tells that it had
 * arrived. Measured: each new connection to a slow reader costs one, 13 % of all segments, and nothing was lost.
 */
const needlessProbes = (q: Inquiry): number => {
  const probes = q.quietRate('TcpExt.TCPLossProbes');
  const arrived = q.quietRate('TcpExt.TCPDSACKRecv');
  return probes.known && arrived.known ? Math.min(probes.delta, arrived.delta) : 0;
};

export const rule: Rule = {
  id: 'retransmission',
  title: 'Packets are lost on the way: data is sent again',
  why: 'Each lost packet costs a round trip or a timeout of 200 ms and more, and slows the connection down.',
  symptoms: 'Slow transfers and high tail latency, to some peers or all.',
  needs: ['counters'],
  after: ['conntrack-full', 'syn-sent-stuck', 'fin-wait1-stuck', 'last-ack-stuck', 'orphan-pressure'],
  rank: 80,
  severity: 'crit',
  thresholds: {
    RETRANS_WARN_RATIO: { value: 0.02, unit: 'ratio', source: 'measured: 1 % loss reads 1.12 %, 3 % reads 3.25 %' },
    RETRANS_CRIT_RATIO: {
      value: 0.05,
      unit: 'ratio',
      source: 'measured: 8 % loss reads 9.4-11 %; throughput collapses',
    },
    RETRANS_SEGMENTS_PER_SECOND: { value: 100, unit: '/s', source: 'below it one lost packet is a percent' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const again = q.rate('Tcp.RetransSegs');
    const sent = q.rate('Tcp.OutSegs');
    const counted = q.quietRate('TcpExt.TCPSynRetrans');
    // 2.6.32 has no such counter: then nothing is taken out, which can only make the share larger
    const old = !counted.known && counted.cause === 'no counter';
    if (old) q.lacks('TcpExt.TCPSynRetrans: not counted by this kernel, SYNs are among what was sent again', false);
    const syn = old ? undefined : q.rate('TcpExt.TCPSynRetrans');
    const needless = needlessProbes(q);
    const lost =
      again === undefined || (syn === undefined && !old)
        ? undefined
        : Math.max(0, again.delta - (syn?.delta ?? 0) - needless);
    // nothing sent is nothing lost
    const ratio = lost === undefined || sent === undefined ? undefined : sent.delta === 0 ? 0 : lost / sent.delta;
    if (ratio !== undefined)
      q.show({
        name: 'share sent again',
        value: Math.round(ratio * 10_000) / 10_000,
        unit: 'ratio',
        source: '/proc/net/snmp, /proc/net/netstat',
        limit: q.threshold('RETRANS_WARN_RATIO'),
        formula: old
          ? 'RetransSegs / OutSegs (this kernel does not tell SYNs apart)'
          : `(RetransSegs - TCPSynRetrans${needless > 0 ? ` - ${needless} tail-loss probes that were not needed` : ''}) / OutSegs`,
      });
    const warn = Math.min(q.threshold('RETRANS_WARN_RATIO'), q.threshold('RETRANS_CRIT_RATIO'));
    const enough = q.askReaches(
      'the number of segments sent',
      sent?.perSecond,
      q.threshold('RETRANS_SEGMENTS_PER_SECOND'),
      '/s',
    );
    const lossy = q.ask(
      `Are at least ${rounded(warn * 100)} % of them sent again, SYNs apart?`,
      reaches(ratio, warn),
      ratio === undefined ? 'unknown' : `${rounded(ratio * 100)} %`,
    );
    // repeats towards peers that are gone or do not read are no loss on the path
    const secondary = [
      'fin-wait1-stuck',
      'last-ack-stuck',
      'orphan-pressure',
      // a full table and a dead upstream repeat SYNs only, which are taken out where they are counted apart
      ...(old ? ['conntrack-full', 'syn-sent-stuck'] : []),
    ].filter((id) => q.present(id));
    return q.conclude(allOf(enough, lossy), {
      severity: reaches(ratio, q.threshold('RETRANS_CRIT_RATIO')) === true && secondary.length === 0 ? 'crit' : 'warn',
      confidence: old ? 'low' : secondary.length > 0 ? 'medium' : 'high',
      causedBy: secondary,
      advice: [
        ...(secondary.length > 0
          ? [{ what: `part of it may be repeats of ${secondary.join(' and ')}: look there first` }]
          : []),
        {
          what: 'look at the path: NIC errors and drops (ethtool -S, ip -s link), qdisc drops (tc -s qdisc), MTU, a policer on the way; ss -ti shows which peers are affected',
        },
      ],
    });
  },
  avoid: [
    {
      what: AVOID.articleFour.what,
      why: 'no sysctl brings back a packet that the path lost: no effect (tried in a lab)',
    },
    { what: 'net.ipv4.tcp_retries2 lower', why: 'gives up sooner on every slow path' },
  ],
  exceptions: [
    'SYNs that an upstream does not answer are retransmits too: they are taken out.',
    'Hardly any traffic: below 100 segments a second the share says nothing.',
  ],
  kernels: 'TCPSynRetrans is missing in 2.6.32: nothing is subtracted, and the confidence is low.',
  sources: ['kernel snmp_counter.rst, TcpRetransSegs'],
};
