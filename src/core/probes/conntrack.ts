/** How full the connection-tracking table is. All of it is readable without root; on 2.6 kernels under its old names. */
import type { Probe, Section } from '../probe.js';
import { type Conntrack, failed, ok, type Reading } from '../snapshot.js';
import { latestFileLines, sectionNamed, wholeNumber } from '../transcript-words.js';

const COUNTS = ['/proc/sys/net/netfilter/nf_conntrack_count', '/proc/sys/net/ipv4/netfilter/ip_conntrack_count'];
/** Paths below /proc/sys/net, today's first. */
const LIMITS = [
  'netfilter/nf_conntrack_max',
  'nf_conntrack_max',
  'ipv4/netfilter/ip_conntrack_max',
  'ipv4/ip_conntrack_max',
];
const BUCKETS = ['netfilter/nf_conntrack_buckets', 'ipv4/netfilter/ip_conntrack_buckets'];
/** Where the number of buckets is on kernels that have no sysctl for it. */
const HASHSIZE = '/sys/module/nf_conntrack/parameters/hashsize';

const parse = (sections: readonly Section[]): Reading<Conntrack> => {
  const keys = sectionNamed(sections, 'sysctl')?.lines ?? [];
  const numberOf = (paths: readonly string[]): number | undefined => {
    for (const path of paths) {
      const line = keys.find((candidate) => candidate.startsWith(`${path}:`));
      const value = wholeNumber(line?.slice(path.length + 1).trim());
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const count = wholeNumber(
    COUNTS.map((path) => latestFileLines(sections, path)[0]).find((text) => text !== undefined),
  );
  const max = numberOf(LIMITS);
  const buckets = numberOf([...BUCKETS, HASHSIZE]);
  if (count === undefined && max === undefined)
    return failed('no conntrack: the kernel has no nf_conntrack_count (module not loaded, or not visible here)');
  if (count === undefined) return failed('nf_conntrack_count could not be read');
  if (max === undefined) return failed('nf_conntrack_max could not be read');
  return ok({ count, max, ...(buckets !== undefined && { buckets }) });
};

export const probe: Probe<'conntrack'> = {
  id: 'conntrack',
  reads: ['conntrack'],
  snippets: {
    snapshotFiles: COUNTS.map((path) => ({ path })),
    sysctls: [...LIMITS, ...BUCKETS],
    filesOnce: [HASHSIZE],
  },
  parse: (sections) => ({ conntrack: parse(sections) }),
};
