import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeNeeding } from '../support/needs.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';
import { storeContract } from './store.contract.js';

describeNeeding(['postgresql'], 'with a PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.close());
  describe('of its own', () => storeContract('PostgreSQL', () => postgres.database()));
});
