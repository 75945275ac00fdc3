import { expect, test } from '@jest/globals';
import { statesParts } from '../../src/blocks/states.js';
import { snapshotOf } from './support/hosts.js';

test('a change of the states says in which time', () => {
  const now = snapshotOf('p03-tw');
  const headOf = (measuredAt: string) =>
    JSON.stringify(statesParts(now, 'web-1', { ...now, measuredAt }).flatMap(({ blocks }) => blocks));
  expect(headOf('2026-11-22T11:51:07.000Z')).toContain('"Change in 10 min"');
  expect(headOf('2026-11-22T12:00:52.000Z')).toContain('"Change in 15 s"');
});
