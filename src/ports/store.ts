/** What must outlive the process. Implemented by `src/store` (SQLite, PostgreSQL). Several processes may use one store. */
import type { Anchor, AuditDraft, AuditEntry } from '../core/audit.js';
import type { Change, ChangeEvent, ChangeState } from '../core/change.js';

export const STORE_PROBLEMS = [
  'conflict',
  'host-busy',
  'locked',
  'full',
  'corrupt',
  'read-only',
  'unavailable',
] as const;
export type StoreProblem = (typeof STORE_PROBLEMS)[number];

/**
 * `conflict`: somebody else was first, load again; `host-busy`: the host has an open change; the others: the store can't be
 * written, so nothing may be done that needs an audit entry.
 */
export class StoreFailure extends Error {
  readonly problem: StoreProblem;

  constructor(problem: StoreProblem, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreFailure';
    this.problem = problem;
  }
}

export interface ChangeFilter {
  open?: boolean;
  states?: readonly ChangeState[];
  host?: string;
  person?: string;
  sinceMs?: number;
  /** members of one wave; `none`: changes that belong to none; `any`: those that do */
  wave?: { of: string } | 'none' | 'any';
  limit?: number;
}

export interface Changes {
  /**
   * Appends events, their audit entries and what falls due, all or nothing.
   * @param expectedVersion 0 for a new change
   * @throws StoreFailure `conflict` when the change has moved, `host-busy` when the host has another open change
   */
  append(append: {
    id: string;
    expectedVersion: number;
    events: readonly ChangeEvent[];
    audit: readonly AuditDraft[];
    due?: readonly DueDraft[];
  }): Promise<Change>;
  load(id: string): Promise<{ change: Change; events: readonly ChangeEvent[] } | undefined>;
  /** the newest first */
  find(filter: ChangeFilter): Promise<readonly Change[]>;
}

export interface Audit {
  /** Written and durable when it resolves. */
  append(drafts: readonly AuditDraft[]): Promise<Anchor>;
  head(): Promise<Anchor>;
  /** in order of their numbers; read in pages, so that a long log needs no memory */
  read(filter: {
    fromSeq?: number;
    sinceMs?: number;
    untilMs?: number;
    host?: string;
    change?: string;
    channel?: string;
  }): AsyncIterable<AuditEntry>;
  anchors(): Promise<readonly (Anchor & { place: string; atMs: number })[]>;
  noteAnchor(anchor: Anchor & { place: string; atMs: number }): Promise<void>;
}

/** Something to do at a time: a measurement, an expiry, a nudge, the next wave. Data, so that any process may do it. */
export interface DueDraft {
  /** unique; scheduling it again moves it */
  id: string;
  kind: string;
  subject: string;
  atMs: number;
}

export interface Due {
  schedule(drafts: readonly DueDraft[]): Promise<void>;
  /** Takes what is due and leases it: another process takes it only when the lease ran out. */
  claim(nowMs: number, leaseMs: number, most: number): Promise<readonly DueDraft[]>;
  /** Takes it away, unless it was scheduled for another time meanwhile. */
  done(due: DueDraft): Promise<void>;
  /** when the next one is due; undefined: nothing waits */
  next(): Promise<number | undefined>;
}

/** Small things by kind and id (where a change's message stands, watches, silences), with compare-and-set. */
export interface Documents {
  get<T>(kind: string, id: string): Promise<{ value: T; version: number } | undefined>;
  /**
   * @param expectedVersion 0: must be new; undefined: whatever stands there
   * @param along written with it, all or nothing: of a move that lost a race the log says nothing
   * @throws StoreFailure `conflict`
   */
  put(
    kind: string,
    id: string,
    value: unknown,
    expectedVersion?: number,
    along?: { audit?: readonly AuditDraft[]; due?: readonly DueDraft[] },
  ): Promise<number>;
  /** All or nothing, whatever stands there: many small ones for the price of one. */
  putAll(kind: string, all: readonly { id: string; value: unknown }[]): Promise<void>;
  list<T>(kind: string): Promise<readonly { id: string; value: T; version: number }[]>;
  delete(kind: string, id: string): Promise<void>;
}

/** What is kept of one measurement. */
export interface Sample {
  host: string;
  atMs: number;
  /** state name, or a reading's name with its unit -> number */
  numbers: Readonly<Record<string, number>>;
  /** present findings at warn or crit */
  findings: readonly string[];
}

export interface Samples {
  add(samples: readonly Sample[]): Promise<void>;
  read(host: string, fromMs: number, toMs: number): Promise<readonly Sample[]>;
  /**
   * Keeps all of the last day, one in ten minutes of the last week, one an hour of the last 90 days. Nobody waits for it for more
   * than a few milliseconds.
   * @param ended it stops early then; the next one does the rest
   * @returns how many went
   */
  thin(nowMs: number, ended?: AbortSignal): Promise<number>;
}

export interface Store {
  changes: Changes;
  audit: Audit;
  due: Due;
  documents: Documents;
  samples: Samples;
  /** `sqlite` or `postgresql` and where, without secrets */
  describe(): string;
  /** Writes a whole copy to a file (SQLite); PostgreSQL says to use pg_dump. */
  backup(file: string): Promise<void>;
  /** Whether it can be written now, and if not why. */
  check(): Promise<{ ok: true } | { ok: false; failure: StoreFailure }>;
  close(): Promise<void>;
}
