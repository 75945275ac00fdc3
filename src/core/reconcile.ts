/** The bot's log against the host's own: what one of them knows and the other does not. Pure. */
import type { AuditEntry } from './audit.js';
import type { HostAuditLine } from './gate/answer.js';

export interface Discrepancy {
  change: string;
  /** `only-host`: the host did something that the log here knows nothing of; `only-here`: the other way round */
  kind: 'only-host' | 'only-here' | 'other-outcome';
  detail: string;
}

/** Ends of a change on the host → how the same end is called here. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  applied: ['change.applied', 'change.confirmed', 'change.reverted', 'change.revert-failed'],
  confirmed: ['change.confirmed'],
  reverted: ['change.reverted', 'change.failed', 'change.went-stale'],
};

/**
 * @param entries the audit entries of one host
 * @param lines the host's audit, oldest first; it is pruned there, so what is older than its first line is not held against it
 */
export const reconcile = (entries: readonly AuditEntry[], lines: readonly HostAuditLine[]): Discrepancy[] => {
  const found: Discrepancy[] = [];
  const kinds = new Map<string, Set<string>>();
  for (const { change, kind } of entries) {
    if (change === undefined) continue;
    const known = kinds.get(change) ?? new Set();
    kinds.set(change, known.add(kind));
  }
  const onHost = new Map<string, Set<string>>();
  for (const { changeId, event } of lines) {
    if (changeId === undefined) continue;
    const known = onHost.get(changeId) ?? new Set();
    onHost.set(changeId, known.add(event));
  }
  for (const [change, events] of onHost) {
    const here = kinds.get(change);
    if (here === undefined || !here.has('change.apply-intended')) {
      if (events.has('applied') || events.has('prepared'))
        found.push({ change, kind: 'only-host', detail: 'the host carried out a change that this log never sent' });
      continue;
    }
    for (const [event, wanted] of Object.entries(ENDS))
      if (events.has(event) && !wanted.some((kind) => here.has(kind)))
        found.push({
          change,
          kind: 'other-outcome',
          detail: `the host says ${event}, this log has ${[...here].at(-1) ?? 'nothing'}`,
        });
  }
  const since = Date.parse(lines[0]?.at ?? '');
  for (const { change, kind, atMs } of entries)
    if (
      kind === 'change.applied' &&
      change !== undefined &&
      !Number.isNaN(since) &&
      atMs > since + 60_000 &&
      !onHost.has(change)
    )
      found.push({ change, kind: 'only-here', detail: 'this log has it applied, the host knows nothing of it' });
  return found;
};
