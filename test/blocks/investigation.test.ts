/** The answer to `/tcpstates`, on every recorded host: what it says, that Slack takes it, and how it reads. */
import { describe, expect, test } from '@jest/globals';
import { investigationMessage } from '../../src/blocks/investigation.js';
import { expectGolden } from './support/golden.js';
import { investigate, recordings, rules, snapshotOf } from './support/hosts.js';

describe('an investigation', () => {
  test.each(recordings)('of %s: its buttons last, beside the thread; those of a remedy by its finding', (recording) => {
    const offers = [...rules.keys()].map((finding) => ({ finding }));
    const { blocks } = investigationMessage(investigate(snapshotOf(recording), { offers, asker: 'U0ANNA' }));
    const rows = blocks.flatMap((block, at) => (block.type === 'actions' ? [{ at, said: JSON.stringify(block) }] : []));
    expect(rows.at(-1)).toEqual({ at: blocks.length - 1, said: expect.stringContaining('"Sysctls"') });
    const states = blocks.findIndex(({ type }) => type === 'data_table');
    for (const { at, said } of rows.slice(0, -1)) {
      expect(said).toContain('Propose');
      expect(at).toBeLessThan(states);
    }
  });

  test.each(recordings)('of the recorded host %s', (recording) => {
    expectGolden(`investigation/${recording}`, investigationMessage(investigate(snapshotOf(recording))));
  });
});
