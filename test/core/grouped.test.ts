import { expect, test } from '@jest/globals';
import { grouped } from '../../src/core/grouped.js';

test.each([
  [0, '0'],
  [0.054, '0.05'],
  [2.345, '2.35'],
  [99.99, '99.99'],
  [100.4, '100'],
  [1476.12, '1,476'],
  [-171.08, '-171'],
  [18888, '18,888'],
])('%p as people read it: %s', (value, text) => {
  expect(grouped(value)).toBe(text);
});
