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
  /** where one act of one person on several hosts stands in this row */
  hosts?: readonly string[];
  change?: string;
  actor: string;
  /** of whom or what `what` is said; none: it names it itself */
  subject: 'actor' | 'change' | 'none';
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
  subject: TimelineRow['subject'];
  what: string;
  details?: readonly string[];
  /** what it says of several hosts at once, where it may stand in one row with them */
  ofMany?: (hosts: number) => string;
}

/** As the change's own card says it: one thing has one word. */
const OUTCOMES: Readonly<Record<string, string>> = { better: 'BETTER', same: 'SAME', worse: 'WORSE' };

/** Steps of a change by the event's name; what is not known is named as it is. */
const changeTold = (step: string, data: Readonly<Record<string, unknown>>): Told => {
  const why = words(data['why'] ?? data['reason'] ?? data['detail']);
  const told = (subject: Told['subject'], what: string, details: readonly string[] = []): Told => ({
    kind: 'change',
    subject,
    what,
    details,
  });
  const did = (what: string, details?: readonly string[]): Told => told('actor', what, details);
  const it = (what: string, details?: readonly string[]): Told => told('change', what, details);
  switch (step) {
    case 'proposed': {
      const plan = part(data, 'plan');
      const entries = items(plan['entries'], 20).flatMap(entryLine);
      const [first = 'no values'] = entries;
      const finding = words(part(data, 'finding')['id'], 80);
      return did(`proposed to set ${first}${entries.length > 1 ? ` and ${entries.length - 1} more` : ''}`, [
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
        ? did('approved it')
        : did('approved it alone, by break-glass', [`Reason: ${words(glass['reason'])}`]);
    }
    case 'denied':
      return did(`denied it${because(why)}`);
    case 'withdrawn':
      return did(`withdrew it${because(why)}`);
    case 'expired':
      return it('expired: nobody applied it in time');
    case 'apply-intended':
      return it('is sent to the host');
    case 'applied': {
      const atMs = Number(data['atMs']);
      const endsMs = Number(data['windowEndsAtMs']);
      return it(
        `is in force${Number.isFinite(endsMs - atMs) && endsMs > atMs ? `; the host takes it back in ${minutes(endsMs - atMs)} unless it is confirmed` : ''}`,
      );
    }
    case 'went-stale':
      return it(`was not applied: the host is no longer as it was approved${because(why)}`);
    case 'failed':
      return it(`failed${because(why)}`);
    case 'measured': {
      const measurement = part(data, 'measurement');
      const outcome = words(measurement['outcome'], 20);
      const spoken = OUTCOMES[outcome] ?? 'NOT KNOWN';
      const after = Number(measurement['afterSeconds']);
      return told('none', `${spoken}${Number.isFinite(after) ? ` after ${minutes(after * 1_000)}` : ''}`, [
        `Before: ${words(measurement['before']) || 'unknown'}`,
        `Now: ${words(measurement['now']) || 'unknown'}`,
      ]);
    }
    case 'verified':
      return it('is verified: the host has the values, and no harm was seen');
    case 'confirm-intended':
      return did('asked to confirm it');
    case 'confirmed':
      return it(
        'is confirmed: it stays',
        items(data['shadowedBy'], 5).map((shadow) => `At the next boot: ${words(shadow)}`),
      );
    case 'revert-intended':
      return did(`asked to revert it${because(why)}`);
    case 'reverted':
      return it(`is reverted${because(why)}`);
    case 'revert-failed':
      return it(`could not be reverted, a person must look${because(why)}`);
    case 'revert-held':
      return it(`can not be reverted yet, the host tries again every minute${because(why)}`);
    case 'step-refused':
      return told('none', `the host refused to ${words(data['step'], 20)} it${because(why)}`);
    case 'reviewed':
      return did('reviewed it');
    case 'refused':
      return {
        kind: 'refusal',
        subject: 'actor',
        what: `was refused a step (${words(data['code'], 60)})${because(why)}`,
      };
    default:
      return did(`${step.slice(0, 60)}${because(why)}`);
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

/** Nothing wrong, as far as the entry says; entries of older programs say nothing. */
const isCalm = (data: AuditEntry['data'], { came, went }: Moved): boolean =>
  came.length + went.length === 0 &&
  data['failed'] === undefined &&
  (data['verdict'] === undefined || (Array.isArray(data['present']) && data['present'].length === 0));

const tellMeasurement = (data: AuditEntry['data'], moved: Moved): Told => {
  const { came, went } = moved;
  const verdict = words(data['verdict']);
  const calm = verdict === '' ? '' : ', nothing wrong found';
  return {
    kind: came.length + went.length > 0 ? 'finding' : 'measurement',
    subject: 'none',
    what: verdict || (data['failed'] === undefined ? 'measured' : `no answer (${words(data['failed'], 60)})`),
    details: [
      ...(came.length === 0 ? [] : [`New: ${came.join(', ')}`]),
      ...(went.length === 0 ? [] : [`Gone: ${went.join(', ')}`]),
    ],
    // The one that was asked for alone is told alone.
    ...(data['fleet'] !== undefined && isCalm(data, moved)
      ? { ofMany: (hosts: number) => `measured ${hosts} hosts${calm}` }
      : {}),
  };
};

const tell = ({ kind, data }: AuditEntry, moved: Moved): Told => {
  if (kind.startsWith('change.')) return changeTold(kind.slice('change.'.length), data);
  if (kind === 'measurement') return tellMeasurement(data, moved);
  if (kind.startsWith('watch'))
    return {
      kind: 'watch',
      subject: 'none',
      what: words(data['what']) || `${kind.replace('.', ' ')}${because(words(data['why']))}`,
    };
  if (kind.startsWith('refus'))
    return { kind: 'refusal', subject: 'actor', what: words(data['what'] ?? data['why']) || 'was refused' };
  const what = words(data['what']) || words(kind, 60).replaceAll('.', ' ');
  return {
    kind: 'other',
    subject: 'actor',
    what,
    ...(kind.startsWith('read.') ? { ofMany: (hosts: number) => `${what} of ${hosts} hosts` } : {}),
  };
};

/** How often the same was found, where a row says that it was. */
export const repeatedInWords = ({ kind, hosts, times }: TimelineRow): string =>
  times === 1 || hosts !== undefined
    ? ''
    : ` (${times} ${kind === 'measurement' || kind === 'finding' ? 'measurements' : 'times'})`;

const HOSTS_NAMED = 12;
/** One question to many hosts is noted host by host, as each is asked or answers. */
const TOGETHER_MS = 10_000;

/** One more host in a row. */
const joined = (row: TimelineRow, host: string, seq: number, ofMany: (hosts: number) => string): TimelineRow => {
  const hosts = [...new Set([...(row.hosts ?? (row.host === undefined ? [] : [row.host])), host])];
  const times = row.times + 1;
  if (hosts.length < 2) return { ...row, times, lastSeq: seq };
  const { host: _, ...rest } = row;
  const named = hosts.slice(0, HOSTS_NAMED).join(', ');
  return {
    ...rest,
    hosts,
    times,
    lastSeq: seq,
    // A verdict that named its host has made room for what many have in common.
    subject: 'actor',
    what: ofMany(hosts.length),
    details: [`${named}${hosts.length > HOSTS_NAMED ? ` and ${hosts.length - HOSTS_NAMED} more` : ''}`],
  };
};

/**
 * Pure. Entries in order of their numbers; measurements of a host that say the same one after another become one row, whatever
 * happened on other hosts in between; so do the reads of one person at one time, and the calm hosts of one measurement of many.
 */
export const timelineOf = (entries: Iterable<AuditEntry>, { most = 400 }: TimelineOptions = {}): Timeline => {
  const rows: TimelineRow[] = [];
  /** host → where its last row stands, while it is a measurement */
  const lastOf = new Map<string, number>();
  const presentOf = new Map<string, ReadonlySet<string>>();
  /** who did what → where its row stands, and when its last entry was written */
  const together = new Map<string, { at: number; atMs: number }>();
  const hosts = new Set<string>();
  const people = new Set<string>();
  let count = 0;
  for (const entry of entries) {
    count += 1;
    const { atMs, actor, host, change, seq } = entry;
    const moved = movedIn(entry.data, host === undefined ? undefined : presentOf.get(host));
    if (host !== undefined && moved.present !== undefined && entry.kind === 'measurement')
      presentOf.set(host, moved.present);
    const { kind, subject, what, details = [], ofMany } = tell(entry, moved);
    if (host !== undefined) hosts.add(words(host, 255));
    if (actor !== 'bot' && actor !== 'host') people.add(words(actor, 120));
    const at = host === undefined ? undefined : lastOf.get(host);
    const before = at === undefined ? undefined : rows[at];
    if (kind === 'measurement' && at !== undefined && before?.what === what) {
      rows[at] = { ...before, untilMs: atMs, times: before.times + 1, lastSeq: seq };
      continue;
    }
    if (host !== undefined && ofMany !== undefined) {
      const key = `${entry.kind} ${actor} ${words(entry.data['fleet'], 64)}`;
      const mine = together.get(key);
      const row = mine === undefined || atMs - mine.atMs > TOGETHER_MS ? undefined : rows[mine.at];
      together.set(key, { at: row === undefined ? rows.length : (mine?.at ?? 0), atMs });
      if (row !== undefined && mine !== undefined) {
        rows[mine.at] = joined(row, words(host, 255), seq, ofMany);
        if (kind === 'measurement') for (const it of [host, row.host ?? host]) lastOf.delete(it);
        continue;
      }
    }
    if (host !== undefined) {
      if (kind === 'measurement' || kind === 'finding') lastOf.set(host, rows.length);
      // Who reads changes nothing.
      else if (!entry.kind.startsWith('read.')) lastOf.delete(host);
    }
    rows.push({
      atMs,
      times: 1,
      kind,
      actor: words(actor, 120),
      subject,
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
