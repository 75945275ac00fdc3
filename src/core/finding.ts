/** What a rule says about a host: data only. Sentences are made in `blocks`, last. */

export type Status = 'present' | 'absent' | 'inconclusive';
export type Severity = 'crit' | 'warn' | 'info';
export type Confidence = 'high' | 'medium' | 'low';

export interface Evidence {
  name: string;
  value: number | string | boolean;
  /** `sockets`, `bytes`, `/s`, `ratio`, `ms`, `pages`, `` for none */
  unit: string;
  /** where it was read, e.g. `/proc/sys/net/netfilter/nf_conntrack_count` */
  source: string;
  /** the limit that gives the number its meaning, in the same unit */
  limit?: number;
  /** how it was computed, where it was */
  formula?: string;
}

/** A setting that helps. `from` and `to` are values as the kernel prints them. */
export interface Remedy {
  key: string;
  from: string;
  to: string;
  /** `ns`: this network namespace; `host`: one value for the machine, set from the initial namespace */
  scope: 'ns' | 'host';
  /** what the change reaches: `next connect()`, `next packet`, … */
  reaches: string;
  risk: 'low' | 'medium' | 'high';
  /** how to tell that it worked (never the TIME_WAIT count) */
  signal: string;
  /** seconds to wait before that signal means anything */
  judgeAfterSeconds: number;
  /** why this value and not another, with the numbers */
  reason: string;
  /** extra kernel memory at most, where it costs any */
  memoryBytes?: number;
  /** what happens, or must hold, when it is reverted */
  revertHazard?: string;
  /** things to do or know first, e.g. restart the listener afterwards */
  requires?: readonly string[];
  /**
   * The machine's own network namespace alone can set it, and this was measured in another one: no account that logs in here can,
   * the gate's neither. A person sets it on the machine.
   */
  elsewhere?: true;
}

/** What to do where no setting helps, or what has to follow the setting. */
export interface Advice {
  what: string;
  /** process, port or peer that it is about, where known (a host's words) */
  about?: string;
}

export interface Avoidance {
  what: string;
  why: string;
}

/** One line of a rule's decision, for `--why`: what was asked of which numbers, and the outcome. */
export interface Step {
  question: string;
  answer: string;
  holds: boolean | 'unknown';
}

export interface Finding {
  /** kebab-case; the file name of the rule */
  id: string;
  status: Status;
  severity: Severity;
  confidence: Confidence;
  /** what the finding is about where a host can have several, e.g. `10.0.3.7:5432` or `port 80` */
  subject?: string;
  evidence: readonly Evidence[];
  /** what could not be read, when inconclusive or of less confidence */
  missing: readonly string[];
  /**
   * true: inconclusive although this host should have been able to answer (a reading failed, no second counter snapshot).
   * Missing for good reason (no root, inside a namespace, a kernel without the counter, no conntrack) is no gap.
   */
  gap?: boolean;
  /** ids of present findings that explain this one */
  causedBy: readonly string[];
  remedies: readonly Remedy[];
  advice: readonly Advice[];
  avoid: readonly Avoidance[];
  steps: readonly Step[];
}

export interface Diagnosis {
  host: string;
  measuredAt: string;
  intervalSeconds: number;
  /** present first, causes before what they explain; then inconclusive; then absent */
  findings: readonly Finding[];
  /** rule ids that came to present or absent / that could not judge */
  checked: readonly string[];
  notChecked: readonly string[];
}
