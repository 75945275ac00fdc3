/** What rules propose on recorded hosts is described in the catalogue and within what may be set. */
import { expect, test } from '@jest/globals';
import { valueProblem } from '../../src/core/values.js';
import { loadSysctls } from '../../src/sysctls.js';
import { investigate, recordings, snapshotOf } from '../blocks/support/hosts.js';

const catalogue = await loadSysctls();
const proposed = recordings.flatMap((recording) =>
  investigate(snapshotOf(recording)).diagnosis.findings.flatMap((finding) =>
    finding.remedies.map((remedy) => ({ recording, remedy })),
  ),
);

test('rules propose something on these hosts', () => {
  expect(new Set(proposed.map(({ remedy }) => remedy.key)).size).toBeGreaterThanOrEqual(8);
});

test.each(proposed.map(({ recording, remedy }) => [recording, remedy.key, remedy.to, remedy] as const))(
  '%s: %s = %s may be set, and is worded as the catalogue does',
  (_, key, to, remedy) => {
    const entry = catalogue.get(key);
    expect(entry?.allowed).toBeDefined();
    expect(entry?.allowed && valueProblem(to, entry.allowed)).toBeUndefined();
    // on older kernels a value may rule the whole machine that has one per namespace today, never the other way
    if (entry?.scope === 'host') expect(remedy.scope).toBe('host');
  },
);
