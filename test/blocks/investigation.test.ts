/** The answer to `/tcpstates`, on every recorded host: what it says, that Slack takes it, and how it reads. */
import { describe, test } from '@jest/globals';
import { investigationMessage } from '../../src/blocks/investigation.js';
import { expectGolden } from './support/golden.js';
import { investigate, recordings, snapshotOf } from './support/hosts.js';

describe('an investigation', () => {
  test.each(recordings)('of the recorded host %s', (recording) => {
    expectGolden(`investigation/${recording}`, investigationMessage(investigate(snapshotOf(recording))));
  });
});
