import { AVOID } from '../avoidances.js';
import type { Advice } from '../finding.js';
import { grouped } from '../grouped.js';
import { Inquiry, rounded } from '../inquiry.js';
import { largestGroup } from '../largest-group.js';
import { fewerRetries, goodbyes, probesUnanswered } from '../orphans.js';
import { remedies } from '../remedies.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'fin-wait1-stuck',
  title: 'Closed connections cannot deliver their last data (FIN_WAIT1 pile)',
  why: 'The application has closed, the kernel still holds what the peer does not take: memory, and room among the orphans.',
  symptoms: 'Rising orphans and TCP memory; slow or vanished clients.',
  needs: ['sockets'],
  rank: 90,
  severity: 'warn',
  thresholds: {
    FIN_WAIT1_MIN: {
      value: 100,
      unit: 'sockets',
      source: 'measured: on healthy hosts a handful, each for one round trip',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockets = q.reading('sockets');
    const waiting = sockets === undefined ? undefined : goodbyes(sockets, 'FIN_WAIT1');
    if (waiting !== undefined)
      q.show({ name: 'FIN_WAIT1', value: waiting.total, unit: 'sockets', source: 'ss or /proc/net/tcp' });
    const many = q.askReaches('the number of FIN_WAIT1 sockets', waiting?.total, q.threshold('FIN_WAIT1_MIN'));
    if (waiting === undefined || sockets === undefined || many !== true) return q.conclude(many);

    q.show({
      name: 'without an answer',
      value: waiting.unanswered,
      unit: 'sockets',
      source: 'ss -o, timer (persist|on) with retries',
      limit: waiting.total,
    });
    q.show({
      name: 'with a closed window',
      value: waiting.closedWindow,
      unit: 'sockets',
      source: 'ss -o, timer (persist), no retries',
      limit: waiting.total,
    });
    const unsent = sockets.queues['FIN_WAIT1'];
    if (unsent !== undefined)
      q.show({ name: 'data not delivered', value: unsent.sendQueueBytes, unit: 'bytes', source: 'ss, Send-Q' });
    const probes = q.quietRate('TcpExt.TCPWinProbe');
    const arrived = q.quietRate('Tcp.InSegs');
    const silence = probesUnanswered(q) === true && probes.known && arrived.known;
    if (silence) {
      q.show({
        name: 'TCPWinProbe',
        value: rounded(probes.perSecond),
        unit: '/s',
        source: '/proc/net/netstat',
        formula: 'each answer would be a segment that comes in; fewer than half as many came: the peers are gone',
      });
      q.show({ name: 'InSegs', value: rounded(arrived.perSecond), unit: '/s', source: '/proc/net/snmp' });
    }
    const gone = q.ask(
      'Are the peers gone (retries run without an answer)?',
      waiting.unanswered * 2 >= waiting.total || silence
        ? true
        : waiting.closedWindow * 2 >= waiting.total
          ? false
          : undefined,
      silence
        ? `${grouped(probes.perSecond)} window probes a second go out, ${grouped(arrived.perSecond)} segments come in; timers show it from the second try on only (${grouped(waiting.unanswered)} of ${grouped(waiting.total)})`
        : `${grouped(waiting.unanswered)} of ${grouped(waiting.total)} by their timers`,
    );
    const about = largestGroup(sockets, 'FIN_WAIT1');
    const advice: Advice[] =
      gone === undefined
        ? [
            {
              what: 'whether their peers are gone or just do not read yet the timers do not tell: measure again, and see ss -tano state fin-wait-1 (retries that rise: gone; persist without retries: not reading)',
              ...about,
            },
          ]
        : gone
          ? [
              {
                what: 'the peers vanished: look at the path to them (firewall, load balancer, mobile network)',
                ...about,
              },
            ]
          : [
              {
                what: 'the peers are alive and do not read (slow clients, or an attack by slow reading): set a write timeout or TCP_USER_TIMEOUT in the application, or put a proxy in front that has them',
                ...about,
              },
              { what: 'to clear them now: ss -K state fin-wait-1 (as root; kills these sockets)', ...about },
            ];
    return q.conclude(true, {
      severity: 'warn',
      ...(about.about !== undefined && { subject: about.about }),
      remedies: remedies(gone === true ? fewerRetries(q, waiting.total) : undefined),
      advice,
      avoid:
        gone !== false
          ? rule.avoid
          : [
              ...rule.avoid,
              {
                what: 'net.ipv4.tcp_orphan_retries lower',
                why: 'these peers answer window probes, so no try counts as failed: no effect in 40 s (tried in a lab)',
              },
            ],
    });
  },
  avoid: [
    {
      what: AVOID.finTimeoutForTimeWait.what,
      why: 'only shortens orphaned FIN_WAIT2: no effect on FIN_WAIT1 (tried in a lab)',
    },
    AVOID.twReuseHere,
    { what: 'net.ipv4.tcp_max_orphans lower', why: 'resets answers that clients are still reading' },
  ],
  exceptions: ['Large answers to many slow clients: each is in FIN_WAIT1 while its last bytes travel.'],
  kernels: 'All.',
  sources: ['kernel ip-sysctl.rst, tcp_orphan_retries', 'man tcp(7), TCP_USER_TIMEOUT'],
};
