/** A store in memory, for tests of what stands on one. It keeps to the same contract as the databases. */
import { type Anchor, type AuditEntry, chain, GENESIS } from '../../src/core/audit.js';
import { type Change, type ChangeEvent, evolve, isEnded } from '../../src/core/change.js';
import { type DueDraft, type Sample, type Store, StoreFailure } from '../../src/ports/store.js';
import { sha256 } from '../../src/store/audit.js';

/** What outlives a "process": several stores may be opened on it. */
export interface MemoryDisk {
  changes: Map<string, { change: Change; events: ChangeEvent[] }>;
  audit: AuditEntry[];
  anchors: (Anchor & { place: string; atMs: number })[];
  due: Map<string, DueDraft & { leasedUntilMs: number }>;
  documents: Map<string, { kind: string; id: string; value: string; version: number }>;
  samples: Map<string, Sample>;
}

export const memoryDisk = (): MemoryDisk => ({
  changes: new Map(),
  audit: [],
  anchors: [],
  due: new Map(),
  documents: new Map(),
  samples: new Map(),
});

/** @param hash a cheaper one where a test writes very many entries and checks no chain */
export const memoryStore = (disk: MemoryDisk, hash: (text: string) => string = sha256): Store => {
  const schedule = (drafts: readonly DueDraft[]): void => {
    for (const draft of drafts) disk.due.set(draft.id, { ...draft, leasedUntilMs: 0 });
  };
  const head = (): Anchor => {
    const last = disk.audit.at(-1);
    return last === undefined ? { seq: 0, hash: GENESIS } : { seq: last.seq, hash: last.hash };
  };
  const copy = <T>(value: T): T => structuredClone(value);
  return {
    changes: {
      append: async ({ id, expectedVersion, events, audit, due = [] }) => {
        const known = disk.changes.get(id);
        if ((known?.change.version ?? 0) !== expectedVersion)
          throw new StoreFailure('conflict', `change ${id} has moved meanwhile`);
        let change = known?.change;
        for (const event of events) change = evolve(change, event);
        if (change === undefined) throw new RangeError('an append needs at least one event');
        const host = change.plan.host.name;
        if (
          known === undefined &&
          [...disk.changes.values()].some(
            (other) => other.change.plan.host.name === host && !isEnded(other.change.state),
          )
        )
          throw new StoreFailure('host-busy', 'the host has another open change');
        disk.changes.set(id, { change, events: [...(known?.events ?? []), ...events] });
        for (const draft of audit) disk.audit.push(chain(draft, disk.audit.at(-1), hash));
        schedule(due);
        return change;
      },
      load: async (id) => disk.changes.get(id),
      find: async ({ open, states, host, person, sinceMs, wave, limit = 50 }) =>
        [...disk.changes.values()]
          .map(({ change }) => change)
          .filter(
            (change) =>
              (open === undefined || open === !isEnded(change.state)) &&
              (states === undefined || states.includes(change.state)) &&
              (host === undefined || change.plan.host.name === host) &&
              (person === undefined || change.requester.person === person) &&
              (sinceMs === undefined || change.proposedAtMs >= sinceMs) &&
              (wave === undefined ||
                (wave === 'none'
                  ? change.wave === undefined
                  : wave === 'any'
                    ? change.wave !== undefined
                    : change.wave === wave.of)),
          )
          .sort((a, b) => b.proposedAtMs - a.proposedAtMs || (a.id < b.id ? -1 : 1))
          .slice(0, limit),
    },
    audit: {
      append: async (drafts) => {
        for (const draft of drafts) disk.audit.push(chain(copy(draft), disk.audit.at(-1), hash));
        return head();
      },
      head: async () => head(),
      async *read({ fromSeq = 1, sinceMs, untilMs, host, change, channel }) {
        for (const entry of disk.audit)
          if (
            entry.seq >= fromSeq &&
            (sinceMs === undefined || entry.atMs >= sinceMs) &&
            (untilMs === undefined || entry.atMs < untilMs) &&
            (host === undefined || entry.host === host) &&
            (change === undefined || entry.change === change) &&
            (channel === undefined || entry.channel === channel)
          )
            yield entry;
      },
      anchors: async () => disk.anchors,
      noteAnchor: async (anchor) => {
        if (!disk.anchors.some(({ seq, place }) => seq === anchor.seq && place === anchor.place))
          disk.anchors.push(anchor);
      },
    },
    due: {
      schedule: async (drafts) => schedule(drafts),
      claim: async (nowMs, leaseMs, most) => {
        const ready = [...disk.due.values()]
          .filter(({ atMs, leasedUntilMs }) => atMs <= nowMs && leasedUntilMs <= nowMs)
          .sort((a, b) => a.atMs - b.atMs)
          .slice(0, most);
        for (const due of ready) due.leasedUntilMs = nowMs + leaseMs;
        return ready.map(({ id, kind, subject, atMs }) => ({ id, kind, subject, atMs }));
      },
      done: async ({ id, atMs }) => {
        if (disk.due.get(id)?.atMs === atMs) disk.due.delete(id);
      },
      next: async () => (disk.due.size === 0 ? undefined : Math.min(...[...disk.due.values()].map(({ atMs }) => atMs))),
    },
    documents: {
      get: async <T>(kind: string, id: string) => {
        const found = disk.documents.get(`${kind}\n${id}`);
        return found === undefined ? undefined : { value: JSON.parse(found.value) as T, version: found.version };
      },
      put: async (kind, id, value, expectedVersion, { audit = [], due = [] } = {}) => {
        const key = `${kind}\n${id}`;
        const version = disk.documents.get(key)?.version ?? 0;
        if (expectedVersion !== undefined && expectedVersion !== version)
          throw new StoreFailure('conflict', `${kind} ${id} has moved meanwhile`);
        disk.documents.set(key, { kind, id, value: JSON.stringify(value), version: version + 1 });
        for (const draft of audit) disk.audit.push(chain(copy(draft), disk.audit.at(-1), hash));
        schedule(due);
        return version + 1;
      },
      putAll: async (kind, all) => {
        for (const { id, value } of all) {
          const key = `${kind}\n${id}`;
          const version = (disk.documents.get(key)?.version ?? 0) + 1;
          disk.documents.set(key, { kind, id, value: JSON.stringify(value), version });
        }
      },
      list: async <T>(kind: string) =>
        [...disk.documents.values()]
          .filter((document) => document.kind === kind)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .map(({ id, value, version }) => ({ id, value: JSON.parse(value) as T, version })),
      delete: async (kind, id) => {
        disk.documents.delete(`${kind}\n${id}`);
      },
    },
    samples: {
      add: async (samples) => {
        for (const sample of samples) {
          const key = `${sample.host} ${sample.atMs}`;
          if (!disk.samples.has(key)) disk.samples.set(key, sample);
        }
      },
      read: async (host, fromMs, toMs) =>
        [...disk.samples.values()]
          .filter((sample) => sample.host === host && sample.atMs >= fromMs && sample.atMs < toMs)
          .sort((a, b) => a.atMs - b.atMs),
      thin: async (nowMs, ended) => {
        if (ended?.aborted) return 0;
        const day = 86_400_000;
        const slots = new Set<string>();
        let gone = 0;
        for (const [key, { host, atMs }] of [...disk.samples].sort(([, a], [, b]) => a.atMs - b.atMs)) {
          const age = nowMs - atMs;
          const everyMs = age > 7 * day ? 3_600_000 : age > day ? 600_000 : 0;
          const slot = everyMs === 0 ? key : `${host} ${everyMs} ${Math.floor(atMs / everyMs)}`;
          if (age > 90 * day || slots.has(slot)) {
            disk.samples.delete(key);
            gone++;
          }
          slots.add(slot);
        }
        return gone;
      },
    },
    describe: () => 'memory',
    backup: async () => {
      throw new StoreFailure('unavailable', 'what is in memory is not backed up');
    },
    check: async () => ({ ok: true }),
    close: async () => undefined,
  };
};
