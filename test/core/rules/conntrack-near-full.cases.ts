import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const table = (count: number, max: number) =>
  snapshot().with({
    readings: { conntrack: { count, max, buckets: 262_144 } },
    sysctls: { 'net.netfilter.nf_conntrack_max': `${max}` },
  });

export const cases: readonly Case[] = [
  { name: 'just below', given: table(799, 1000), expect: { status: 'absent', present: [] } },
  {
    name: 'at the threshold',
    given: table(800, 1000),
    expect: { status: 'present', severity: 'warn', remedies: ['net.netfilter.nf_conntrack_max 1000 -> 262144'] },
  },
  { name: 'full is told once', given: table(1000, 1000), expect: { status: 'absent', present: ['conntrack-full'] } },
  {
    name: 'no conntrack',
    given: snapshot()
      .failed('conntrack', 'no conntrack')
      .with({
        withoutCounters: ['conntrack.drop', 'conntrack.early_drop'],
        sysctls: { 'net.netfilter.nf_conntrack_max': undefined },
      }),
    expect: { status: 'inconclusive', gap: false },
  },
];
