/** The line about hosts that a selector left out: also about those that it was to leave out, and did not. */
import { expect, test } from '@jest/globals';
import { leftOutLine } from '../../src/blocks/fleet-left-out.js';

const said = (...unknown: string[]) => leftOutLine({ excluded: 1, hidden: 0, unknown })?.at(-1);

test.each([
  [['!wbe-3'], '1 host by your “!” and none by !wbe-3: no host is called that.'],
  [
    ['web-99', '!wbe-3', '!@wbe'],
    '1 host by your “!”, nothing is called web-99 and none by !wbe-3 and !@wbe: no host is called that.',
  ],
  [[], '1 host by your “!”.'],
])('%j', (unknown, line) => {
  expect(said(...unknown)).toBe(line);
});
