import { AVOID } from '../avoidances.js';
import {
  alarmRatio,
  isLoopback,
  PORT_THRESHOLDS,
  type PortUse,
  peerName,
  portUse,
  showTuple,
  type Tuple,
} from '../ephemeral.js';
import type { Advice, Remedy } from '../finding.js';
import { grouped } from '../grouped.js';
import { Inquiry } from '../inquiry.js';
import { TIME_WAIT_SECONDS, widerRange } from '../port-remedies.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';

const DELAY_DEFAULT_MS = 1000;

/** TIME_WAIT holds more than half of the ports of this destination. */
const isTimeWait = (tuple: Tuple): boolean => tuple.timeWait > tuple.liveTotal;

/** tcp_tw_reuse=1 where it can work: timestamps on, not on already, no bind before connect. */
const reuse = (q: Inquiry, use: PortUse, tuple: Tuple, bindsFirst: boolean): Remedy | undefined => {
  const sysctls = q.detail('sysctls');
  const from = sysctls?.['net.ipv4.tcp_tw_reuse'];
  const timestamps = sysctls?.['net.ipv4.tcp_timestamps'];
  if (bindsFirst || timestamps === undefined || Number(timestamps) === 0) return undefined;
  // 2 reuses for loopback already
  if (from === '2' && isLoopback(tuple)) return undefined;
  return remedy(q, {
    key: 'net.ipv4.tcp_tw_reuse',
    from,
    to: '1',
    reason: `new connections may take over the ${grouped(tuple.timeWait)} ports that wait in TIME_WAIT: ${grouped(use.capacity.ports)} ports then last for ${grouped(use.capacity.ports)} connections/s instead of ${grouped(Math.floor(use.capacity.ports / TIME_WAIT_SECONDS))} (measured: 0 of 100 connects before, 100 of 100 at once after)`,
    requires: ['the other side sends TCP timestamps too', 'the application does not bind() before connect()'],
  });
};

/**
 * Whether new connections take TIME_WAIT ports over as they need them: then the ports are all in use and none is lacking. Only
 * the rate tells, the count stays. It is the host's and not this destination's: hence less confidence.
 * @returns undefined where reuse is not in force, or nothing was taken over
 */
const takenOver = (q: Inquiry, tuple: Tuple, bindsFirst: boolean): number | undefined => {
  const sysctls = q.detail('sysctls');
  const value = sysctls?.['net.ipv4.tcp_tw_reuse'];
  const inForce = value === '1' || (value === '2' && isLoopback(tuple));
  if (!inForce || bindsFirst || sysctls?.['net.ipv4.tcp_timestamps'] === '0') return undefined;
  if (!q.quietRate('TcpExt.TWRecycled').known) return undefined;
  const rate = q.rate('TcpExt.TWRecycled')?.perSecond;
  return rate === undefined || rate === 0 ? undefined : rate;
};

/** Connections/s for which the ports last when each may be taken over again after tcp_tw_reuse_delay. */
const reuseCapacity = (q: Inquiry, ports: number): number => {
  const delayMs = Number(q.detail('sysctls')?.['net.ipv4.tcp_tw_reuse_delay'] ?? DELAY_DEFAULT_MS);
  return ports / Math.max(1, (Number.isFinite(delayMs) ? delayMs : DELAY_DEFAULT_MS) / 1000);
};

const whyNoReuse = (q: Inquiry, tuple: Tuple, bindsFirst: boolean): readonly Advice[] => {
  const sysctls = q.detail('sysctls');
  const value = sysctls?.['net.ipv4.tcp_tw_reuse'];
  const delay = Number(sysctls?.['net.ipv4.tcp_tw_reuse_delay'] ?? DELAY_DEFAULT_MS);
  const about = { about: peerName(tuple) };
  if (bindsFirst) return [{ what: 'tcp_tw_reuse cannot help: the application binds before it connects', ...about }];
  if (sysctls?.['net.ipv4.tcp_timestamps'] === '0')
    return [
      {
        what: 'tcp_tw_reuse cannot help while tcp_timestamps is 0: without timestamps no TIME_WAIT is taken over. Have it on again, for connections from then on',
        ...about,
      },
    ];
  if (value === '1' || (value === '2' && isLoopback(tuple)))
    return [
      {
        what:
          delay > DELAY_DEFAULT_MS
            ? `tcp_tw_reuse is on, but tcp_tw_reuse_delay lets a port be taken over only after ${delay} ms (default ${DELAY_DEFAULT_MS})`
            : 'tcp_tw_reuse is on already: the other side sends no timestamps, the application binds before it connects, or the rate is above one port a second',
        ...about,
      },
    ];
  return [];
};

export const rule: Rule = {
  id: 'ephemeral-exhaustion-tw',
  title: 'No local ports are left towards one destination: TIME_WAIT holds them',
  why: 'This host closes first and opens more connections to one destination than ports come back: each rests for a fixed 60 s.',
  symptoms: 'connect() to one backend fails with "Cannot assign requested address"; every other destination works.',
  needs: ['sysctls', 'sockets'],
  after: ['ephemeral-exhaustion-bind'],
  rank: 51,
  severity: 'crit',
  thresholds: PORT_THRESHOLDS,
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const use = portUse(q);
    if (use === undefined) {
      q.ask('How many ports of its range does the fullest destination use?', undefined, 'unknown');
      return q.conclude(undefined);
    }
    const { capacity } = use;
    const warn = alarmRatio(q);
    const crit = q.threshold('EPHEMERAL_CRIT_RATIO');
    const affected = use.tuples.filter((tuple) => tuple.use >= warn && isTimeWait(tuple));
    const worst = affected[0];
    const fullest = worst ?? use.tuples[0];
    if (fullest !== undefined) showTuple(q, use, fullest);
    q.ask(
      `Does one destination use at least ${Math.round(warn * 100)} % of its ${grouped(capacity.ports)} ports, most of them in TIME_WAIT?`,
      worst !== undefined,
      fullest === undefined
        ? 'no destination has more than a few'
        : `${peerName(fullest)}: ${grouped(fullest.timeWait)} TIME_WAIT and ${grouped(fullest.liveTotal)} others, ${Math.round(fullest.use * 100)} %`,
    );
    if (worst === undefined || fullest === undefined) return q.conclude(false);
    for (const tuple of affected.slice(1, 6))
      q.show({
        name: `port use to ${peerName(tuple)}`,
        value: Math.round(tuple.use * 1000) / 1000,
        unit: 'ratio',
        source: 'computed',
        limit: 1,
        formula: `(${tuple.timeWait} + ${tuple.liveTotal}) / ${capacity.ports}`,
      });
    const bindsFirst = q.present('ephemeral-exhaustion-bind');
    const recycled = takenOver(q, worst, bindsFirst);
    if (recycled !== undefined) {
      const lasts = reuseCapacity(q, capacity.ports);
      const short = q.ask(
        `tcp_tw_reuse is on and ports are taken over: is that at least ${Math.round(warn * 100)} % of what it can give?`,
        recycled >= lasts * warn,
        `${grouped(Math.round(recycled))} of ${grouped(Math.round(lasts))} a second`,
      );
      if (short !== true) return q.conclude(false, { confidence: 'medium' });
    }
    const reusing = reuse(q, use, worst, bindsFirst);
    const wider = widerRange(q, capacity, worst.timeWait + worst.liveTotal);
    return q.conclude(true, {
      severity: worst.use >= crit && recycled === undefined ? 'crit' : 'warn',
      confidence: use.sampled || recycled !== undefined ? 'medium' : 'high',
      subject: peerName(worst),
      causedBy: bindsFirst ? ['ephemeral-exhaustion-bind'] : [],
      remedies: remedies(reusing, ...wider),
      advice: [
        {
          what: `keep connections alive or pool them in the application: without reuse ${grouped(capacity.ports)} ports last for ${grouped(Math.floor(capacity.ports / TIME_WAIT_SECONDS))} connections/s`,
          about: peerName(worst),
        },
        ...(reusing === undefined ? whyNoReuse(q, worst, bindsFirst) : []),
        { what: 'more destination or source addresses give a range of ports each', about: peerName(worst) },
      ],
    });
  },
  avoid: [
    AVOID.finTimeoutForTimeWait,
    AVOID.twRecycle,
    { what: 'net.ipv4.tcp_tw_reuse=2', why: 'reuses for loopback only: 0 of 100 connects (tried in a lab)' },
    AVOID.lowerTwBuckets,
    AVOID.syncookiesHere,
    { what: 'SO_LINGER with 0', why: 'resets the connection: the other side may lose what it has not read yet' },
  ],
  exceptions: [
    'The same number of TIME_WAIT over many destinations, or on the server side, needs no port: harmless.',
    'The TIME_WAIT count does not fall when reuse works: TWRecycled rises, and then nothing is wrong.',
  ],
  kernels:
    'tcp_tw_reuse=2 (loopback) is the default since 4.19 and in RHEL 8. tcp_tw_reuse_delay since 6.14. TIME_WAIT lasts for 60 s in all kernels. Since 6.15 neighbouring ports lie together in the hash: a sample must be by port windows.',
  sources: [
    'kernel ip-sysctl.rst, tcp_tw_reuse',
    'V. Bernat, Coping with the TCP TIME-WAIT state on busy Linux servers',
    'Cloudflare: How to stop running out of ephemeral ports (2022)',
  ],
};
