import { AVOID } from '../avoidances.js';
import type { Remedy } from '../finding.js';
import { grouped } from '../grouped.js';
import { anyOf, Inquiry, type Known, reaches } from '../inquiry.js';
import { pow2Ceil, remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';

const FAMILIES = [
  { family: 'ipv4', words: 'IPv4', cache: 'arp_cache' },
  { family: 'ipv6', words: 'IPv6', cache: 'ndisc_cache' },
] as const;
const THRESH3_MIN = 1024;
const THRESH3_MAX = 1_048_576;

const largerTable = (q: Inquiry, family: 'ipv4' | 'ipv6', entries: number): readonly Remedy[] => {
  const thresh3 = Math.min(THRESH3_MAX, Math.max(THRESH3_MIN, pow2Ceil(4 * entries)));
  const levels = [
    [3, thresh3],
    [2, thresh3 / 2],
    [1, thresh3 / 4],
  ] as const;
  return remedies(
    ...levels.map(([level, value]) =>
      remedy(q, {
        key: `net.${family}.neigh.default.gc_thresh${level}`,
        from: q.detail('sysctls')?.[`net.${family}.neigh.default.gc_thresh${level}`],
        to: String(value),
        reason:
          level === 3
            ? `4 x ${grouped(entries)} neighbours, as a power of two`
            : `${level === 2 ? 'half' : 'a quarter'} of gc_thresh3`,
      }),
    ),
  );
};

export const rule: Rule = {
  id: 'neigh-overflow',
  title: 'The neighbour table is full, new on-link peers cannot be reached',
  why: 'The kernel has no room to remember another address of the local network: the gateway or the resolver may be among those that do not get in. The table is shared by all namespaces of the machine.',
  symptoms:
    'Ping, DNS and connections fail at random with "No buffer space available" (IPv4) or "Invalid argument" (IPv6), only towards peers on the same network.',
  needs: ['counters', 'neighbours', 'sysctls'],
  rank: 20,
  severity: 'crit',
  thresholds: {
    NEIGH_FULL_RATIO: {
      value: 0.95,
      unit: 'ratio',
      source: 'gc_thresh3 is the hard limit (kernel ip-sysctl); measured: 200 of 200 new neighbours failed at it',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const limit = q.threshold('NEIGH_FULL_RATIO');
    const inside = q.initialNamespace() !== true;
    const neighbours = q.reading('neighbours');
    if (neighbours === undefined && inside) {
      // neither the table nor its limits are to be seen from here: one reason says it all
      q.ask('Is a neighbour table full?', undefined, 'not to be seen from inside this namespace');
      return q.conclude(undefined);
    }
    const answers: Known[] = [];
    const fixes: Remedy[] = [];
    const subjects: string[] = [];
    for (const { family, words, cache } of FAMILIES) {
      const entries = neighbours?.[family];
      // a host without IPv6 has no such table: then there is nothing to overflow
      const key = `net.${family}.neigh.default.gc_thresh3`;
      const unknown = entries === undefined && q.detail('sysctls')?.[key] === undefined;
      if (family === 'ipv6' && neighbours !== undefined && unknown) continue;
      const thresh3 = q.sysctlNumber(key, !inside);
      if (entries !== undefined)
        q.show({
          name: `${words} neighbours`,
          value: entries,
          unit: 'entries',
          source: `/proc/net/stat/${cache}`,
          ...(thresh3 !== undefined && { limit: thresh3 }),
        });
      const fulls = q.rate(
        `${cache}.table_fulls`,
        inside ? { limit: `${cache}.table_fulls: printed in the initial network namespace only` } : {},
      );
      const overflowing = q.ask(
        `Did new ${words} neighbours fail to find room?`,
        fulls === undefined ? undefined : fulls.delta > 0,
        fulls === undefined ? 'unknown' : `${grouped(Math.round(fulls.perSecond))} a second`,
      );
      const full = q.ask(
        `Is the ${words} table at least ${limit * 100} % full?`,
        reaches(entries, thresh3 === undefined ? undefined : thresh3 * limit),
        entries === undefined || thresh3 === undefined ? 'unknown' : `${grouped(entries)} of ${grouped(thresh3)}`,
      );
      const holds = anyOf(overflowing, full);
      answers.push(holds);
      if (holds === true) {
        subjects.push(words);
        // while new ones find no room the table is at its limit, whatever was there at the moment of looking
        const needed = Math.max(entries ?? 0, overflowing === true || entries === undefined ? (thresh3 ?? 0) : 0);
        fixes.push(...largerTable(q, family, needed));
      }
    }
    return q.conclude(anyOf(...answers), {
      subject: `${subjects.join(' and ')} neighbours`,
      remedies: fixes,
      advice: [
        { what: 'check for a scan of the local network, or a subnet that is too large for one link' },
        ...(fixes.length === 0
          ? [{ what: 'raise net.ipv{4,6}.neigh.default.gc_thresh3 on the machine itself, to 4 x the neighbours' }]
          : []),
      ],
    });
  },
  avoid: [
    { what: AVOID.articleFour.what, why: 'none of them touches the neighbour table: no effect (tried in a lab)' },
  ],
  exceptions: ['From inside a container neither the table nor its limits can be seen.'],
  kernels: 'Statistics and thresholds exist in the initial network namespace only; the table is one for the machine.',
  sources: ['kernel Documentation/networking/ip-sysctl.rst, neigh/default/gc_thresh3'],
};
