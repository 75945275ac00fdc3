/** CSV: what goes in comes out, and nothing in it is a formula. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toCsv } from '../../src/core/csv.js';

/** RFC 4180, as a spreadsheet reads it. */
const read = (text: string): string[][] => {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character === '"' && text[at + 1] === '"') {
        cell += '"';
        at++;
      } else if (character === '"') quoted = false;
      else cell += character;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      rows.at(-1)?.push(cell);
      cell = '';
    } else if (character === '\r' && text[at + 1] === '\n') {
      rows.at(-1)?.push(cell);
      cell = '';
      rows.push([]);
      at++;
    } else cell += character;
  }
  return rows.slice(0, -1);
};

const hostile = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('=', '+', '-', '@', '"', ',', '\r', '\n', '\t', ' ', ';', "'", 'a', '1'),
    maxLength: 8,
  }),
);

describe('CSV', () => {
  test('every cell comes back, with an apostrophe where it would have begun a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.array(hostile, { minLength: 3, maxLength: 3 }), { maxLength: 5 }), (rows) => {
        const back = read(toCsv(['a', 'b', 'c'], rows)).slice(1);
        expect(back.map((row) => row.map((cell) => cell.replace(/^'/, '')))).toEqual(
          rows.map((row) => row.map((cell) => cell.replace(/^'/, ''))),
        );
        for (const cell of back.flat()) expect(cell).not.toMatch(/^\s*[=+\-@]/);
      }),
    );
  });

  test('numbers stay numbers; what is missing stays empty', () => {
    expect(
      toCsv(
        ['n', 'm'],
        [
          [-3, undefined],
          [Number.NaN, '=1+1'],
        ],
      ),
    ).toBe(`n,m\r\n-3,\r\n,"'=1+1"\r\n`);
    expect(toCsv(['x'], [['a "b", c']])).toBe('x\r\n"a ""b"", c"\r\n');
  });
});
