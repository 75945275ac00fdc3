import { AVOID } from '../avoidances.js';
import { peerName } from '../ephemeral.js';
import { grouped } from '../grouped.js';
import { allOf, Inquiry, reaches } from '../inquiry.js';
import type { Rule } from '../rule.js';
import type { SocketGroup } from '../snapshot.js';

type OutGroup = Extract<SocketGroup, { direction: 'out' }>;

export const rule: Rule = {
  id: 'syn-sent-stuck',
  title: 'An upstream does not answer connection attempts (SYN_SENT pile)',
  why: 'The other side is down, a firewall drops the SYN, or the route is wrong: every attempt waits for up to two minutes.',
  symptoms: 'Requests to one upstream hang; threads and ports fill up behind them.',
  needs: ['sockets', 'counters'],
  after: ['conntrack-full', 'neigh-overflow'],
  rank: 70,
  severity: 'crit',
  thresholds: {
    SYN_SENT_MIN: {
      value: 20,
      unit: 'sockets',
      source: 'measured: a healthy host has a handful, each for one round trip',
    },
    SYN_RETRANS_PER_SECOND: { value: 1, unit: '/s', source: 'TCPSynRetrans; a SYN that is answered is not sent again' },
    SYN_SENT_CRIT: { value: 100, unit: 'sockets', source: 'as many requests wait at once' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockets = q.reading('sockets');
    const count = sockets?.counts.SYN_SENT.total;
    if (count !== undefined) q.show({ name: 'SYN_SENT', value: count, unit: 'sockets', source: 'ss or /proc/net/tcp' });
    const many = q.askReaches('the number of SYN_SENT sockets', count, q.threshold('SYN_SENT_MIN'));

    const counted = q.quietRate('TcpExt.TCPSynRetrans');
    // 2.6.32 does not tell SYN retransmits from others: all of them stand in for it
    const old = !counted.known && counted.cause === 'no counter';
    if (old) q.lacks('TcpExt.TCPSynRetrans: not counted by this kernel, RetransSegs stands in for it', false);
    const rate = q.rate(old ? 'Tcp.RetransSegs' : 'TcpExt.TCPSynRetrans');
    const limit = q.threshold('SYN_RETRANS_PER_SECOND');
    const repeated = q.ask(
      `Are at least ${limit} SYNs a second sent again${old ? ' (this kernel counts all retransmits together)' : ''}?`,
      reaches(rate?.perSecond, limit),
      rate === undefined ? 'unknown' : `${grouped(rate.perSecond)} a second`,
    );
    const peers = (sockets?.groups ?? [])
      .filter((group): group is OutGroup => group.direction === 'out' && group.state === 'SYN_SENT')
      .sort((a, b) => b.count - a.count || (peerName(a) < peerName(b) ? -1 : 1));
    for (const peer of peers.slice(0, 5))
      q.show({ name: `SYN_SENT to ${peerName(peer)}`, value: peer.count, unit: 'sockets', source: 'ss' });
    const first = peers[0];
    const about = first === undefined ? {} : { about: peerName(first) };
    const hidden = ['conntrack-full', 'neigh-overflow'].filter((id) => q.present(id));
    return q.conclude(allOf(many, repeated), {
      severity: reaches(count, q.threshold('SYN_SENT_CRIT')) === true ? 'crit' : 'warn',
      confidence: old ? 'medium' : 'high',
      ...(first !== undefined && { subject: peerName(first) }),
      causedBy: hidden,
      advice: [
        hidden.length > 0
          ? { what: `this host cannot send them: see ${hidden.join(' and ')} first`, ...about }
          : {
              what: 'see whether the upstream is up, whether a firewall drops the SYN, whether the route is right (nc -vz, tcpdump on both sides)',
              ...about,
            },
        ...(peers.length > 4 && hidden.length === 0
          ? [
              {
                what: 'it is not one destination: look at this host’s own path first (conntrack, neighbours, ports, default route)',
              },
            ]
          : []),
        { what: 'set a short connect timeout in the application, so that callers fail fast', ...about },
      ],
    });
  },
  avoid: [
    {
      what: 'net.ipv4.tcp_syn_retries lower',
      why: 'repairs nothing: the same attempts fail, only sooner (tried in a lab)',
    },
    { what: 'net.ipv4.ip_local_port_range wider', why: 'no port is missing, an answer is' },
    { what: AVOID.articleFour.what, why: 'none of them makes the other side answer: no effect (tried in a lab)' },
  ],
  exceptions: ['A scanner or crawler connects to addresses that never answer, by design.'],
  kernels: 'TCPSynRetrans is missing in 2.6.32.',
  sources: ['kernel ip-sysctl.rst, tcp_syn_retries', 'kernel snmp_counter.rst, TCPSynRetrans'],
};
