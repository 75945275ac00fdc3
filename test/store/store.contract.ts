/** What every store must do, whichever database keeps it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GENESIS, verifyChain } from '../../src/core/audit.js';
import type { ChangeEvent } from '../../src/core/change.js';
import type { Store } from '../../src/ports/store.js';
import { sha256 } from '../../src/store/audit.js';
import { openStore as openDatabase } from '../../src/store/open.js';

const ada = { person: 'ada', account: 'T0:U0ADA' };
const grace = { person: 'grace', account: 'T0:U0GRACE' };
const proposed = (id: string, host = 'web-1', atMs = 1_000): ChangeEvent => ({
  type: 'proposed',
  id,
  plan: {
    host: { name: host, address: '10.0.0.1', port: 22, keys: 'SHA256:x' },
    entries: [{ key: 'net.ipv4.tcp_tw_reuse', from: '2', to: '1' }],
    confirmWindowSeconds: 600,
    persistent: false,
  },
  digest: 'd',
  by: ada,
  reason: 'ports run out',
  atMs,
  expiresAtMs: atMs + 3_600_000,
  approvalsNeeded: 1,
});
const draft = (kind: string) => ({ atMs: 1, actor: 'ada', kind, host: 'web-1', data: { b: 1, a: [null, 'ü'] } });
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

/** @param where a place for one new, empty database */
export const storeContract = (
  name: string,
  where: () => Promise<string>,
  openStore: (where: string) => Promise<Store> = openDatabase,
): void => {
  describe(`${name} as a store`, () => {
    let place: string;
    let store: Store;
    beforeEach(async () => {
      place = await where();
      store = await openStore(place);
    });
    afterEach(() => store.close());

    test('keeps a change by its events, across a restart', async () => {
      await store.changes.append({
        id: 'c1',
        expectedVersion: 0,
        events: [proposed('c1')],
        audit: [draft('change.proposed')],
      });
      const change = await store.changes.append({
        id: 'c1',
        expectedVersion: 1,
        events: [{ type: 'approval-given', by: grace, atMs: 2_000, digest: 'd' }],
        audit: [draft('change.approved')],
      });
      expect(change).toMatchObject({ state: 'approved', version: 2 });
      await store.close();
      store = await openStore(place);
      expect((await store.changes.load('c1'))?.change).toEqual(change);
      expect(await store.changes.find({ open: true })).toEqual([change]);
      expect(await store.changes.load('c2')).toBeUndefined();
    });

    test('lets one of two writers of a version through, and writes nothing of the other', async () => {
      await store.changes.append({ id: 'c1', expectedVersion: 0, events: [proposed('c1')], audit: [] });
      const other = await openStore(place);
      const deny = (by: typeof ada, through: Store) =>
        through.changes.append({
          id: 'c1',
          expectedVersion: 1,
          events: [{ type: 'denied', by, atMs: 2_000, reason: 'no' }],
          audit: [draft('change.denied')],
          due: [{ id: `due-${by.person}`, kind: 'x', subject: 'c1', atMs: 1 }],
        });
      const results = await Promise.allSettled([deny(ada, store), deny(grace, other)]);
      await other.close();
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { name: 'StoreFailure', problem: 'conflict' },
      });
      expect((await store.audit.head()).seq).toBe(1);
      expect(await store.due.claim(10, 10, 10)).toHaveLength(1);
    });

    test('has one open change a host', async () => {
      await store.changes.append({ id: 'c1', expectedVersion: 0, events: [proposed('c1')], audit: [] });
      await expect(
        store.changes.append({ id: 'c2', expectedVersion: 0, events: [proposed('c2')], audit: [draft('x')] }),
      ).rejects.toMatchObject({ problem: 'host-busy' });
      expect((await store.audit.head()).seq).toBe(0);
      await store.changes.append({ id: 'c3', expectedVersion: 0, events: [proposed('c3', 'web-2', 5_000)], audit: [] });
      await store.changes.append({
        id: 'c1',
        expectedVersion: 1,
        events: [{ type: 'denied', by: grace, atMs: 2, reason: 'no' }],
        audit: [],
      });
      await store.changes.append({ id: 'c2', expectedVersion: 0, events: [proposed('c2', 'web-1', 9_000)], audit: [] });
      expect((await store.changes.find({})).map(({ id }) => id)).toEqual(['c2', 'c3', 'c1']);
      expect((await store.changes.find({ open: false })).map(({ id }) => id)).toEqual(['c1']);
      expect((await store.changes.find({ host: 'web-1', states: ['proposed'] })).map(({ id }) => id)).toEqual(['c2']);
      expect((await store.changes.find({ sinceMs: 9_000, person: 'ada' })).map(({ id }) => id)).toEqual(['c2']);
      expect(await store.changes.find({ person: 'grace' })).toEqual([]);
    });

    test('chains its audit, whoever writes', async () => {
      const other = await openStore(place);
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? store : other).audit.append([draft(`k${i}`), draft(`l${i}`)]),
        ),
      );
      await other.close();
      const entries = await all(store.audit.read({}));
      expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
      const { problems, head } = verifyChain(entries, [], sha256);
      expect(problems).toEqual([]);
      expect(await store.audit.head()).toEqual({ seq: 40, hash: head });
      expect((await all(store.audit.read({ fromSeq: 39, host: 'web-1' }))).map(({ seq }) => seq)).toEqual([39, 40]);
      expect(await all(store.audit.read({ host: 'web-2' }))).toEqual([]);
    });

    test('begins the chain at nothing and notes anchors once', async () => {
      expect(await store.audit.head()).toEqual({ seq: 0, hash: GENESIS });
      const head = await store.audit.append([draft('one')]);
      await store.audit.noteAnchor({ ...head, place: 'C1', atMs: 5 });
      await store.audit.noteAnchor({ ...head, place: 'C1', atMs: 6 });
      expect(await store.audit.anchors()).toEqual([{ ...head, place: 'C1', atMs: 5 }]);
    });

    test('gives what is due to one taker, and again when its lease ran out', async () => {
      await store.due.schedule([
        { id: 'a', kind: 'measure', subject: 'c1', atMs: 100 },
        { id: 'b', kind: 'expire', subject: 'c1', atMs: 200 },
      ]);
      expect(await store.due.next()).toBe(100);
      const other = await openStore(place);
      const taken = (await Promise.all([store.due.claim(150, 1_000, 10), other.due.claim(150, 1_000, 10)])).flat();
      await other.close();
      expect(taken).toEqual([{ id: 'a', kind: 'measure', subject: 'c1', atMs: 100 }]);
      expect(await store.due.claim(160, 1_000, 10)).toEqual([]);
      expect((await store.due.claim(1_150, 1_000, 10)).map(({ id }) => id)).toEqual(['a', 'b']);
      await store.due.done({ id: 'a', kind: 'measure', subject: 'c1', atMs: 100 });
      await store.due.schedule([{ id: 'b', kind: 'expire', subject: 'c1', atMs: 5_000 }]);
      // Done with what it was, not with what it is due for now.
      await store.due.done({ id: 'b', kind: 'expire', subject: 'c1', atMs: 200 });
      expect(await store.due.claim(4_999, 1_000, 10)).toEqual([]);
      expect((await store.due.claim(5_000, 1_000, 10)).map(({ id }) => id)).toEqual(['b']);
      await store.due.done({ id: 'b', kind: 'expire', subject: 'c1', atMs: 5_000 });
      expect(await store.due.next()).toBeUndefined();
    });

    test('puts many documents at once, new ones and ones that stand there', async () => {
      await store.documents.put('now', 'h0', 'old');
      await store.documents.putAll('now', []);
      const all = Array.from({ length: 450 }, (_, at) => ({ id: `h${at}`, value: { at } }));
      await store.documents.putAll('now', all);
      expect((await store.documents.list('now')).length).toBe(450);
      expect(await store.documents.get('now', 'h0')).toEqual({ value: { at: 0 }, version: 2 });
      expect(await store.documents.get('now', 'h449')).toEqual({ value: { at: 449 }, version: 1 });
    });

    test('keeps documents with compare-and-set', async () => {
      expect(await store.documents.get('card', 'c1')).toBeUndefined();
      expect(await store.documents.put('card', 'c1', { ts: '1.2' }, 0)).toBe(1);
      await expect(store.documents.put('card', 'c1', {}, 0)).rejects.toMatchObject({ problem: 'conflict' });
      await expect(store.documents.put('card', 'c1', {}, 7)).rejects.toMatchObject({ problem: 'conflict' });
      expect(await store.documents.put('card', 'c1', { ts: '1.3' }, 1)).toBe(2);
      expect(await store.documents.put('card', 'c1', { ts: '1.4' })).toBe(3);
      expect(await store.documents.put('card', 'c2', 'text')).toBe(1);
      expect(await store.documents.list('card')).toEqual([
        { id: 'c1', value: { ts: '1.4' }, version: 3 },
        { id: 'c2', value: 'text', version: 1 },
      ]);
      await store.documents.delete('card', 'c1');
      expect(await store.documents.get('card', 'c1')).toBeUndefined();
    });

    test('writes entries and what falls due with a document, or nothing of the three', async () => {
      const along = (kind: string) => ({
        audit: [draft(kind)],
        due: [{ id: kind, kind: 'wave', subject: 'w1', atMs: 1 }],
      });
      expect(await store.documents.put('wave', 'w1', { begun: 0 }, 0, along('first'))).toBe(1);
      const other = await openStore(place);
      const moves = await Promise.allSettled([
        store.documents.put('wave', 'w1', { begun: 1 }, 1, along('one')),
        other.documents.put('wave', 'w1', { begun: 1 }, 1, along('two')),
        other.documents.put('wave', 'w1', { begun: 1 }, 0, along('three')),
      ]);
      await other.close();
      expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const move of moves)
        if (move.status === 'rejected') expect(move.reason).toMatchObject({ problem: 'conflict' });
      const [first, second, ...more] = (await all(store.audit.read({}))).map(({ kind }) => kind);
      expect([first, more]).toEqual(['first', []]);
      expect((await store.due.claim(10, 10, 10)).map(({ id }) => id).sort()).toEqual([first, second].sort());
    });

    test('finds the changes of a wave, and those of none', async () => {
      await store.changes.append({
        id: 'c1',
        expectedVersion: 0,
        events: [{ ...proposed('c1'), wave: 'w1' } as ChangeEvent],
        audit: [],
      });
      await store.changes.append({ id: 'c2', expectedVersion: 0, events: [proposed('c2', 'web-2')], audit: [] });
      const found = async (wave: { of: string } | 'none' | 'any') =>
        (await store.changes.find({ wave })).map(({ id }) => id);
      expect(await found({ of: 'w1' })).toEqual(['c1']);
      expect(await found({ of: 'w2' })).toEqual([]);
      expect(await found('any')).toEqual(['c1']);
      expect(await found('none')).toEqual(['c2']);
      expect((await store.changes.load('c1'))?.change.wave).toBe('w1');
    });

    test('keeps samples, thinned with age', async () => {
      const day = 86_400_000;
      const now = 1_000 * day;
      const sample = (atMs: number) => ({
        host: 'web-1',
        atMs,
        numbers: { TIME_WAIT: 7 },
        findings: ['conntrack-full'],
      });
      const minutes = (from: number, count: number) =>
        Array.from({ length: count }, (_, i) => sample(from + i * 60_000));
      await store.samples.add([
        ...minutes(now - 3_600_000, 60),
        ...minutes(now - 2 * day, 60),
        ...minutes(now - 20 * day, 120),
        sample(now - 91 * day),
      ]);
      await store.samples.add([sample(now - 3_600_000)]);
      expect(await store.samples.thin(now)).toBe(54 + 118 + 1);
      expect(await store.samples.thin(now)).toBe(0);
      expect(await store.samples.read('web-1', now - day, now)).toHaveLength(60);
      expect((await store.samples.read('web-1', now - 20 * day, now - 19 * day)).at(0)).toEqual(sample(now - 20 * day));
      expect(await store.samples.read('web-2', 0, now)).toEqual([]);
    });

    const HOUR_MS = 3_600_000;
    const DAY_MS = 24 * HOUR_MS;
    /** a whole hour */
    const NOON_MS = 20_000 * DAY_MS;
    const every = (host: string, fromMs: number, toMs: number, stepMs: number) =>
      Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, at) => ({
        host,
        atMs: fromMs + at * stepMs,
        numbers: { TIME_WAIT: at },
        findings: [],
      }));
    const timesOf = async (host: string) => (await store.samples.read(host, 0, NOON_MS)).map(({ atMs }) => atMs);
    /** the first of every interval, as long as the intervals are of one age */
    const firsts = (samples: readonly { atMs: number }[], everyMs: number): number[] => {
      const first = new Map<number, number>();
      for (const { atMs } of samples) {
        const interval = Math.floor(atMs / everyMs);
        first.set(interval, Math.min(first.get(interval) ?? atMs, atMs));
      }
      return [...first.values()].sort((a, b) => a - b);
    };

    test('keeps the first sample of every interval, of each host and as it was, whatever the age', async () => {
      // Not on the grid: intervals begin where they begin for everybody, not at a host's first sample.
      const old = every('web-1', NOON_MS - 9 * DAY_MS + 217_000, NOON_MS - 9 * DAY_MS + 5 * HOUR_MS, 170_000);
      const week = every('web-1', NOON_MS - 3 * DAY_MS + 217_000, NOON_MS - 3 * DAY_MS + 5 * HOUR_MS, 170_000);
      const young = every('web-1', NOON_MS - HOUR_MS, NOON_MS, 170_000);
      const other = every('a “host”', NOON_MS - 2 * DAY_MS, NOON_MS - 2 * DAY_MS + HOUR_MS, 1_200_000);
      const gone = every('web-2', NOON_MS - 95 * DAY_MS, NOON_MS - 91 * DAY_MS, HOUR_MS);
      for (const samples of [old, week, young, other, gone]) await store.samples.add(samples);
      const kept = [...firsts(old, HOUR_MS), ...firsts(week, 600_000), ...young.map(({ atMs }) => atMs)];
      expect(await store.samples.thin(NOON_MS)).toBe(
        old.length + week.length + young.length - kept.length + gone.length,
      );
      expect(await timesOf('web-1')).toEqual(kept);
      expect(await timesOf('a “host”')).toEqual(other.map(({ atMs }) => atMs));
      expect(await timesOf('web-2')).toEqual([]);
      expect((await store.samples.read('web-1', 0, NOON_MS)).slice(0, 1)).toEqual(old.slice(0, 1));
      expect(await store.samples.thin(NOON_MS)).toBe(0);
      expect(await timesOf('web-1')).toEqual(kept);
    });

    test('thins to the same whether it does so every hour, missed many of them, or is another process', async () => {
      const samples = (host: string) => every(host, NOON_MS - 10 * DAY_MS, NOON_MS, 300_000);
      await store.samples.add(samples('web-1'));
      let gone = 0;
      for (let ms = NOON_MS - 8 * DAY_MS; ms < NOON_MS - 5 * DAY_MS; ms += HOUR_MS)
        gone += await store.samples.thin(ms);
      await store.close();
      store = await openStore(place);
      gone += await store.samples.thin(NOON_MS);
      const [all, left] = [samples('web-1'), await timesOf('web-1')];
      expect(gone).toBe(all.length - left.length);
      const young = all.filter(({ atMs }) => atMs >= NOON_MS - DAY_MS).map(({ atMs }) => atMs);
      const week = all.filter(({ atMs }) => atMs < NOON_MS - DAY_MS && atMs >= NOON_MS - 7 * DAY_MS);
      const old = all.filter(({ atMs }) => atMs < NOON_MS - 7 * DAY_MS);
      expect(left).toEqual([...firsts(old, HOUR_MS), ...firsts(week, 600_000), ...young]);
    }, 60_000);

    test('thins also what grew old while the clock was wrong, and stops when it is told to', async () => {
      const samples = every('web-1', NOON_MS - 3 * DAY_MS, NOON_MS - 2 * DAY_MS, 60_000);
      // A clock that was ahead left its mark, and took nothing that was there.
      expect(await store.samples.thin(NOON_MS + 30 * DAY_MS)).toBe(0);
      await store.samples.add(samples);
      const ended = new AbortController();
      ended.abort();
      expect(await store.samples.thin(NOON_MS, ended.signal)).toBe(0);
      expect(await store.samples.thin(NOON_MS)).toBe(samples.length - 144);
    });

    test('says that it can be written, and where it is, without secrets', async () => {
      expect(await store.check()).toEqual({ ok: true });
      expect(store.describe()).not.toMatch(/tester|:\/\//);
    });
  });
};
