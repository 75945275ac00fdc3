/** What an answer of the gate means depends on what was asked: that a question had no effect says nothing of what is in force. */
import { expect, test } from '@jest/globals';
import { readReport } from '../../src/app/change-gate.js';
import { GATE_CODES } from '../../src/core/gate/codes.js';

const withoutRecord = Object.keys(GATE_CODES).filter((code) => code !== 'unknown-id');

test.each(withoutRecord)('%s in answer to a step, with no record shown, ends nothing', (end) => {
  expect(readReport({ fields: {}, end }, 'step')).toMatchObject({ status: 'unknown' });
});

test.each(['busy', 'busy-pending', 'denied', 'not-enrolled', 'storage', 'too-late'])(
  '%s in answer to the request itself: nothing was changed',
  (end) => {
    expect(readReport({ fields: {}, end }, 'set')).toMatchObject({ status: 'told', report: { state: 'failed' } });
  },
);

test.each(['set', 'step'] as const)('a change that the host does not know is told as that: %s', (asked) => {
  expect(readReport({ fields: {}, end: 'unknown-id' }, asked)).toMatchObject({
    status: 'told',
    report: { state: 'unknown-id' },
  });
});
