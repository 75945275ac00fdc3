import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PendingAnswer } from '../../src/ports/pending.js';
import { openPendingFile } from '../../src/store/pending-file.js';

let folder: string;
let file: string;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tcpstates-pending-'));
  file = join(folder, 'deep', 'pending.jsonl');
  now = 1_000_000;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const open = () => openPendingFile(file, () => now);
const answer = (id: string, since = now): PendingAnswer => ({
  id,
  command: 'tcpstates',
  text: 'web-1',
  since,
  caller: { teamId: 'T1', userId: 'U1', channel: 'C1', threadTs: '1.1' },
});

test('what was open when the process died is there at the next start, oldest first, with its message', () => {
  const first = open();
  first.open(answer('b', 2));
  first.open(answer('a', 1));
  first.open(answer('c', 3));
  first.posted('a', { channel: 'C1', ts: '9.9' });
  first.settle('b');
  // No close: the process died.
  const next = open();
  expect(next.unsettled()).toEqual([{ ...answer('a', 1), posted: { channel: 'C1', ts: '9.9' } }, answer('c', 3)]);
  expect([...next.recentIds()].sort()).toEqual(['a', 'b', 'c']);
});

test('a line that was cut short, or is not ours, costs nothing but itself', () => {
  open().open(answer('a'));
  appendFileSync(file, 'garbage\n{"step":"open","id":1}\n{"step":"settled","id":"a"');
  expect(
    open()
      .unsettled()
      .map(({ id }) => id),
  ).toEqual(['a']);
});

test('settled ids are remembered for a while, then forgotten', () => {
  const first = open();
  first.open(answer('a'));
  first.settle('a');
  expect(open().recentIds()).toEqual(['a']);
  now += 31 * 60_000;
  open();
  expect(open().recentIds()).toEqual([]);
});

test('stays small, however much is asked, and is for nobody else to read', () => {
  const pending = open();
  for (let at = 0; at < 20_000; at++) {
    now += 1_000;
    pending.open(answer(`q${at}`));
    pending.settle(`q${at}`);
  }
  expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(12_000);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(open().unsettled()).toEqual([]);
});
