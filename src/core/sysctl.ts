/** What is known about a sysctl. One file in `sysctls/` = one key; the file name is the key. */
export interface SysctlEntry {
  /** today's dotted name */
  key: string;
  /** older names of the same thing, e.g. `net.ipv4.netfilter.ip_conntrack_max` */
  formerly: readonly string[];
  group:
    | 'TIME_WAIT and ports'
    | 'listening'
    | 'connection tracking'
    | 'closing'
    | 'retries and keepalive'
    | 'memory'
    | 'neighbours'
    | 'files'
    | 'other';
  /** whether it is among the keys that `/sysctl host` shows without words */
  health: boolean;
  unit: string;
  meaning: string;
  /** what people wrongly expect of it, where that is a common mistake */
  notThis?: string;
  /** the kernel's default where it is a constant; a rule in words where it depends on memory or version */
  kernelDefault: { value: string } | { depends: string } | { byKernel: readonly { since: string; value: string }[] };
  scope: 'ns' | 'host';
  /** what a change reaches */
  reaches: string;
  risk: 'low' | 'medium' | 'high';
  /** what may ever be proposed or set: the kernel itself accepts nonsense. Absent: never set by us */
  allowed?: AllowedValues;
  /** first and last kernel that has it, where that is known */
  since?: string;
  removed?: string;
  sources: readonly string[];
}

/**
 * The values that may be set. The gate's allow-list on a host is generated from this and from nothing else, so it holds there
 * even against a bot that was taken over.
 */
export type AllowedValues = (
  | { shape: 'integer'; min: number; max: number }
  /** `low high`, each within min and max, high - low >= widthMin */
  | { shape: 'range'; min: number; max: number; widthMin: number }
  /** three integers, none smaller than the one before */
  | { shape: 'triple'; min: number; max: number }
  /** list of ports and port ranges as the kernel prints it: ascending, merged, `8080,9000-9010`; empty for none */
  | { shape: 'ports' }
) & {
  /** refused when any number would be below the value in force, except to take back a confirmed change */
  neverLower?: true;
  /** an integer must be a multiple of this, where the kernel would round any other value */
  multipleOf?: number;
  /** never set so low (not by a revert either) that this count would be above ratioMax of it */
  inUse?: { key: string; ratioMax: number };
  /** refused when value x bytesEach (a page of the host, where it says so) would exceed this share of its memory */
  memory?: { bytesEach: number | 'page'; ratioMax: number };
};
