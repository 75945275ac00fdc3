import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { CHANGES, race } from './change-race.js';

jest.setTimeout(120_000);

test(`two bots on one SQLite file: ${CHANGES} double-clicked approvals, one effect each`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-race-'));
  try {
    await expect(race(join(folder, 'race.db'))).resolves.toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
