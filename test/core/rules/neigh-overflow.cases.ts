import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

export const cases: readonly Case[] = [
  {
    name: 'just below',
    given: snapshot().with({ readings: { neighbours: { ipv4: 972, ipv6: 1 } } }),
    expect: { status: 'absent' },
  },
  {
    name: 'at the threshold',
    given: snapshot().with({ readings: { neighbours: { ipv4: 973, ipv6: 1 } } }),
    expect: {
      status: 'present',
      severity: 'crit',
      subject: 'IPv4 neighbours',
      remedies: [
        'net.ipv4.neigh.default.gc_thresh3 1024 -> 4096',
        'net.ipv4.neigh.default.gc_thresh2 512 -> 2048',
        'net.ipv4.neigh.default.gc_thresh1 128 -> 1024',
      ],
    },
  },
  {
    name: 'overflows of the IPv6 table',
    given: snapshot().with({ rates: { 'ndisc_cache.table_fulls': 3 } }),
    expect: { status: 'present', subject: 'IPv6 neighbours' },
  },
  {
    name: 'a table that is large already grows from there',
    given: snapshot().with({
      rates: { 'arp_cache.table_fulls': 3 },
      sysctls: { 'net.ipv4.neigh.default.gc_thresh3': '4096', 'net.ipv4.neigh.default.gc_thresh2': '8192' },
    }),
    expect: {
      status: 'present',
      remedies: ['net.ipv4.neigh.default.gc_thresh3 4096 -> 16384', 'net.ipv4.neigh.default.gc_thresh1 128 -> 4096'],
    },
  },
  {
    name: 'both at once',
    given: snapshot().with({ rates: { 'ndisc_cache.table_fulls': 3, 'arp_cache.table_fulls': 3 } }),
    expect: { status: 'present', subject: 'IPv4 and IPv6 neighbours' },
  },
  {
    name: 'a host without IPv6',
    given: snapshot().with({
      readings: { neighbours: { ipv4: 30 } },
      withoutCounters: ['ndisc_cache.table_fulls'],
      sysctls: { 'net.ipv6.neigh.default.gc_thresh3': undefined },
    }),
    expect: { status: 'absent' },
  },
  {
    name: 'IPv6, and its table was not printed',
    given: snapshot().with({ readings: { neighbours: { ipv4: 30 } }, withoutCounters: ['ndisc_cache.table_fulls'] }),
    expect: { status: 'inconclusive', gap: true },
  },
  {
    name: 'inside a container',
    given: snapshot().inside(),
    expect: { status: 'inconclusive', gap: false, present: [] },
  },
  { name: 'no counters', given: snapshot().failed('counters'), expect: { status: 'inconclusive', gap: true } },
];
