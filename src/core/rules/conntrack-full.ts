import { AVOID } from '../avoidances.js';
import { askFull, tableAdvice, tableRemedies, tableUse } from '../conntrack.js';
import { grouped } from '../grouped.js';
import { anyOf, Inquiry } from '../inquiry.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'conntrack-full',
  title: 'The connection-tracking table is full, new connections are dropped',
  why: 'Every packet of a new flow is dropped, in and out, TCP or not; flows that are in the table go on. It hides every other trouble, so it is looked at first.',
  symptoms:
    'New connections in and out time out, SSH fails from outside and to localhost, DNS and ping say "Operation not permitted"; sessions opened before keep working.',
  needs: ['conntrack', 'counters'],
  rank: 10,
  severity: 'crit',
  thresholds: {
    CONNTRACK_FULL_RATIO: {
      value: 0.95,
      unit: 'ratio',
      source: 'netdata health.d/netfilter.conf alarms at 90-95 %; the kernel evicts from 95 % on',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const use = tableUse(q);
    const full = askFull(q, use, q.threshold('CONNTRACK_FULL_RATIO'));
    const dropping = q.ask(
      'Are flows being dropped or evicted now?',
      use.dropping,
      use.dropping === undefined ? 'unknown' : `${grouped(Math.round(use.dropsPerSecond))} a second`,
    );
    const lines = (q.detail('kernelLog') ?? []).filter((line) => line.includes('conntrack: table full'));
    if (lines.length > 0)
      q.show({
        name: 'kernel log "table full"',
        value: lines.length,
        unit: 'lines',
        source: 'kernel log (host-wide, lags)',
      });
    const holds = anyOf(full, dropping);
    const remedies = tableRemedies(q, use);
    return q.conclude(holds, {
      // drops from a table that is not nearly full have another cause too often to be sure
      confidence: full === true ? 'high' : use.ratio !== undefined && use.ratio < 0.5 ? 'low' : 'medium',
      remedies,
      advice: tableAdvice(q, use, remedies),
    });
  },
  avoid: [
    { what: AVOID.articleFour.what, why: 'none of them touches connection tracking: no effect (tried in a lab)' },
    {
      what: 'net.netfilter.nf_conntrack_tcp_timeout_established far down',
      why: 'on a NAT box idle sessions die',
    },
    {
      what: 'net.netfilter.nf_conntrack_max back below the count',
      why: 'nothing is evicted: every new flow is dropped from that second',
    },
  ],
  exceptions: [
    'A table that was full and is not any more: the drop counter is since boot, only its rate counts.',
    'Inside a container the count is its own namespace, the maximum the host’s.',
  ],
  kernels:
    'Since 4.x a worker evicts closing entries above 95 % (4.18 yes, 3.10 no). 2.6 may print ip_conntrack names. In a namespace the maximum is read-only.',
  sources: ['kernel Documentation/networking/nf_conntrack-sysctl.rst', 'netdata src/health/health.d/netfilter.conf'],
};
