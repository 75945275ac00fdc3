/** Recorded hosts, measured and judged as the bot would. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Investigation } from '../../../src/blocks/investigation.js';
import { diagnose } from '../../../src/core/diagnose.js';
import type { Rule } from '../../../src/core/rule.js';
import type { Snapshot } from '../../../src/core/snapshot.js';
import { parseTranscript } from '../../../src/core/transcript.js';
import { loadFolder } from '../../../src/registry.js';

export const rules: ReadonlyMap<string, Rule> = await loadFolder(
  new URL('../../../src/core/rules/', import.meta.url),
  (module) => module['rule'] as Rule,
);

const transcripts = new URL('../../transcripts/', import.meta.url);
export const recordings = readdirSync(transcripts)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.replace(/\.txt$/, ''))
  .sort();

export const transcriptOf = (recording: string): string =>
  readFileSync(new URL(`${recording}.txt`, transcripts), 'utf8');

export const snapshotOf = (recording: string, host = 'web-1'): Snapshot =>
  parseTranscript(transcriptOf(recording), { host, measuredAt: '2026-11-22T12:01:07.000Z', tookMs: 412 });

export const investigate = (snapshot: Snapshot, more: Partial<Investigation> = {}): Investigation => ({
  host: { name: snapshot.host },
  snapshot,
  diagnosis: diagnose({ snapshot, rules }),
  rules,
  measurement: 'm000000000000001',
  ...more,
});
