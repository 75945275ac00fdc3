import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeNeeding } from '../support/needs.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';
import { race } from './wave-race.js';

jest.setTimeout(120_000);

test('two bots on one SQLite file carry one wave: one effect on each host', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-wave-race-'));
  try {
    await expect(race(join(folder, 'race.db'))).resolves.toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describeNeeding(['postgresql'], 'two bots on one PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  test('carry one wave: one effect on each host', async () => {
    await expect(race(await postgres.database())).resolves.toBeUndefined();
  });
});
