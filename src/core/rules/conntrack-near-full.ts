import { AVOID } from '../avoidances.js';
import { askFull, tableAdvice, tableRemedies, tableUse } from '../conntrack.js';
import { allOf, Inquiry } from '../inquiry.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'conntrack-near-full',
  title: 'The connection-tracking table is nearly full',
  why: 'When it is full every new connection is dropped, in and out, at once and without a word to the application.',
  symptoms: 'Nothing yet.',
  needs: ['conntrack'],
  after: ['conntrack-full'],
  rank: 15,
  severity: 'warn',
  thresholds: {
    CONNTRACK_NEAR_FULL_RATIO: {
      value: 0.8,
      unit: 'ratio',
      source: 'netdata health.d/netfilter.conf warns at 85-90 %; a burst of two minutes stays in the table',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const use = tableUse(q);
    const near = askFull(q, use, q.threshold('CONNTRACK_NEAR_FULL_RATIO'));
    const full = q.present('conntrack-full');
    const alone = q.ask('Is it not full already?', !full, full ? 'conntrack-full says it is' : 'it is not full');
    const remedies = tableRemedies(q, use);
    return q.conclude(allOf(near, alone), { remedies, advice: tableAdvice(q, use, remedies) });
  },
  avoid: [
    { what: AVOID.articleFour.what, why: 'none of them touches connection tracking: no effect (tried in a lab)' },
  ],
  exceptions: ['A table that is full is told as conntrack-full, not twice.'],
  kernels: 'As conntrack-full.',
  sources: ['kernel Documentation/networking/nf_conntrack-sysctl.rst', 'netdata src/health/health.d/netfilter.conf'],
};
