import { AVOID } from '../avoidances.js';
import type { Advice } from '../finding.js';
import { grouped } from '../grouped.js';
import { anyOf, Inquiry, reaches } from '../inquiry.js';
import { fewerRetries, goodbyes, probesUnanswered } from '../orphans.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';

/** No sane limit is so low that so few come near a quarter of it. */
const FEW = 25;
/** Unswappable memory that one orphan may hold (ip-sysctl, tcp_max_orphans). */
const ORPHAN_BYTES_MAX = 65_536;
const MEMORY_SHARE_MAX = 0.5;

export const rule: Rule = {
  id: 'orphan-pressure',
  title: 'Too many closed connections still wait for their peers (orphans)',
  why: 'Above tcp_max_orphans the kernel resets connections at close, and what the client has not received yet is lost.',
  symptoms:
    'Answers that end too early, resets at the end of a transfer; "too many orphaned sockets" in the kernel log.',
  needs: ['counters', 'sockstat'],
  after: ['tcp-mem-pressure', 'fin-wait1-stuck', 'last-ack-stuck'],
  rank: 61,
  severity: 'crit',
  thresholds: {
    ORPHAN_RATIO: {
      value: 0.25,
      unit: 'ratio',
      source: 'netdata health.d/tcp_orphans.conf: 25 %; the kernel may count an orphan twice or four times',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const inside = q.initialNamespace() !== true;
    const orphans = q.reading('sockstat')?.orphans;
    const max = q.sysctlNumber('net.ipv4.tcp_max_orphans', !inside);
    if (orphans !== undefined)
      q.show({
        name: 'orphans',
        value: orphans,
        unit: 'sockets',
        source: '/proc/net/sockstat (the whole machine)',
        ...(max !== undefined && { limit: max }),
      });
    const aborts = q.rate('TcpExt.TCPAbortOnMemory');
    const resetting = q.ask(
      'Are connections reset at close for lack of room (TCPAbortOnMemory)?',
      aborts === undefined ? undefined : aborts.delta > 0,
      aborts === undefined ? 'unknown' : `${aborts.delta} in the interval`,
    );
    const ratio = q.threshold('ORPHAN_RATIO');
    const many = q.ask(
      `Are there at least ${ratio * 100} % of tcp_max_orphans?`,
      orphans !== undefined && orphans < FEW && max === undefined
        ? false
        : reaches(orphans, max === undefined ? undefined : max * ratio),
      orphans === undefined
        ? 'unknown'
        : `${grouped(orphans)} of ${max === undefined ? 'unknown (the initial namespace alone shows it)' : grouped(max)}`,
    );
    const sockets = q.detail('sockets');
    const stuck = sockets === undefined ? [] : [goodbyes(sockets, 'FIN_WAIT1'), goodbyes(sockets, 'LAST_ACK')];
    const silent = stuck.reduce((sum, it) => sum + it.unanswered, 0);
    const waiting = stuck.reduce((sum, it) => sum + it.total, 0);
    const gone = silent * 2 >= waiting || probesUnanswered(q) === true;
    const fewer = waiting > 0 && gone ? fewerRetries(q, Math.max(silent, waiting)) : undefined;
    const memory = q.detail('facts')?.memTotalBytes;
    const doubled = max === undefined ? undefined : Math.max(max, 64) * 2;
    const affordable =
      doubled !== undefined && memory !== undefined && doubled * ORPHAN_BYTES_MAX <= memory * MEMORY_SHARE_MAX;
    const more =
      max === undefined || doubled === undefined || !affordable || resetting !== true
        ? undefined
        : remedy(q, {
            key: 'net.ipv4.tcp_max_orphans',
            from: String(max),
            to: String(doubled),
            reason: `twice ${grouped(max)}: connections are being reset at the limit; up to ${ORPHAN_BYTES_MAX / 1024} KiB of unswappable memory each`,
            memoryBytes: (doubled - max) * ORPHAN_BYTES_MAX,
            requires: ['find why they pile up: more room only buys time'],
          });
    const advice: Advice[] = [
      {
        what: 'find why they pile up: peers that vanished or read slowly (fin-wait1-stuck, last-ack-stuck), or an application that closes with data unsent',
      },
    ];
    if (resetting === true && more === undefined)
      advice.push({
        what:
          max === undefined
            ? 'net.ipv4.tcp_max_orphans belongs to the machine: raise it there, from its initial network namespace'
            : 'net.ipv4.tcp_max_orphans is as large as memory allows it to be proposed (64 KiB each)',
      });
    return q.conclude(anyOf(resetting, many), {
      severity: resetting === true ? 'crit' : 'warn',
      // lack of memory resets orphans as well: which of the two it was the counter does not say
      confidence: resetting === true && many === false && q.present('tcp-mem-pressure') ? 'medium' : 'high',
      causedBy: [...(many !== true ? ['tcp-mem-pressure'] : []), 'fin-wait1-stuck', 'last-ack-stuck'].filter((id) =>
        q.present(id),
      ),
      remedies: remedies(fewer, more),
      advice,
    });
  },
  avoid: [
    { what: 'net.ipv4.tcp_max_orphans lower', why: 'resets more connections, sooner' },
    { what: AVOID.finTimeoutForTimeWait.what, why: 'does not reach FIN_WAIT1 or LAST_ACK: no effect (tried in a lab)' },
    AVOID.twReuseHere,
  ],
  exceptions: ['The count and the limit are those of the whole machine, also when read inside a container.'],
  kernels: 'tcp_max_orphans is shown in the initial network namespace only.',
  sources: ['kernel ip-sysctl.rst, tcp_max_orphans', 'netdata src/health/health.d/tcp_orphans.conf'],
};
