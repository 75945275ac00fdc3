import { AVOID } from '../avoidances.js';
import { alarmRatio, PORT_THRESHOLDS, peerName, portUse, showTuple, type Tuple } from '../ephemeral.js';
import { grouped } from '../grouped.js';
import { Inquiry } from '../inquiry.js';
import { widerRange } from '../port-remedies.js';
import type { Rule } from '../rule.js';

const isLive = (tuple: Tuple): boolean => tuple.liveTotal >= tuple.timeWait;

/** States that another rule explains, when most of the ports are in them. */
const EXPLAINED: Readonly<Record<string, string>> = {
  CLOSE_WAIT: 'close-wait-leak',
  SYN_SENT: 'syn-sent-stuck',
  FIN_WAIT2: 'fin-wait2-pile',
  FIN_WAIT1: 'fin-wait1-stuck',
  LAST_ACK: 'last-ack-stuck',
};

export const rule: Rule = {
  id: 'ephemeral-exhaustion-live',
  title: 'No local ports are left towards one destination: open connections hold them',
  why: 'A connection pool that leaks, or load that really needs as many connections: each holds a port until it is closed.',
  symptoms: 'connect() to one backend fails with "Cannot assign requested address"; every other destination works.',
  needs: ['sysctls', 'sockets'],
  after: [
    'ephemeral-exhaustion-bind',
    'close-wait-leak',
    'syn-sent-stuck',
    'fin-wait2-pile',
    'fin-wait2-owned',
    'fin-wait1-stuck',
    'last-ack-stuck',
  ],
  rank: 52,
  severity: 'crit',
  thresholds: PORT_THRESHOLDS,
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const use = portUse(q);
    if (use === undefined) {
      q.ask('How many ports of its range does the fullest destination use?', undefined, 'unknown');
      return q.conclude(undefined);
    }
    const warn = alarmRatio(q);
    const affected = use.tuples.filter((tuple) => tuple.use >= warn && isLive(tuple));
    const worst = affected[0];
    const fullest = worst ?? use.tuples[0];
    if (fullest !== undefined) showTuple(q, use, fullest);
    q.ask(
      `Does one destination use at least ${Math.round(warn * 100)} % of its ${grouped(use.capacity.ports)} ports, at least half of them open?`,
      worst !== undefined,
      fullest === undefined
        ? 'no destination has more than a few'
        : `${peerName(fullest)}: ${grouped(fullest.liveTotal)} open and ${grouped(fullest.timeWait)} TIME_WAIT, ${Math.round(fullest.use * 100)} %`,
    );
    if (worst === undefined) return q.conclude(false);
    const states = Object.entries(worst.live).sort(([, left], [, right]) => right - left);
    for (const [state, count] of states.slice(0, 3))
      q.show({ name: `${state} to ${peerName(worst)}`, value: count, unit: 'sockets', source: 'ss' });
    const leading = states[0]?.[0] ?? '';
    const explained = [EXPLAINED[leading] ?? '', ...(leading === 'FIN_WAIT2' ? ['fin-wait2-owned'] : [])];
    return q.conclude(true, {
      severity: worst.use >= q.threshold('EPHEMERAL_CRIT_RATIO') ? 'crit' : 'warn',
      subject: peerName(worst),
      causedBy: ['ephemeral-exhaustion-bind', ...explained].filter((id) => q.present(id)),
      remedies: widerRange(q, use.capacity, worst.timeWait + worst.liveTotal),
      advice: [
        {
          what: `look for a pool that opens and does not give back: ${worst.liveTotal} sockets are open at once${leading === '' ? '' : `, most of them ${leading}`}`,
          about: peerName(worst),
        },
        { what: 'a wider range is a stopgap; more destination or source addresses give a range of ports each' },
      ],
    });
  },
  avoid: [
    {
      what: 'net.ipv4.tcp_tw_reuse=1',
      why: 'takes over ports in TIME_WAIT, these are in use: 0 of 20 connects (tried in a lab)',
    },
    AVOID.finTimeoutForTimeWait,
    AVOID.twRecycle,
  ],
  exceptions: ['A proxy that needs tens of thousands of connections to one backend: give it more addresses.'],
  kernels: 'All.',
  sources: [
    'kernel ip-sysctl.rst, ip_local_port_range',
    'Cloudflare: How to stop running out of ephemeral ports (2022)',
  ],
};
