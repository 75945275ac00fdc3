import { AVOID } from '../avoidances.js';
import { grouped } from '../grouped.js';
import { allOf, Inquiry, reaches } from '../inquiry.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'syn-flood-absorbed',
  title: 'A SYN queue is full, SYN cookies absorb it: clients are served',
  why: 'Looks like an attack in the kernel log and is handled: connections still get in (measured: 20 of 20).',
  symptoms: '"Possible SYN flooding" in the kernel log; clients notice nothing.',
  needs: ['counters', 'sysctls'],
  after: ['accept-queue-overflow'],
  rank: 41,
  severity: 'info',
  thresholds: {
    SYN_COOKIES_PER_SECOND: {
      value: 1,
      unit: '/s',
      source: 'netdata health.d/tcp_listen.conf: TCPReqQFullDoCookies above 1/s',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const cookies = q.sysctlNumber('net.ipv4.tcp_syncookies');
    const on = q.ask(
      'Do SYN cookies act when a queue is full?',
      cookies === undefined ? undefined : cookies > 0,
      cookies === undefined ? 'unknown' : `tcp_syncookies is ${cookies}`,
    );
    const limit = q.threshold('SYN_COOKIES_PER_SECOND');
    const counted = q.quietRate('TcpExt.TCPReqQFullDoCookies');
    // 2.6.32 does not count full queues, but the cookies that it sends
    const old = !counted.known && counted.cause === 'no counter' && q.kernelAtLeast('3.10') === false;
    const rate = q.rate(old ? 'TcpExt.SyncookiesSent' : 'TcpExt.TCPReqQFullDoCookies');
    const busy = q.ask(
      `Are at least ${limit} SYNs a second answered with a cookie because a queue is full?`,
      reaches(rate?.perSecond, limit),
      rate === undefined ? 'unknown' : `${grouped(Math.round(rate.perSecond))} a second`,
    );
    // 2 answers every SYN with a cookie: then the counter tells of load, not of a full queue
    const always = q.ask(
      'Are cookies sent to everybody (tcp_syncookies=2)?',
      cookies === undefined ? undefined : cookies === 2,
      String(cookies ?? 'unknown'),
    );
    const accept = q.present('accept-queue-overflow');
    const alone = q.ask(
      'Is it not the accept queue that overflows?',
      !accept,
      accept ? 'it is: its overflows raise this counter too' : 'no accept queue overflows',
    );
    return q.conclude(allOf(on, busy, always === undefined ? undefined : !always, alone), {
      confidence: old ? 'medium' : 'high',
      advice: [
        {
          what: 'if it is real load rather than a flood, raise the listen() backlog of the application (and somaxconn) and restart it: cookies lose window scaling where clients send no timestamps',
        },
      ],
    });
  },
  avoid: [
    { what: 'net.ipv4.tcp_syncookies=0', why: 'turns what is absorbed into an outage' },
    { what: 'net.ipv4.tcp_max_syn_backlog higher', why: 'not looked at while cookies are on (since 4.4)' },
    AVOID.twReuseHere,
  ],
  exceptions: ['A full accept queue raises the same counter: it is judged first.'],
  kernels: 'TCPReqQFullDoCookies is missing in 2.6.32: there the cookies that were sent are counted.',
  sources: ['kernel snmp_counter.rst, TCPReqQFullDoCookies', 'netdata src/health/health.d/tcp_listen.conf'],
};
