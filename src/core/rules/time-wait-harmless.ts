import { AVOID } from '../avoidances.js';
import { alarmRatio, PORT_THRESHOLDS, peerName, portUse } from '../ephemeral.js';
import { allOf, Inquiry, type Known } from '../inquiry.js';
import type { Rule } from '../rule.js';
import { trueTimeWait } from '../time-wait.js';

/** Bytes of one TIME_WAIT socket (slab tw_sock_TCP, measured). */
const TIME_WAIT_BYTES = 256;

export const rule: Rule = {
  id: 'time-wait-harmless',
  title: 'Many connections are in TIME_WAIT, and it is harmless',
  why: 'A count is no diagnosis: TIME_WAIT holds no process, no descriptor and 256 bytes. It matters only against a limit, and none is near.',
  symptoms: 'None (measured: with 26,000 of them 500 of 500 new connections succeed, p99 0.2 ms).',
  needs: ['sockstat', 'counters', 'sysctls', 'sockets'],
  after: [
    'conntrack-full',
    'conntrack-near-full',
    'ephemeral-exhaustion-bind',
    'ephemeral-exhaustion-tw',
    'tw-bucket-overflow',
  ],
  rank: 200,
  severity: 'info',
  thresholds: {
    ...PORT_THRESHOLDS,
    TIME_WAIT_MANY: { value: 5000, unit: 'sockets', source: 'about the number at which people begin to worry' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockstat = q.reading('sockstat');
    const sockets = q.reading('sockets');
    const tw = trueTimeWait(sockstat, sockets);
    if (tw !== undefined) {
      q.show({
        name: 'TIME_WAIT',
        value: tw,
        unit: 'sockets',
        source: '/proc/net/sockstat, tw less the orphaned FIN_WAIT2 in it',
      });
      q.show({
        name: 'memory of TIME_WAIT',
        value: tw * TIME_WAIT_BYTES,
        unit: 'bytes',
        source: 'computed',
        formula: `${tw} x ${TIME_WAIT_BYTES}`,
      });
    }
    const many = q.askReaches('the number of TIME_WAIT sockets', tw, q.threshold('TIME_WAIT_MANY'));
    if (many === false) return q.conclude(false);

    const use = portUse(q);
    const fullest = use?.tuples[0];
    const warn = alarmRatio(q);
    const roomy: Known =
      use === undefined ? undefined : (fullest?.use ?? 0) < warn && !q.present('ephemeral-exhaustion-bind');
    if (use !== undefined)
      q.show({
        name: 'port use of the fullest destination',
        value: Math.round((fullest?.use ?? 0) * 1000) / 1000,
        unit: 'ratio',
        source: 'computed',
        limit: warn,
      });
    q.ask(
      `Is every destination below ${Math.round(warn * 100)} % of its ports?`,
      roomy,
      use === undefined
        ? 'unknown'
        : fullest === undefined
          ? 'they are on the server side: no local port is taken'
          : `${peerName(fullest)}: ${Math.round(fullest.use * 100)} %`,
    );
    const buckets = q.sysctlNumber('net.ipv4.tcp_max_tw_buckets');
    if (buckets !== undefined && tw !== undefined)
      q.show({
        name: 'room for TIME_WAIT',
        value: sockstat?.tw ?? tw,
        unit: 'sockets',
        source: '/proc/sys/net/ipv4/tcp_max_tw_buckets',
        limit: buckets,
      });
    const below = q.ask(
      'Is the count below tcp_max_tw_buckets?',
      buckets === undefined || sockstat === undefined ? undefined : sockstat.tw < buckets,
      buckets === undefined ? 'unknown' : `limit ${buckets}`,
    );
    const overflow = input.earlier.get('tw-bucket-overflow')?.status;
    const calm = q.ask(
      'Does the limit on TIME_WAIT not overflow?',
      overflow === 'absent' ? true : overflow === 'present' ? false : undefined,
      `tw-bucket-overflow is ${overflow ?? 'not judged'}`,
    );
    if (calm === undefined)
      q.lacks('whether tcp_max_tw_buckets overflows', input.earlier.get('tw-bucket-overflow')?.gap === true);
    const tracked = q.present('conntrack-full') || q.present('conntrack-near-full');
    const untracked = q.ask(
      'Do they not fill the connection-tracking table?',
      !tracked,
      tracked
        ? 'the table is full or nearly so, and each of them has an entry'
        : 'that table has room, or was not read',
    );
    return q.conclude(allOf(many, roomy, below, calm, untracked), {
      confidence: use?.sampled === true ? 'medium' : 'high',
    });
  },
  avoid: [AVOID.twReuseServer, AVOID.finTimeoutForTimeWait, AVOID.twRecycle, AVOID.lowerTwBuckets],
  exceptions: ['Harmless for ports and memory; connection tracking has its own limit and its own rule.'],
  kernels: 'TIME_WAIT lasts for 60 s in all kernels (TCP_TIMEWAIT_LEN), no setting changes it.',
  sources: ['V. Bernat, Coping with the TCP TIME-WAIT state on busy Linux servers'],
};
