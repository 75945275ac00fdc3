/** In which sysctls hosts that should be alike are not: per key the values and who has which, and who is the odd one out. */
import { querySysctls, type SysctlCatalogue, type SysctlFacts } from './sysctl-query.js';

export interface DriftValue {
  /** as the kernel prints it, blanks folded; undefined: the host has no such key */
  value: string | undefined;
  hosts: readonly string[];
}

export interface DriftKey {
  key: string;
  /** the most common first; a key that is not there comes last among equals */
  values: readonly DriftValue[];
  /** more than half of the hosts agree, so that the others are the odd ones */
  majority: boolean;
}

export interface Drift {
  hosts: number;
  /** in these the hosts differ: few odd ones before many, so that the one that somebody touched is on top */
  differing: readonly DriftKey[];
  same: number;
  sameKeys: readonly string[];
  /** hosts that are in a minority, those with the most keys first */
  odd: readonly { host: string; keys: readonly string[] }[];
  /** words that name nothing on any host */
  unknown: readonly string[];
}

const folded = (value: string): string => value.trim().replace(/\s+/g, ' ');

/** Differ from host to host by their nature: memory, uptime or use decides, not a setting. */
const OWN_TO_A_HOST: ReadonlySet<string> = new Set(['fs.file-nr', 'net.netfilter.nf_conntrack_count']);

/**
 * @param typed words, keys or patterns as for one host; nothing for the keys that matter for TCP health
 * @param facts what each host has, by its name
 */
export const driftOf = (
  typed: readonly string[],
  facts: ReadonlyMap<string, SysctlFacts>,
  catalogue: SysctlCatalogue,
): Drift => {
  const hosts = [...facts.keys()].sort();
  const keys = new Set<string>();
  const values = new Map<string, Map<string, string>>();
  const unknownOn = new Map<string, number>();
  for (const host of hosts) {
    const own = facts.get(host);
    if (own === undefined) continue;
    const answer = querySysctls(typed, own, catalogue);
    for (const row of answer.rows) {
      keys.add(row.key);
      if (row.value === undefined) continue;
      const known = values.get(row.key);
      if (known === undefined) values.set(row.key, new Map([[host, folded(row.value)]]));
      else known.set(host, folded(row.value));
    }
    for (const word of [...answer.unknown, ...answer.notThere.map(({ key }) => key)])
      unknownOn.set(word, (unknownOn.get(word) ?? 0) + 1);
  }
  const all = [...keys]
    .filter((key) => !OWN_TO_A_HOST.has(key))
    .sort()
    .map((key): DriftKey => {
      const byValue = new Map<string | undefined, string[]>();
      for (const host of hosts) {
        const value = values.get(key)?.get(host);
        const known = byValue.get(value);
        if (known === undefined) byValue.set(value, [host]);
        else known.push(host);
      }
      const sorted = [...byValue]
        .map(([value, who]) => ({ value, hosts: who }))
        .sort(
          (a, b) =>
            b.hosts.length - a.hosts.length ||
            Number(a.value === undefined) - Number(b.value === undefined) ||
            ((a.value ?? '') < (b.value ?? '') ? -1 : 1),
        );
      return { key, values: sorted, majority: (sorted[0]?.hosts.length ?? 0) * 2 > hosts.length };
    });
  const differing = all.filter((key) => key.values.length > 1);
  const minority = (key: DriftKey): number => hosts.length - (key.values[0]?.hosts.length ?? 0);
  const odd = new Map<string, string[]>();
  for (const key of differing)
    if (key.majority)
      for (const { hosts: who } of key.values.slice(1))
        for (const host of who) {
          const keys = odd.get(host);
          if (keys === undefined) odd.set(host, [key.key]);
          else keys.push(key.key);
        }
  const same = all.filter((key) => key.values.length === 1);
  return {
    hosts: hosts.length,
    differing: [...differing].sort(
      (a, b) => Number(b.majority) - Number(a.majority) || minority(a) - minority(b) || (a.key < b.key ? -1 : 1),
    ),
    same: same.length,
    sameKeys: same.map(({ key }) => key),
    odd: [...odd]
      .map(([host, oddKeys]) => ({ host, keys: oddKeys }))
      .sort((a, b) => b.keys.length - a.keys.length || (a.host < b.host ? -1 : 1)),
    unknown: [...unknownOn].filter(([word, count]) => count === hosts.length && !keys.has(word)).map(([word]) => word),
  };
};
