import { AVOID } from '../avoidances.js';
import { Inquiry } from '../inquiry.js';
import { largestGroup } from '../largest-group.js';
import { fewerRetries, goodbyes } from '../orphans.js';
import { remedies } from '../remedies.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'last-ack-stuck',
  title: 'Peers do not acknowledge the end of connections (LAST_ACK pile)',
  why: 'Both sides have closed, our FIN has no answer: the peer or the path is gone. Each is retried for about 100 s.',
  symptoms: 'Rising orphans; often the first sign of a load balancer or firewall that forgot its connections.',
  needs: ['sockets'],
  rank: 91,
  severity: 'warn',
  thresholds: {
    LAST_ACK_MIN: {
      value: 100,
      unit: 'sockets',
      source: 'measured: on healthy hosts a handful, each for one round trip',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockets = q.reading('sockets');
    const waiting = sockets === undefined ? undefined : goodbyes(sockets, 'LAST_ACK');
    if (waiting !== undefined) {
      q.show({ name: 'LAST_ACK', value: waiting.total, unit: 'sockets', source: 'ss or /proc/net/tcp' });
      q.show({
        name: 'without an answer',
        value: waiting.unanswered,
        unit: 'sockets',
        source: 'ss -o, timer with retries',
        limit: waiting.total,
      });
    }
    const many = q.askReaches('the number of LAST_ACK sockets', waiting?.total, q.threshold('LAST_ACK_MIN'));
    const about = largestGroup(sockets, 'LAST_ACK');
    return q.conclude(many, {
      ...(about.about !== undefined && { subject: about.about }),
      remedies: remedies(fewerRetries(q, waiting?.total ?? 0)),
      advice: [
        {
          what: 'the cause is the peer or the path: look for a firewall, NAT or load balancer that dropped its state, or peers that were switched off',
          ...about,
        },
      ],
    });
  },
  avoid: [
    {
      what: AVOID.finTimeoutForTimeWait.what,
      why: 'only shortens orphaned FIN_WAIT2: no effect on LAST_ACK (tried in a lab)',
    },
    AVOID.twReuseHere,
  ],
  exceptions: ['Peers behind a slow path acknowledge late: the pile then comes and goes.'],
  kernels: 'All.',
  sources: ['kernel ip-sysctl.rst, tcp_orphan_retries', 'RFC 9293 section 3.3.2'],
};
