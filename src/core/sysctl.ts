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
  allowed?:
    | { shape: 'integer'; min: number; max: number }
    | { shape: 'range'; min: number; max: number; widthMin: number }
    | { shape: 'triple'; min: number; max: number }
    | { shape: 'ports' };
  /** first and last kernel that has it, where that is known */
  since?: string;
  removed?: string;
  sources: readonly string[];
}
