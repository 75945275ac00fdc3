/** What a rule is. One file in `rules/` = one rule; its id is the file's name. */
import type { Advice, Avoidance, Confidence, Evidence, Finding, Remedy, Severity, Status, Step } from './finding.js';
import type { ReadingName, Snapshot } from './snapshot.js';

/** Thresholds by constant name (`CONNTRACK_FULL_RATIO`), as configuration may override them per host group. */
export type Thresholds = Readonly<Record<string, number>>;

export interface RuleInput {
  snapshot: Snapshot;
  /** the last measurement of the same host, for growth and rates beyond the probe's own interval */
  previous?: Snapshot;
  /** every constant of the rule, overrides applied */
  thresholds: Thresholds;
  /** findings of the rules named in `after`, already judged */
  earlier: ReadonlyMap<string, Finding>;
}

/** What `check` returns; `diagnose` completes it to a finding. */
export interface Judgement {
  status: Status;
  severity?: Severity;
  confidence?: Confidence;
  subject?: string;
  evidence?: readonly Evidence[];
  missing?: readonly string[];
  /** see {@link Finding.gap} */
  gap?: boolean;
  causedBy?: readonly string[];
  remedies?: readonly Remedy[];
  advice?: readonly Advice[];
  avoid?: readonly Avoidance[];
  steps?: readonly Step[];
}

export interface Rule {
  id: string;
  /** names the failing state: "The connection-tracking table is full" */
  title: string;
  /** why it matters */
  why: string;
  /** what people see */
  symptoms: string;
  /** without one of these readings the rule never says absent; what is left may still prove it present */
  needs: readonly ReadingName[];
  /** ids of rules that must be judged first */
  after?: readonly string[];
  /** place in the order of causes: smaller is shown first */
  rank: number;
  severity: Severity;
  /** constant name -> value, unit and where the number comes from */
  thresholds: Readonly<Record<string, { value: number; unit: string; source: string }>>;
  check(input: RuleInput): Judgement;
  /** remedies that people try here and that do nothing or harm */
  avoid: readonly Avoidance[];
  /** when it looks like this rule and is not */
  exceptions: readonly string[];
  /** kernel versions where it does not exist or reads otherwise */
  kernels: string;
  sources: readonly string[];
}
