/** A store whose database can't be opened, or breaks while the bot runs: it refuses at once, tries again, and goes on. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { type Store, StoreFailure } from '../../src/ports/store.js';
import { LastingStore } from '../../src/store/lasting.js';
import { openStore } from '../../src/store/open.js';
import { HandClock, keepingLog, settled } from '../support/bot-fakes.js';
import { type FlakyProxy, startFlakyProxy } from '../support/flaky-proxy.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';
import { describeNeeding } from '../support/needs.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';

const draft = { atMs: 1, actor: 'ada', kind: 'k', data: {} };
const quick = { now: Date.now, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 20)) };
const down = () => new StoreFailure('unavailable', 'the database does not answer; nothing was written');

const open: LastingStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});
const lasting = async (where: string, parts: Partial<Parameters<typeof LastingStore.at>[1]> = {}) => {
  const { log, lines } = keepingLog();
  const store = await LastingStore.at(where, { clock: quick, log, ...parts });
  open.push(store);
  return { store, lines };
};

describe('a store that outlasts its database’s troubles', () => {
  const world = async (answers: (() => Promise<Store>)[]) => {
    const clock = new HandClock();
    const asked: number[] = [];
    const disk = memoryDisk();
    const begun = clock.now();
    const { store, lines } = await lasting('x', {
      clock,
      open: async () => {
        asked.push(clock.now() - begun);
        return (answers.shift() ?? (async () => memoryStore(disk)))();
      },
    });
    return { store, lines, clock, asked, disk };
  };
  const failing = (error: StoreFailure) => () => Promise.reject(error);

  test('is tried again with pauses that grow to ten seconds, and its trouble is said once', async () => {
    const { store, lines, clock, asked } = await world(Array.from({ length: 7 }, () => failing(down())));
    let opened = false;
    void store.opened.then(() => {
      opened = true;
    });
    for (let second = 0; second < 44; second++) await clock.advance(1_000);
    expect(asked).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000]);
    expect(opened).toBe(false);
    await expect(store.audit.append([draft])).rejects.toMatchObject({ problem: 'unavailable' });
    expect(await store.check()).toMatchObject({ ok: false, failure: { problem: 'unavailable' } });
    expect(store.describe()).toMatch(/no store: the database does not answer/);
    await clock.advance(1_000);
    expect(opened).toBe(true);
    expect((await store.audit.append([draft])).seq).toBe(1);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(lines.at(-1)?.what).toBe('the database is open');
  });

  test('refuses at once what is asked while it is away, and finds what was due when it is back', async () => {
    let away = false;
    const disk = memoryDisk();
    const flaky = (): Store => {
      const real = memoryStore(disk);
      return {
        ...real,
        due: { ...real.due, claim: (...given) => (away ? Promise.reject(down()) : real.due.claim(...given)) },
        check: async () => (away ? { ok: false, failure: down() } : { ok: true }),
      };
    };
    const answer = async () => (away ? Promise.reject(down()) : flaky());
    const { store, clock, asked } = await world(Array.from({ length: 20 }, () => answer));
    await store.due.schedule([{ id: 'd', kind: 'k', subject: 's', atMs: 1 }]);
    away = true;
    await expect(store.due.claim(10, 10, 10)).rejects.toMatchObject({ problem: 'unavailable' });
    await settled();
    // Not through the broken one any more: it is known to be away.
    await expect(store.documents.get('k', 'i')).rejects.toMatchObject({ problem: 'unavailable' });
    expect(asked.length).toBeGreaterThan(1);
    away = false;
    await clock.advance(10_000);
    expect(await store.due.claim(10, 10, 10)).toMatchObject([{ id: 'd' }]);
  });

  test.each(['locked', 'full', 'conflict', 'host-busy'] as const)(
    'is not opened anew for what passes by itself: %s',
    async (problem) => {
      const real = memoryStore(memoryDisk());
      const refusing: Store = {
        ...real,
        audit: { ...real.audit, append: () => Promise.reject(new StoreFailure(problem, 'no')) },
        check: async () => ({ ok: false, failure: new StoreFailure(problem, 'no') }),
      };
      const { store, asked } = await world([async () => refusing]);
      await expect(store.audit.append([draft])).rejects.toMatchObject({ problem });
      await settled();
      expect(asked).toEqual([0]);
      expect(await store.documents.get('k', 'i')).toBeUndefined();
    },
  );

  test('one statement that failed says nothing of the whole', async () => {
    const real = memoryStore(memoryDisk());
    const odd: Store = { ...real, samples: { ...real.samples, thin: () => Promise.reject(down()) } };
    const { store, asked } = await world([async () => odd]);
    await expect(store.samples.thin(1)).rejects.toThrow();
    await settled();
    expect(asked).toEqual([0]);
  });

  test('that is closed is not opened any more', async () => {
    const { store, clock, asked } = await world([failing(down())]);
    const closing = store.close();
    await clock.advance(60_000);
    await closing;
    expect(asked).toEqual([0]);
  });
});

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-lasting-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let made = 0;
  const newFile = (): string => {
    const own = join(folder, String(++made));
    mkdirSync(own);
    return join(own, 'tcpstates.db');
  };

  test('that is damaged at the start is used as soon as its backup is in its place', async () => {
    const [file, copy] = [newFile(), newFile()];
    // Elsewhere: within one process the driver lets go of a file that was read only when its statements are collected.
    const first = await openStore(newFile());
    await first.audit.append([draft]);
    await first.backup(copy);
    await first.close();
    writeFileSync(file, 'this is no database at all, but long enough to be read as one'.repeat(100));
    const { store } = await lasting(file);
    await expect(store.audit.head()).rejects.toMatchObject({ problem: 'corrupt' });
    copyFileSync(copy, file);
    await store.opened;
    expect((await store.audit.append([draft])).seq).toBe(2);
  });

  test('that another program keeps locked at the start is used as soon as it lets go; no try leaves a file open', async () => {
    const file = newFile();
    const other = new Database(file);
    other.exec('create table held (x); begin exclusive');
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    const { store } = await lasting(file);
    await expect(store.audit.head()).rejects.toMatchObject({ problem: 'locked' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(openFiles()).toBeLessThanOrEqual(before + 3);
    other.exec('rollback');
    other.close();
    await store.opened;
    expect((await store.audit.append([draft])).seq).toBe(1);
  }, 30_000);
});

describeNeeding(['root', 'linux'], 'SQLite on a disk', () => {
  test('that is full says so, writes nothing, and is written to again when there is room', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'tcpstates-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk]);
    try {
      const { store } = await lasting(join(disk, 'tcpstates.db'));
      await store.audit.append([draft]);
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
      const big = Array.from({ length: 20 }, () => ({ ...draft, data: { text: 'x'.repeat(4_000) } }));
      await expect(store.audit.append(big)).rejects.toMatchObject({
        problem: 'full',
        message: expect.stringContaining('free space'),
      });
      expect((await store.audit.head()).seq).toBe(1);
      rmSync(join(disk, 'filler'));
      expect((await store.audit.append(big)).seq).toBe(21);
      await store.close();
    } finally {
      // Lazily: the driver lets go of a file that was read only when its statements are collected.
      execFileSync('umount', ['-l', disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

describeNeeding(['postgresql'], 'PostgreSQL', () => {
  let postgres: TestPostgres;
  let proxy: FlakyProxy;
  let where: string;
  beforeAll(async () => {
    postgres = await startPostgres();
    const url = new URL(await postgres.database());
    proxy = await startFlakyProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    where = url.href;
  }, 60_000);
  afterAll(async () => {
    await proxy.close();
    postgres.close();
  });
  const answeredWithin = (ms: number) => (place: string) => openStore(place, { answerTimeoutMs: ms });

  test('that is down at the start is used as soon as it is up', async () => {
    await proxy.cut();
    const { store } = await lasting(where);
    await expect(store.audit.head()).rejects.toMatchObject({ problem: 'unavailable' });
    await proxy.mend();
    await store.opened;
    expect((await store.audit.append([draft])).seq).toBe(1);
  });

  test('that is gone for a while is used again when it is back, with what was due', async () => {
    const { store, lines } = await lasting(where);
    await store.due.schedule([{ id: 'd1', kind: 'k', subject: 's', atMs: 1 }]);
    await proxy.cut();
    await expect(store.audit.append([draft])).rejects.toMatchObject({ problem: 'unavailable' });
    const again = async (): Promise<void> => {
      while (!(await store.check()).ok) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await proxy.mend();
    await again();
    expect(await store.due.claim(10, 10, 10)).toMatchObject([{ id: 'd1' }]);
    expect(lines.filter(({ level }) => level === 'error').length).toBeLessThanOrEqual(1);
  });

  test('that falls silent keeps nobody waiting, and its connections are not used again', async () => {
    const { store } = await lasting(where, { open: answeredWithin(300) });
    const { seq } = await store.audit.append([draft]);
    proxy.silence();
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => store.audit.append([draft])));
    for (const one of asked) expect(one).toMatchObject({ reason: { problem: 'unavailable' } });
    await proxy.cut();
    await proxy.mend();
    while (!(await store.check()).ok) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await store.audit.append([draft])).seq).toBe(seq + 1);
  }, 30_000);
});
