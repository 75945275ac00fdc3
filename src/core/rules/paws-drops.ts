import { AVOID } from '../avoidances.js';
import { grouped } from '../grouped.js';
import { Inquiry, reaches } from '../inquiry.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'paws-drops',
  title: 'Packets with old timestamps are dropped: some clients connect with a delay',
  why: 'Another client behind the same NAT used the port with a newer clock while this host still holds TIME_WAIT (it closed first): the SYN looks like an old duplicate.',
  symptoms: 'Connect delays of 1, 2 or 4 s for some clients, typically behind one NAT.',
  needs: ['counters'],
  after: ['tw-recycle-on'],
  rank: 94,
  severity: 'warn',
  thresholds: {
    PAWS_PER_SECOND: { value: 0.5, unit: '/s', source: 'one in 2 s; measured p99 1.0-4.1 s behind a small NAT pool' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const established = q.rate('TcpExt.PAWSEstab');
    const optional = ['PAWSTimewait', 'PAWSActive', ...(q.kernelAtLeast('4.12') === true ? [] : ['PAWSPassive'])];
    const others = optional.flatMap((name) => {
      const counter = `TcpExt.${name}`;
      const rate = q.quietRate(counter);
      if (!rate.known && rate.cause === 'no counter') return [];
      const shown = q.rate(counter);
      return [shown];
    });
    const known = established !== undefined && others.every((it) => it !== undefined);
    const sum = (established?.perSecond ?? 0) + others.reduce((total, it) => total + (it?.perSecond ?? 0), 0);
    const limit = q.threshold('PAWS_PER_SECOND');
    // what is known may reach the limit alone; what is not known can only add to it
    const many = q.ask(
      `Are at least ${limit} packets a second rejected by their timestamp?`,
      known ? reaches(sum, limit) : sum >= limit ? true : undefined,
      known || sum >= limit ? `${grouped(sum)} a second` : 'unknown',
    );
    const timeWait = q.quietRate('TcpExt.PAWSTimewait');
    const inFlows = timeWait.known && timeWait.perSecond < sum / 2;
    return q.conclude(many, {
      confidence: timeWait.known ? 'high' : 'medium',
      causedBy: q.present('tw-recycle-on') ? ['tw-recycle-on'] : [],
      advice: inFlows
        ? [
            {
              what: 'they are in open connections: look for a middlebox that repeats or reorders packets, or rewrites timestamps',
            },
          ]
        : [
            { what: 'do not close first on the server: keep connections alive, let the client close' },
            {
              what: 'a larger pool of addresses on the NAT in front (measured: the delays went from seconds to 14 ms at most)',
            },
          ],
    });
  },
  avoid: [AVOID.timestampsOff, AVOID.twRecycle],
  exceptions: ['A duplicate now and then after a route change.'],
  kernels:
    'PAWSTimewait exists in recent kernels (6.18 yes, 5.4 no): before, such rejects count as PAWSEstab. PAWSPassive until 4.11 belongs to tcp_tw_recycle.',
  sources: ['RFC 7323 section 5', 'kernel snmp_counter.rst, PAWS'],
};
