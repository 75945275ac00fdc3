/**
 * The audit log: entries written before an act and again with its result, each chained to the one before by its hash. A
 * chain alone can't show that its end was cut off or all of it rewritten: anchors (count and head, kept elsewhere) do.
 */
import type { Hash } from './plan-digest.js';

/** What is written; the store adds number, time order and chain. */
export interface AuditDraft {
  atMs: number;
  /** who acted: a person's name and account, `bot`, or `host` for what a host did by itself */
  actor: string;
  /** `change.apply-intended`, `measurement`, `refusal`, … */
  kind: string;
  host?: string;
  change?: string;
  channel?: string;
  /** plain data: no secrets, no more of a host's words than the entry needs */
  data: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends AuditDraft {
  /** 1, 2, 3, … without gaps */
  seq: number;
  previous: string;
  hash: string;
}

/** How far the log was at some time, kept outside of it (a channel's message, syslog). */
export interface Anchor {
  seq: number;
  hash: string;
}

export const GENESIS = '0'.repeat(64);

/** JSON with sorted keys: the same data has one spelling, whatever a database did to the order of its keys. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
      .join(',')}}`;
  return JSON.stringify(value) ?? 'null';
};

/** The entry that follows `previous`. */
export const chain = (draft: AuditDraft, last: Anchor | undefined, hash: Hash): AuditEntry => {
  const seq = (last?.seq ?? 0) + 1;
  const previous = last?.hash ?? GENESIS;
  const { atMs, actor, kind, host, change, channel, data } = draft;
  return {
    ...draft,
    seq,
    previous,
    hash: hash(canonicalJson([previous, seq, atMs, actor, kind, host ?? null, change ?? null, channel ?? null, data])),
  };
};

export type ChainProblem =
  | { kind: 'gap'; seq: number; expected: number }
  | { kind: 'altered'; seq: number }
  | { kind: 'unlinked'; seq: number }
  | { kind: 'cut-off'; seq: number; anchored: number }
  | { kind: 'rewritten'; seq: number };

/**
 * Checks a whole log, from its first entry on.
 * @param anchors what was noted outside; each must be found as it was
 * @returns every problem, in order; none: the log is what was written
 */
export const verifyChain = (
  entries: Iterable<AuditEntry>,
  anchors: readonly Anchor[],
  hash: Hash,
): { count: number; head: string; problems: ChainProblem[] } => {
  const problems: ChainProblem[] = [];
  const wanted = new Map(anchors.map((anchor) => [anchor.seq, anchor.hash]));
  let last: Anchor | undefined;
  for (const entry of entries) {
    const expected = (last?.seq ?? 0) + 1;
    if (entry.seq !== expected) problems.push({ kind: 'gap', seq: entry.seq, expected });
    if (entry.previous !== (last?.hash ?? GENESIS)) problems.push({ kind: 'unlinked', seq: entry.seq });
    const again = chain(entry, { seq: entry.seq - 1, hash: entry.previous }, hash);
    if (again.hash !== entry.hash) problems.push({ kind: 'altered', seq: entry.seq });
    const anchored = wanted.get(entry.seq);
    if (anchored !== undefined && anchored !== entry.hash) problems.push({ kind: 'rewritten', seq: entry.seq });
    last = { seq: entry.seq, hash: entry.hash };
  }
  const count = last?.seq ?? 0;
  for (const { seq } of anchors) if (seq > count) problems.push({ kind: 'cut-off', seq: count, anchored: seq });
  return { count, head: last?.hash ?? GENESIS, problems };
};
