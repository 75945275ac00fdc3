/**
 * The story of an incident, from the audit log: measurements, findings, proposals, approvals, changes, effects. Entries are
 * read by shape: an older version of the program may have written them, and a host's words are in them.
 */
import type { AuditEntry } from './audit.js';

export type TimelineKind = 'measurement' | 'finding' | 'change' | 'refusal' | 'watch' | 'other';

export interface TimelineRow {
  atMs: number;
  /** the last time, where several entries that say the same stand in one row */
  untilMs?: number;
  /** entries that stand in this row */
  times: number;
  kind: TimelineKind;
  host?: string;
  change?: string;
  actor: string;
  /** one line without markup; a host's words may be in it */
  what: string;
  /** more of it: keys and values, reasons; one line each */
  details: readonly string[];
  /** numbers of the first and the last audit entry, for looking them up */
  seq: number;
  lastSeq: number;
}

export interface Timeline {
  rows: readonly TimelineRow[];
  fromMs: number;
  untilMs: number;
  hosts: readonly string[];
  people: readonly string[];
  /** entries that were read, and rows beyond `most` that are not among `rows` (the oldest) */
  entries: number;
  omitted: number;
}

export interface TimelineOptions {
  /** rows at the most; the newest stay. Default 400 */
  most?: number;
}

const WORDS_MAX = 300;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

const words = (value: unknown, max = WORDS_MAX): string => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return '';
  const one = value
    .slice(0, max * 4)
    .replace(CONTROL, ' ')
    .trim();
  return one.length <= max ? one : `${one.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
};
const part = (data: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> => {
  const value = data[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
};
const items = (value: unknown, most: number): unknown[] => (Array.isArray(value) ? value.slice(0, most) : []);
const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);

const entryLine = (entry: unknown): string[] => {
  if (typeof entry !== 'object' || entry === null) return [];
  const { key, from, to } = entry as Record<string, unknown>;
  return [`${words(key, 120)} from ${words(from, 120) || '(empty)'} to ${words(to, 120) || '(empty)'}`];
};

const minutes = (milliseconds: number): string =>
  milliseconds < 90_000 ? `${Math.round(milliseconds / 1_000)} s` : `${Math.round(milliseconds / 60_000)} min`;

interface Told {
  kind: TimelineKind;
  what: string;
  details?: readonly string[];
}

/** Steps of a change by the event's name; what is not known is named as it is. */
const changeTold = (step: string, data: Readonly<Record<string, unknown>>): Told => {
  const why = words(data['why'] ?? data['reason'] ?? data['detail']);
  const told = (what: string, details: readonly string[] = []): Told => ({ kind: 'change', what, details });
  switch (step) {
    case 'proposed': {
      const plan = part(data, 'plan');
      const entries = items(plan['entries'], 20).flatMap(entryLine);
      const [first = 'no values'] = entries;
      const finding = words(part(data, 'finding')['id'], 80);
      return told(`proposed to set ${first}${entries.length > 1 ? ` and ${entries.length - 1} more` : ''}`, [
        ...(entries.length > 1 ? entries.slice(1) : []),
        ...(why === '' ? [] : [`Reason: ${why}`]),
        ...(finding === '' ? [] : [`Finding: ${finding}`]),
        ...(data['incident'] === undefined ? [] : [`Incident: ${words(data['incident'], 80)}`]),
        ...(data['undoes'] === undefined ? [] : [`Takes back change ${words(data['undoes'], 40)}`]),
      ]);
    }
    case 'approval-given': {
      const glass = part(data, 'breakGlass');
      return glass['reason'] === undefined
        ? told('approved it')
        : told('approved it alone, by break-glass', [`Reason: ${words(glass['reason'])}`]);
    }
    case 'denied':
      return told(`denied it${because(why)}`);
    case 'withdrawn':
      return told(`withdrew it${because(why)}`);
    case 'expired':
      return told('expired: nobody applied it in time');
    case 'apply-intended':
      return told('is sent to the host');
    case 'applied': {
      const atMs = Number(data['atMs']);
      const endsMs = Number(data['windowEndsAtMs']);
      return told(
        `is in force${Number.isFinite(endsMs - atMs) && endsMs > atMs ? `; the host takes it back in ${minutes(endsMs - atMs)} unless it is confirmed` : ''}`,
      );
    }
    case 'went-stale':
      return told(`was not applied: the host is no longer as it was approved${because(why)}`);
    case 'failed':
      return told(`failed${because(why)}`);
    case 'measured': {
      const measurement = part(data, 'measurement');
      const outcome = words(measurement['outcome'], 20);
      const spoken =
        { better: 'It helped', same: 'No effect', worse: 'It got worse' }[outcome] ?? 'The effect is unknown';
      const after = Number(measurement['afterSeconds']);
      return told(`${spoken}${Number.isFinite(after) ? `, measured ${minutes(after * 1_000)} after it` : ''}`, [
        `Before: ${words(measurement['before']) || 'unknown'}`,
        `Now: ${words(measurement['now']) || 'unknown'}`,
      ]);
    }
    case 'verified':
      return told('is verified: the host has the values, and no harm was seen');
    case 'confirm-intended':
      return told('asked to confirm it');
    case 'confirmed':
      return told(
        'is confirmed: it stays',
        items(data['shadowedBy'], 5).map((shadow) => `At the next boot: ${words(shadow)}`),
      );
    case 'revert-intended':
      return told(`asked to revert it${because(why)}`);
    case 'reverted':
      return told(`is reverted${because(why)}`);
    case 'revert-failed':
      return told(`could not be reverted, a person must look${because(why)}`);
    case 'revert-held':
      return told(`can not be reverted yet, the host tries again every minute${because(why)}`);
    case 'step-refused':
      return told(`the host refused to ${words(data['step'], 20)} it${because(why)}`);
    case 'reviewed':
      return told('reviewed it');
    case 'refused':
      return { kind: 'refusal', what: `was refused a step (${words(data['code'], 60)})${because(why)}` };
    default:
      return told(`${step.slice(0, 60)}${because(why)}`);
  }
};

/** Findings that came and went: as the entry says, or against those of the host's measurement before it. */
const movedIn = (data: AuditEntry['data'], before: ReadonlySet<string> | undefined): Moved => {
  const ids = (key: string): string[] => items(data[key], 20).map((id) => words(id, 80));
  if (!Array.isArray(data['present'])) return { came: ids('came'), went: ids('went') };
  const present = ids('present');
  return {
    came: present.filter((id) => before?.has(id) !== true),
    went: [...(before ?? [])].filter((id) => !present.includes(id)),
    present: new Set(present),
  };
};
interface Moved {
  came: readonly string[];
  went: readonly string[];
  present?: ReadonlySet<string>;
}

const tell = ({ kind, data }: AuditEntry, moved: Moved): Told => {
  if (kind.startsWith('change.')) return changeTold(kind.slice('change.'.length), data);
  if (kind === 'measurement') {
    const { came, went } = moved;
    return {
      kind: came.length + went.length > 0 ? 'finding' : 'measurement',
      what:
        words(data['verdict']) ||
        (data['failed'] === undefined ? 'measured' : `no answer (${words(data['failed'], 60)})`),
      details: [
        ...(came.length === 0 ? [] : [`New: ${came.join(', ')}`]),
        ...(went.length === 0 ? [] : [`Gone: ${went.join(', ')}`]),
      ],
    };
  }
  if (kind.startsWith('watch'))
    return { kind: 'watch', what: words(data['what']) || `${kind.replace('.', ' ')}${because(words(data['why']))}` };
  if (kind.startsWith('refus')) return { kind: 'refusal', what: words(data['what'] ?? data['why']) || 'was refused' };
  return { kind: 'other', what: words(data['what']) || words(kind, 60).replaceAll('.', ' ') };
};

/**
 * Pure. Entries in order of their numbers; measurements of a host that say the same one after another become one row, whatever
 * happened on other hosts in between.
 */
export const timelineOf = (entries: Iterable<AuditEntry>, { most = 400 }: TimelineOptions = {}): Timeline => {
  const rows: TimelineRow[] = [];
  /** host → where its last row stands, while it is a measurement */
  const lastOf = new Map<string, number>();
  const presentOf = new Map<string, ReadonlySet<string>>();
  const hosts = new Set<string>();
  const people = new Set<string>();
  let count = 0;
  for (const entry of entries) {
    count += 1;
    const { atMs, actor, host, change, seq } = entry;
    const moved = movedIn(entry.data, host === undefined ? undefined : presentOf.get(host));
    if (host !== undefined && moved.present !== undefined && entry.kind === 'measurement')
      presentOf.set(host, moved.present);
    const { kind, what, details = [] } = tell(entry, moved);
    if (host !== undefined) hosts.add(words(host, 255));
    if (actor !== 'bot' && actor !== 'host') people.add(words(actor, 120));
    const at = host === undefined ? undefined : lastOf.get(host);
    const before = at === undefined ? undefined : rows[at];
    if (kind === 'measurement' && at !== undefined && before?.what === what) {
      rows[at] = { ...before, untilMs: atMs, times: before.times + 1, lastSeq: seq };
      continue;
    }
    if (host !== undefined) {
      if (kind === 'measurement' || kind === 'finding') lastOf.set(host, rows.length);
      else lastOf.delete(host);
    }
    rows.push({
      atMs,
      times: 1,
      kind,
      actor: words(actor, 120),
      what,
      details,
      seq,
      lastSeq: seq,
      ...(host === undefined ? {} : { host: words(host, 255) }),
      ...(change === undefined ? {} : { change: words(change, 64) }),
    });
  }
  const kept = rows.slice(-Math.max(1, most));
  return {
    rows: kept,
    fromMs: kept[0]?.atMs ?? 0,
    untilMs: kept.reduce((latest, row) => Math.max(latest, row.untilMs ?? row.atMs), 0),
    hosts: [...hosts].sort(),
    people: [...people].sort(),
    entries: count,
    omitted: rows.length - kept.length,
  };
};
