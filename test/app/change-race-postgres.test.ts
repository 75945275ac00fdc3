import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeNeeding } from '../support/needs.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';
import { CHANGES, race } from './change-race.js';

jest.setTimeout(120_000);

describeNeeding(['postgresql'], 'two bots on one PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  test(`${CHANGES} double-clicked approvals, one effect each`, async () => {
    await expect(race(await postgres.database())).resolves.toBeUndefined();
  });
});
