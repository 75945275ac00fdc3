import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const table = (count: number, max = 65_536, buckets = 65_536) =>
  snapshot().with({
    readings: { conntrack: { count, max, buckets } },
    sysctls: { 'net.netfilter.nf_conntrack_max': `${max}`, 'net.netfilter.nf_conntrack_buckets': `${buckets}` },
  });

export const cases: readonly Case[] = [
  {
    name: 'just below the threshold',
    given: table(950, 1001),
    expect: { status: 'absent', present: ['conntrack-near-full'] },
  },
  {
    name: 'at the threshold',
    given: table(950, 1000),
    expect: { status: 'present', severity: 'crit', present: ['conntrack-full'] },
  },
  {
    name: 'the old advice’s own case: 18,888 TIME_WAIT, a full table; they are not called harmless',
    given: table(65_536).with({
      counts: { TIME_WAIT: 18_888 },
      rates: { 'conntrack.drop': 212 },
      readings: {
        timeWait: {
          mode: 'full',
          groups: [
            {
              state: 'TIME_WAIT',
              count: 18_888,
              direction: 'out',
              localAddress: '10.0.0.5',
              peerAddress: '10.0.3.7',
              peerPort: 5432,
            },
          ],
        },
      },
    }),
    expect: {
      status: 'present',
      confidence: 'high',
      remedies: ['net.netfilter.nf_conntrack_max 65536 -> 262144'],
      advises: 'keep connections alive',
      present: ['conntrack-full'],
    },
  },
  {
    name: 'drops alone, count unreadable',
    given: snapshot()
      .failed('conntrack')
      .with({ rates: { 'conntrack.drop': 5 } }),
    expect: { status: 'present' },
  },
  {
    name: 'early drops alone',
    given: snapshot().with({ rates: { 'conntrack.early_drop': 1 } }),
    expect: { status: 'present', confidence: 'low' },
  },
  { name: 'drops since boot, none now', given: snapshot(), expect: { status: 'absent' } },
  {
    name: 'the maximum follows the count',
    given: table(300_000, 300_000),
    expect: {
      status: 'present',
      remedies: [
        'net.netfilter.nf_conntrack_max 300000 -> 2097152',
        'net.netfilter.nf_conntrack_buckets 65536 -> 524288',
      ],
    },
  },
  {
    name: 'memory caps it',
    given: table(65_536).with({ facts: { memTotalBytes: 2 ** 30 } }),
    expect: { status: 'present', remedies: ['net.netfilter.nf_conntrack_max 65536 -> 131072'] },
  },
  {
    name: 'nothing to gain at the cap',
    given: table(1_048_576, 1_048_576, 262_144).with({ facts: { memTotalBytes: 2 ** 30 } }),
    expect: { status: 'present', remedies: [], advises: 'as large as memory allows' },
  },
  {
    name: 'inside a container it is the machine’s to set',
    given: table(65_536).inside(),
    expect: { status: 'present', requires: 'initial network namespace' },
  },
  {
    name: 'no conntrack at all is no gap',
    given: snapshot()
      .failed('conntrack', 'no conntrack')
      .with({
        withoutCounters: ['conntrack.drop', 'conntrack.early_drop'],
        sysctls: { 'net.netfilter.nf_conntrack_max': undefined },
      }),
    expect: { status: 'inconclusive', gap: false, missing: 'no conntrack' },
  },
  {
    name: 'loaded but unreadable is a gap',
    given: snapshot().failed('conntrack', 'mangled'),
    expect: { status: 'inconclusive', gap: true },
  },
  { name: 'no counters', given: snapshot().failed('counters'), expect: { status: 'inconclusive', gap: true } },
  {
    name: 'no interval',
    given: snapshot().with({ intervalSeconds: 0.5 }),
    expect: { status: 'inconclusive', gap: true, missing: 'too short' },
  },
  {
    name: 'a shorter timeout where closed flows fill it and the rate allows',
    given: table(9600, 10_000).with({ counts: { TIME_WAIT: 6000 }, rates: { 'TcpExt.TW': 100 } }),
    expect: {
      status: 'present',
      remedies: [
        'net.netfilter.nf_conntrack_max 10000 -> 262144',
        'net.netfilter.nf_conntrack_tcp_timeout_time_wait 120 -> 30',
      ],
    },
  },
  {
    name: 'with exhausted ports as well: both, the table first',
    given: table(65_536).with({
      counts: { TIME_WAIT: 28_000 },
      readings: {
        timeWait: {
          mode: 'full',
          groups: [
            {
              state: 'TIME_WAIT',
              count: 28_000,
              direction: 'out',
              localAddress: '10.0.0.5',
              peerAddress: '10.0.3.7',
              peerPort: 5432,
            },
          ],
        },
      },
    }),
    expect: { status: 'present', present: ['conntrack-full', 'ephemeral-exhaustion-tw'] },
  },
  {
    name: 'another threshold',
    given: table(900, 1000),
    thresholds: { CONNTRACK_FULL_RATIO: 0.9 },
    expect: { status: 'present' },
  },
];
