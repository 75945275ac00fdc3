import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { verifyChain } from '../../src/core/audit.js';
import { sha256 } from '../../src/store/audit.js';
import { openStore } from '../../src/store/open.js';
import { storeContract } from './store.contract.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpstates-store-'));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const newFile = (): string => join(folder, `${++made}`, 'tcpstates.db');
const draft = { atMs: 1, actor: 'ada', kind: 'k', data: {} };

storeContract('SQLite', async () => newFile());

describe('SQLite', () => {
  test('is durable on power loss: write-ahead log, synced at every commit', async () => {
    const file = newFile();
    const store = await openStore(file);
    await store.close();
    const mode = new Database(file).pragma('journal_mode') as { journal_mode: string }[];
    expect(mode[0]?.journal_mode).toBe('wal');
  });

  test('a backup made while others write is whole', async () => {
    const store = await openStore(newFile());
    await store.audit.append([draft, draft]);
    const copy = join(folder, 'copy.db');
    await store.backup(copy);
    await expect(store.backup(copy)).rejects.toThrow('exists already');
    await store.audit.append([draft]);
    await store.close();
    const restored = await openStore(copy);
    const entries = [];
    for await (const entry of restored.audit.read({})) entries.push(entry);
    expect(verifyChain(entries, [], sha256)).toMatchObject({ count: 2, problems: [] });
    await restored.close();
  });

  test('a damaged file is said to be damaged, and nothing is written', async () => {
    const file = newFile();
    await (await openStore(file)).close();
    for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    writeFileSync(file, 'this is no database at all, but long enough to be read as one'.repeat(100));
    await expect(openStore(file)).rejects.toMatchObject({
      name: 'StoreFailure',
      problem: 'corrupt',
      message: expect.stringContaining('backup'),
    });
  });

  test('thinning lets everything else have its turn, and looks only at what grew old since the last one', async () => {
    const store = await openStore(newFile());
    const day = 86_400_000;
    const now = 20_000 * day;
    const sample = (host: string, atMs: number) => ({ host, atMs, numbers: { TIME_WAIT: 7 }, findings: [] });
    for (let host = 0; host < 60; host++)
      await store.samples.add(
        Array.from({ length: 500 }, (_, at) => sample(`web-${host}`, now - 3 * day + at * 60_000)),
      );
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    expect(await store.samples.thin(now)).toBe(60 * 450);
    over = true;
    expect(turns).toBeGreaterThan(2);
    // These can't come any more: that they stay shows that nobody looks there again.
    await store.samples.add([sample('web-0', now - 3 * day + 60_000), sample('web-0', now - 3 * day + 120_000)]);
    expect(await store.samples.thin(now + 3_600_000)).toBe(0);
    await store.close();
  });

  test('a lock that another holds is said, and nothing is written', async () => {
    const file = newFile();
    const store = await openStore(file);
    const other = new Database(file);
    other.exec('begin immediate');
    await expect(store.audit.append([draft])).rejects.toMatchObject({ problem: 'locked' });
    expect(await store.check()).toMatchObject({ ok: false, failure: { problem: 'locked' } });
    other.exec('rollback');
    other.close();
    expect((await store.audit.append([draft])).seq).toBe(1);
    await store.close();
  }, 30_000);
});
