/** Entries of the ARP and IPv6 neighbour tables. Their statistics are visible in the initial namespace only. */
import type { Probe, Section } from '../probe.js';
import { failed, ok, type Readings } from '../snapshot.js';
import { latestFileLines } from '../transcript-words.js';
import { perCpuSums } from './counters.js';

const TABLES = { ipv4: '/proc/net/stat/arp_cache', ipv6: '/proc/net/stat/ndisc_cache' } as const;

const parse = (sections: readonly Section[]): Readings['neighbours'] => {
  const entries = (path: string): number | undefined => perCpuSums(latestFileLines(sections, path)).get('entries');
  const ipv4 = entries(TABLES.ipv4);
  const ipv6 = entries(TABLES.ipv6);
  return ipv4 === undefined && ipv6 === undefined
    ? failed('no neighbour statistics: they exist in the initial network namespace only')
    : ok({ ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) });
};

export const probe: Probe<'neighbours'> = {
  id: 'neighbours',
  reads: ['neighbours'],
  snippets: { snapshotFiles: [{ path: TABLES.ipv4 }, { path: TABLES.ipv6 }] },
  parse: (sections) => ({ neighbours: parse(sections) }),
};
