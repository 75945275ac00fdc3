import { AVOID } from '../avoidances.js';
import { askFinWait2 } from '../fin-wait2.js';
import { grouped } from '../grouped.js';
import { Inquiry } from '../inquiry.js';
import { largestGroup } from '../largest-group.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';

const TIMEOUT_SECONDS = 15;

export const rule: Rule = {
  id: 'fin-wait2-pile',
  title: 'Peers do not close their side (orphaned FIN_WAIT2 pile)',
  why: 'We have closed, the peer has acknowledged it and never closes. Each waits for tcp_fin_timeout, takes room among the TIME_WAIT sockets, and a port if we opened it.',
  symptoms:
    'Nothing at first; TIME_WAIT room and local ports shrink. On the other side a pile of CLOSE_WAIT: its application is the cause.',
  needs: ['sockets'],
  rank: 92,
  severity: 'warn',
  thresholds: {
    FIN_WAIT2_PILE_MIN: {
      value: 500,
      unit: 'sockets',
      source: 'measured: 30/s that never close are 1,800 at 60 s; healthy hosts have tens',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const timeout = q.detail('sysctls')?.['net.ipv4.tcp_fin_timeout'];
    const { sockets, count, many } = askFinWait2(q, {
      kind: 'orphaned',
      name: 'orphaned FIN_WAIT2',
      source: 'ss -o, timer (timewait)',
      what: 'the number of orphaned FIN_WAIT2 sockets',
      min: q.threshold('FIN_WAIT2_PILE_MIN'),
    });
    const about = largestGroup(sockets, 'FIN_WAIT2');
    const shorter =
      timeout !== undefined && Number(timeout) > TIMEOUT_SECONDS
        ? remedy(q, {
            key: 'net.ipv4.tcp_fin_timeout',
            from: timeout,
            to: String(TIMEOUT_SECONDS),
            reason: `${grouped(count)} sockets wait ${timeout} s for a peer that does not close: in the long run the pile is rate x timeout, so a ${Math.round((TIMEOUT_SECONDS / Number(timeout)) * 100)} % of it stays`,
          })
        : undefined;
    return q.conclude(many, {
      ...(about.about !== undefined && { subject: about.about }),
      remedies: remedies(shorter),
      advice: [
        { what: 'the cause is on the other side: its application does not close (CLOSE_WAIT there)', ...about },
        ...(shorter === undefined
          ? [{ what: `tcp_fin_timeout is ${timeout ?? 'unknown'}: there is nothing left to gain from it` }]
          : []),
      ],
    });
  },
  avoid: [AVOID.twReuseHere, AVOID.lowerTwBuckets, AVOID.twRecycle],
  exceptions: ['Sockets that a process still owns (shutdown() without close()) have no such timer: fin-wait2-owned.'],
  kernels:
    'Up to tcp_fin_timeout 60 they are mini-sockets, counted in sockstat tw; above, full sockets first, counted as orphans.',
  sources: ['kernel ip-sysctl.rst, tcp_fin_timeout'],
};
