/** A snapshot (and the one before it) × rules → a diagnosis. Pure; the same input gives the same answer, always. */
import type { Diagnosis, Finding, Severity } from './finding.js';
import type { Judgement, Rule, RuleInput, Thresholds } from './rule.js';
import type { Snapshot } from './snapshot.js';

export interface DiagnoseInput {
  snapshot: Snapshot;
  /** the last measurement of the same host */
  previous?: Snapshot;
  /** overrides by constant name; names that no rule has, and values that are no finite number, are left unused */
  thresholds?: Thresholds;
  rules: ReadonlyMap<string, Rule>;
}

const SEVERITY_ORDER: Readonly<Record<Severity, number>> = { crit: 0, warn: 1, info: 2 };
const STATUS_ORDER = { present: 0, inconclusive: 1, absent: 2 } as const;

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300);

/** Rules in an order in which every rule comes after those that it names; a circle is cut where it is met first. */
const inOrder = (rules: ReadonlyMap<string, Rule>): readonly Rule[] => {
  const ordered: Rule[] = [];
  const met = new Set<string>();
  const visit = (rule: Rule): void => {
    if (met.has(rule.id)) return;
    met.add(rule.id);
    for (const id of rule.after ?? []) {
      const before = rules.get(id);
      if (before !== undefined) visit(before);
    }
    ordered.push(rule);
  };
  for (const rule of [...rules.values()].sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))) visit(rule);
  return ordered;
};

const thresholdsOf = (rule: Rule, overrides: Thresholds): Thresholds =>
  Object.fromEntries(
    Object.entries(rule.thresholds).map(([name, { value }]) => {
      const override = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
      return [name, override !== undefined && Number.isFinite(override) ? override : value];
    }),
  );

const judge = (rule: Rule, input: RuleInput): Judgement => {
  try {
    return rule.check(input);
  } catch (error) {
    return { status: 'inconclusive', gap: true, missing: [`the rule itself failed: ${errorText(error)}`] };
  }
};

/** A rule that forgot to ask for what it needs must not call that health: absent becomes inconclusive. */
const withNeeds = (rule: Rule, judgement: Judgement, snapshot: Snapshot): Judgement => {
  if (judgement.status !== 'absent') return judgement;
  const missing = rule.needs.flatMap((name) => {
    const reading = snapshot.readings[name];
    return reading.status === 'failed' ? [`${name}: ${reading.reason}`] : [];
  });
  if (missing.length === 0) return judgement;
  return { ...judgement, status: 'inconclusive', gap: true, missing: [...(judgement.missing ?? []), ...missing] };
};

const complete = (rule: Rule, judgement: Judgement, earlier: ReadonlyMap<string, Finding>): Finding => {
  const isPresent = judgement.status === 'present';
  return {
    id: rule.id,
    status: judgement.status,
    severity: (isPresent ? judgement.severity : undefined) ?? rule.severity,
    confidence: judgement.confidence ?? (judgement.status === 'inconclusive' ? 'low' : 'high'),
    ...(judgement.subject !== undefined && isPresent && { subject: judgement.subject }),
    evidence: judgement.evidence ?? [],
    missing: [...new Set(judgement.missing ?? [])],
    ...(judgement.status === 'inconclusive' && judgement.gap === true && { gap: true }),
    causedBy: isPresent
      ? [...new Set(judgement.causedBy ?? [])].filter((id) => earlier.get(id)?.status === 'present')
      : [],
    remedies: isPresent ? (judgement.remedies ?? []) : [],
    advice: judgement.advice ?? [],
    avoid: isPresent ? (judgement.avoid ?? rule.avoid) : [],
    steps: judgement.steps ?? [],
  };
};

/** Present before inconclusive before absent; among the present the worst first, every cause before what it explains. */
const ranked = (findings: readonly Finding[], rules: ReadonlyMap<string, Rule>): readonly Finding[] => {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  // a cause is as urgent as the worst that follows from it
  const urgency = new Map(findings.map((finding) => [finding.id, SEVERITY_ORDER[finding.severity]]));
  const raise = (finding: Finding, to: number, seen: ReadonlySet<string>): void => {
    for (const id of finding.causedBy) {
      const cause = byId.get(id);
      if (cause === undefined || seen.has(id)) continue;
      urgency.set(id, Math.min(urgency.get(id) ?? to, to));
      raise(cause, to, new Set([...seen, id]));
    }
  };
  for (const finding of findings) raise(finding, SEVERITY_ORDER[finding.severity], new Set([finding.id]));

  const key = (finding: Finding): readonly number[] => [
    STATUS_ORDER[finding.status],
    finding.status === 'present' ? (urgency.get(finding.id) ?? 2) : 0,
    rules.get(finding.id)?.rank ?? Number.MAX_SAFE_INTEGER,
  ];
  const compare = (a: Finding, b: Finding): number => {
    const [left, right] = [key(a), key(b)];
    for (const [index, value] of left.entries()) {
      const other = right[index] ?? 0;
      if (value !== other) return value - other;
    }
    return a.id < b.id ? -1 : 1;
  };
  const placed = new Set<string>();
  const order: Finding[] = [];
  const place = (finding: Finding): void => {
    if (placed.has(finding.id)) return;
    placed.add(finding.id);
    for (const id of finding.causedBy) {
      const cause = byId.get(id);
      if (cause !== undefined) place(cause);
    }
    order.push(finding);
  };
  for (const finding of [...findings].sort(compare)) place(finding);
  return order;
};

/** Judges every rule. Never throws: a rule that does is inconclusive with its reason. */
export const diagnose = ({ snapshot, previous, thresholds = {}, rules }: DiagnoseInput): Diagnosis => {
  const judged = new Map<string, Finding>();
  for (const rule of inOrder(rules)) {
    const earlier = new Map(
      (rule.after ?? []).flatMap((id) => {
        const finding = judged.get(id);
        return finding === undefined ? [] : [[id, finding] as const];
      }),
    );
    const input: RuleInput = {
      snapshot,
      ...(previous !== undefined && { previous }),
      thresholds: thresholdsOf(rule, thresholds),
      earlier,
    };
    judged.set(rule.id, complete(rule, withNeeds(rule, judge(rule, input), snapshot), earlier));
  }
  const findings = ranked([...judged.values()], rules);
  const counters = snapshot.readings.counters;
  const ids = (checked: boolean): readonly string[] =>
    findings.filter(({ status }) => (status !== 'inconclusive') === checked).map(({ id }) => id);
  return {
    host: snapshot.host,
    measuredAt: snapshot.measuredAt,
    intervalSeconds: counters.status === 'ok' ? counters.value.intervalSeconds : 0,
    findings,
    checked: ids(true),
    notChecked: ids(false),
  };
};

/** Findings that are there and no mere remark: what a verdict names, and what is noted of a host. */
export const wrongIn = ({ findings }: Diagnosis): readonly Finding[] =>
  findings.filter(({ status, severity }) => status === 'present' && severity !== 'info');

/** What a diagnosis amounts to, for an exit status and for a verdict. */
export type Outcome = 'nothing wrong' | 'something wrong' | 'could not judge';

/**
 * `something wrong`: a finding at warn or crit. `could not judge`: none, and at least one check that can end at warn or
 * crit has a gap: evidence that this host should have been able to give. What is missing for good reason (no root, inside
 * a namespace, no conntrack, a kernel without the counter) is listed in `notChecked` and does not make a host unjudged.
 */
export const outcomeOf = (diagnosis: Diagnosis): Outcome => {
  const { findings } = diagnosis;
  if (wrongIn(diagnosis).length > 0) return 'something wrong';
  const blind = findings.some(({ gap, severity }) => gap === true && severity !== 'info');
  return blind || findings.every(({ status }) => status === 'inconclusive') ? 'could not judge' : 'nothing wrong';
};
