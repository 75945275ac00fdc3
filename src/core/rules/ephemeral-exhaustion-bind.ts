import { AVOID } from '../avoidances.js';
import { PORT_THRESHOLDS, peerName, portUse } from '../ephemeral.js';
import { grouped } from '../grouped.js';
import { allOf, Inquiry, type Known, rounded } from '../inquiry.js';
import { widerRange } from '../port-remedies.js';
import type { Rule } from '../rule.js';
import type { OutgoingPorts } from '../snapshot.js';

const ratioOf = (ports: OutgoingPorts | undefined): number | undefined =>
  ports === undefined || ports.distinctLocalPorts < 1 ? undefined : ports.sockets / ports.distinctLocalPorts;

export const rule: Rule = {
  id: 'ephemeral-exhaustion-bind',
  title: 'All local ports are taken by an application that binds before it connects',
  why: 'bind() to port 0 takes a port for all destinations at once; connect() without it shares ports between destinations. The range is used up for everybody.',
  symptoms:
    'bind() fails with "Address already in use", or connect() to any destination with "Cannot assign requested address".',
  needs: ['sysctls', 'sockets'],
  rank: 50,
  severity: 'crit',
  thresholds: {
    ...PORT_THRESHOLDS,
    BIND_SHARING_RATIO: {
      value: 1.02,
      unit: 'sockets per port',
      source: 'measured: bind 500 sockets on 500 ports; plain connect 19,999 on 10,760',
    },
    BIND_OTHER_DESTINATIONS_RATIO: {
      value: 0.1,
      unit: 'ratio',
      source: 'share of sockets that do not go to the fullest destination: to one alone nothing can be shared',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const use = portUse(q);
    const sockets = q.detail('sockets');
    if (use === undefined || sockets === undefined) {
      q.ask('How many local ports are in use?', undefined, 'unknown');
      return q.conclude(undefined);
    }
    const { capacity, outgoingSockets } = use;
    q.show({
      name: 'outgoing sockets',
      value: outgoingSockets,
      unit: 'sockets',
      source: use.sampled ? 'ss, TIME_WAIT estimated from windows of local ports' : 'ss',
      limit: capacity.ports,
    });
    const share = outgoingSockets / capacity.ports;
    const limit = q.threshold('EPHEMERAL_CRIT_RATIO');
    const used = q.ask(
      `Do outgoing sockets reach ${limit * 100} % of the range?`,
      share >= limit,
      `${grouped(outgoingSockets)} of ${grouped(capacity.ports)}`,
    );

    // live and TIME_WAIT sockets are counted apart: unless both hold a port each, ports are shared
    const waiting = q.detail('timeWait')?.outgoing;
    const sharing = q.threshold('BIND_SHARING_RATIO');
    const ratios = [sockets.outgoing, waiting].flatMap((ports) => ratioOf(ports) ?? []);
    const worst = ratios.length === 0 ? undefined : Math.max(...ratios, share);
    // who holds TIME_WAIT was read without its ports: then it is not known whether those are shared
    const untold =
      waiting === undefined &&
      !use.oneList &&
      outgoingSockets - sockets.outgoing.sockets > (1 - limit) * capacity.ports;
    if (used && untold) q.lacks('how many local ports the TIME_WAIT sockets use', false);
    if (worst !== undefined)
      q.show({
        name: 'sockets per local port',
        value: rounded(worst),
        unit: '',
        source: 'ss',
        limit: sharing,
        formula: `${sockets.outgoing.sockets} live on ${sockets.outgoing.distinctLocalPorts} ports${waiting === undefined ? '' : `, ${waiting.sockets} TIME_WAIT on ${waiting.distinctLocalPorts}`}`,
      });
    const unshared: Known = untold || worst === undefined ? (used ? undefined : false) : worst < sharing;
    q.ask(
      'Does every socket hold a port of its own?',
      unshared,
      worst === undefined ? 'unknown' : `${rounded(worst)} sockets for each port`,
    );

    const fullest = use.tuples[0];
    const top = fullest === undefined ? 0 : fullest.timeWait + fullest.liveTotal;
    const elsewhere = outgoingSockets === 0 ? 0 : Math.max(0, outgoingSockets - top) / outgoingSockets;
    const several = q.ask(
      'Do they go to several destinations?',
      elsewhere >= q.threshold('BIND_OTHER_DESTINATIONS_RATIO'),
      fullest === undefined
        ? 'no destination was listed'
        : `${grouped(top)} of ${grouped(outgoingSockets)} to ${peerName(fullest)}`,
    );
    return q.conclude(allOf(used, unshared, several), {
      confidence: 'medium',
      remedies: widerRange(q, capacity, outgoingSockets),
      advice: [
        {
          what: 'set IP_BIND_ADDRESS_NO_PORT before bind() in the application (nginx proxy_bind and haproxy source do, if built for it): the port is then chosen at connect() and shared between destinations',
          ...(fullest !== undefined && { about: peerName(fullest) }),
        },
        { what: 'a wider range only buys time' },
      ],
    });
  },
  avoid: [
    {
      what: 'net.ipv4.tcp_tw_reuse=1',
      why: 'does not help sockets that bind first, even when all are TIME_WAIT: bind() itself fails (tried in a lab)',
    },
    AVOID.finTimeoutForTimeWait,
    AVOID.lowerTwBuckets,
    AVOID.twRecycle,
  ],
  exceptions: ['One destination alone: there every connection needs a port of its own anyway.'],
  kernels: 'IP_BIND_ADDRESS_NO_PORT since 4.2.',
  sources: ['man IP_BIND_ADDRESS_NO_PORT(2const)', 'Cloudflare: How to stop running out of ephemeral ports (2022)'],
};
