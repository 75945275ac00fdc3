/**
 * A gate's answer: `k=v` lines, the last `end=ok` or `end=CODE`. What a host prints is hostile: whatever isn't exactly an answer
 * is none, and no answer means that the outcome is unknown: ask `status`.
 */
import { type GateEntry, parseEntries } from './request.js';
import { kernelValue } from './value.js';

export interface AnswerFields {
  fields: Readonly<Record<string, string>>;
  /** the code of the last line; undefined: cut off, the outcome is unknown */
  end?: string;
}

const LINES_MAX = 400;
const LINE_CHARACTERS_MAX = 4096;

/** Splits an answer's text; a name that comes twice, a line that is none or anything after `end=` spoils the answer: no `end`. */
export const parseAnswer = (text: string): AnswerFields => {
  const lines = text.replace(/\n$/, '').split('\n');
  const fields = new Map<string, string>();
  const answer = (end?: string): AnswerFields => ({
    fields: Object.fromEntries(fields),
    ...(end === undefined ? {} : { end }),
  });
  if (lines.length > LINES_MAX) return answer();
  for (const [index, line] of lines.entries()) {
    const found = /^([a-z][a-z-]{0,30}[0-9]{0,3})=([ -~]*)$/.exec(line);
    const [, name, value] = found ?? [];
    if (name === undefined || value === undefined || line.length > LINE_CHARACTERS_MAX) return answer();
    if (name === 'end')
      return index === lines.length - 1 && /^[a-z][a-z-]{0,40}$/.test(value) ? answer(value) : answer();
    if (fields.has(name)) return answer();
    fields.set(name, value);
  }
  return answer();
};

export const GATE_STATES = [
  'prepared',
  'applied',
  'committed',
  'confirmed',
  'reverting',
  'reverted',
  'conflict',
  'failed',
] as const;

/**
 * `prepared` the intent is durable, values may be partly written · `applied` in force, the timer runs · `committed` confirmed,
 * but not yet in sysctl.d: the host goes on trying · `confirmed` · `reverting` the window is over, but some keys can't be put back
 * yet (see `held`): tried again every minute · `reverted` · `conflict` somebody else changed a value, which was left alone ·
 * `failed` never in force, all was put back.
 */
export type GateState = (typeof GATE_STATES)[number];

export interface GateChange {
  id: string;
  state: GateState;
  persistent: boolean;
  /** in the order of the request; `current` undefined: the host can't read the key any more */
  entries: readonly (GateEntry & { current?: string })[];
  /** until the host takes it back; only while prepared or applied; negative when overdue */
  leftSeconds?: number;
  /** keys that can't be put back yet, and why: `in-use`, `not-accepted`, `unreadable` */
  held: readonly { key: string; reason: string }[];
  /** the host had seen this request before */
  replay: boolean;
  /** files that would set a key otherwise at the next boot; a host's words */
  shadows: readonly { key: string; file: string; value: string }[];
  /** the key's line in sysctl.d has no effect at boot before nf_conntrack is loaded */
  needsConntrackModule: boolean;
}

const count = (word: string | undefined): number | undefined =>
  word !== undefined && /^-?\d{1,9}$/.test(word) ? Number(word) : undefined;

/** `name1`, `name2`, … as long as they go on */
const numbered = (fields: AnswerFields['fields'], name: string): string[] => {
  const found: string[] = [];
  for (let value = fields[`${name}1`]; value !== undefined; value = fields[`${name}${found.length + 1}`])
    found.push(value);
  return found;
};

const stateOf = (word: string | undefined): GateState | undefined => GATE_STATES.find((state) => state === word);

const heldOf = (words: string): { key: string; reason: string }[] =>
  words.split(' ').flatMap((word) => {
    const [, key, reason] = /^([a-z0-9_.]+):([a-z-]+)$/.exec(word) ?? [];
    return key === undefined || reason === undefined ? [] : [{ key, reason }];
  });

/** The change that an answer of set, confirm, revert or status shows. @returns undefined where it shows none */
export const readChange = ({ fields }: AnswerFields): GateChange | undefined => {
  const state = stateOf(fields['state']);
  const entries = parseEntries(numbered(fields, 'entry'));
  const mode = fields['mode'];
  const id = fields['id'];
  if (id === undefined || state === undefined || entries === undefined) return undefined;
  if (mode !== 'runtime' && mode !== 'persistent') return undefined;
  const current = numbered(fields, 'current');
  if (count(fields['entries']) !== entries.length || current.length !== entries.length) return undefined;
  const leftSeconds = count(fields['left']);
  return {
    id,
    state,
    persistent: mode === 'persistent',
    entries: entries.map((entry, index) => {
      const now = current[index];
      return now === undefined || now === 'unreadable' ? entry : { ...entry, current: kernelValue(now) };
    }),
    ...(leftSeconds === undefined ? {} : { leftSeconds }),
    held: heldOf(fields['held'] ?? ''),
    replay: fields['replay'] === '1',
    shadows: numbered(fields, 'shadow').flatMap((line) => {
      const [, key, file, value] = /^(\S+) (\S+) (\S+)$/.exec(line) ?? [];
      return key === undefined || file === undefined || value === undefined
        ? []
        : [{ key, file, value: kernelValue(value) }];
    }),
    needsConntrackModule: fields['at-boot'] === 'needs-module-nf_conntrack',
  };
};

export interface GateVersion {
  protocol: number;
  bootId: string;
  uptimeSeconds: number;
  /** which of the two keys was used */
  role: 'read' | 'change';
  /** SHA-256 of the program on the host; undefined where the host can't compute it */
  digest?: string;
}

/** What `version` answers. @returns undefined where it isn't that */
export const readVersion = ({ fields, end }: AnswerFields): GateVersion | undefined => {
  const protocol = count(fields['proto']);
  const uptimeSeconds = count(fields['uptime']);
  const bootId = fields['boot'] ?? '';
  const role = fields['role'] === 'rw' ? 'change' : fields['role'] === 'ro' ? 'read' : undefined;
  if (end !== 'ok' || protocol === undefined || uptimeSeconds === undefined || role === undefined) return undefined;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4,12}){4}$/.test(bootId)) return undefined;
  const digest = /^[0-9a-f]{64}$/.exec(fields['gate'] ?? '')?.[0];
  return { protocol, bootId, uptimeSeconds, role, ...(digest === undefined ? {} : { digest }) };
};

export interface ListedChange {
  id: string;
  state: GateState;
  persistent: boolean;
  keys: readonly string[];
}

/** What `list` answers: open changes, then the most recent closed ones, 20 at most. */
export const readList = ({
  fields,
  end,
}: AnswerFields): { changes: readonly ListedChange[]; open?: string } | undefined => {
  if (end !== 'ok' || fields['open'] === undefined) return undefined;
  const changes: ListedChange[] = [];
  const keys = numbered(fields, 'keys');
  for (const [index, line] of numbered(fields, 'change').entries()) {
    const [id, word, mode] = line.split(' ');
    const state = stateOf(word);
    const about = keys[index]?.split(' ');
    if (id === undefined || state === undefined || about === undefined) return undefined;
    changes.push({ id, state, persistent: mode === 'persistent', keys: about });
  }
  return { changes, ...(fields['open'] === 'none' ? {} : { open: fields['open'] }) };
};

export interface HostAuditLine {
  /** the host's wall clock, `2026-01-31T12:00:00Z` */
  at: string;
  bootId: string;
  /** `prepared`, `applied`, `confirmed`, `reverted`, `failed`, `too-late`, `CONFLICT`, `REVERT-HELD`, `PERSIST-FAILED`, `CORRUPT` */
  event: string;
  changeId?: string;
  /** the line as the host wrote it, after the boot id */
  text: string;
}

/** What `log N` answers, oldest first. Lines that aren't of the audit are left out and counted. */
export const readLog = ({
  fields,
  end,
}: AnswerFields): { lines: readonly HostAuditLine[]; unrecognised: number } | undefined => {
  if (end !== 'ok' || fields['lines'] === undefined) return undefined;
  const raw = numbered(fields, 'log');
  const lines = raw.flatMap((line): HostAuditLine[] => {
    const [, at, bootId, text, event] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\S{1,40}) (([A-Za-z-]+)( .*)?)$/.exec(line) ?? [];
    if (at === undefined || bootId === undefined || text === undefined || event === undefined) return [];
    const changeId = / id=([a-z0-9]{8,40})( |$)/.exec(text)?.[1];
    return [{ at, bootId, event, text, ...(changeId === undefined ? {} : { changeId }) }];
  });
  return { lines, unrecognised: raw.length - lines.length };
};
