import { AVOID } from '../avoidances.js';
import { askFinWait2 } from '../fin-wait2.js';
import { Inquiry } from '../inquiry.js';
import { largestGroup } from '../largest-group.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'fin-wait2-owned',
  title: 'The application half-closes connections and keeps them (owned FIN_WAIT2 pile)',
  why: 'After shutdown() without close() a socket waits for the peer for ever and keeps its descriptor: an application bug.',
  symptoms: 'Descriptors and memory run out slowly.',
  needs: ['sockets'],
  rank: 93,
  severity: 'warn',
  thresholds: {
    FIN_WAIT2_OWNED_MIN: {
      value: 100,
      unit: 'sockets',
      source: 'measured: healthy applications close within a round trip',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const { sockets, many } = askFinWait2(q, {
      kind: 'owned',
      name: 'FIN_WAIT2 with an owner',
      source: 'ss -o, no timewait timer',
      what: 'the number of FIN_WAIT2 sockets that a process owns',
      min: q.threshold('FIN_WAIT2_OWNED_MIN'),
    });
    const about = largestGroup(sockets, 'FIN_WAIT2');
    return q.conclude(many, {
      ...(about.about !== undefined && { subject: about.about }),
      advice: [
        {
          what: 'find the process (ss -tanp state fin-wait-2, as root) and where it calls shutdown() without close(): it needs a timeout of its own for the peer’s end',
          ...about,
        },
      ],
    });
  },
  avoid: [
    {
      what: 'net.ipv4.tcp_fin_timeout lower',
      why: 'reaches orphans only: 5 s changed nothing in 70 s (tried in a lab)',
    },
    AVOID.twReuseHere,
  ],
  exceptions: ['A protocol that half-closes on purpose and waits for a long answer.'],
  kernels: 'All.',
  sources: ['man shutdown(2)', 'kernel ip-sysctl.rst, tcp_fin_timeout'],
};
