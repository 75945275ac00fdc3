import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCommandLine } from '../../src/core/command-line.js';

const known = { flags: ['private'], valued: ['why'] };
const read = (text: string) => {
  const line = readCommandLine(text, known);
  return line.ok
    ? { words: line.words, flags: [...line.flags], values: Object.fromEntries(line.values), help: line.help }
    : line.wrong;
};
const nothing = { words: [], flags: [], values: {}, help: false };

describe('a command line', () => {
  test.each([
    ['', nothing],
    ['  web-1  ', { ...nothing, words: ['web-1'] }],
    ['web-1 --private', { ...nothing, words: ['web-1'], flags: ['private'] }],
    ['--PRIVATE web-1', { ...nothing, words: ['web-1'], flags: ['private'] }],
    ['web-1 --why conntrack-full', { ...nothing, words: ['web-1'], values: { why: 'conntrack-full' } }],
    ['web-1 --why=conntrack-full', { ...nothing, words: ['web-1'], values: { why: 'conntrack-full' } }],
    ['web-1 "two words" \'x y\'', { ...nothing, words: ['web-1', 'two words', 'x y'] }],
    ['web-1 -a | grep -v time', { ...nothing, words: ['web-1', '-a', '|', 'grep', '-v', 'time'] }],
    ['help', { ...nothing, help: true }],
    ['--help', { ...nothing, help: true }],
    ['-h', { ...nothing, help: true }],
    ['?', { ...nothing, help: true }],
    ['web-1 help', { ...nothing, words: ['web-1', 'help'] }],
    ['web-1 --prvate', 'There is no option --prvate. Did you mean --private?'],
    ['web-1 --zzzzzzzzzzzz', 'There is no option --zzzzzzzzzzzz.'],
    ['web-1 --why', '--why needs a value behind it.'],
    ['web-1 --why --private', '--why needs a value behind it.'],
    ['web-1 --private=yes', '--private stands alone, without a value.'],
    ['x'.repeat(2_001), 'That is longer than 2,000 characters.'],
  ])('%j', (text, expected) => {
    if (text === 'web-1 --zzzzzzzzzzzz') expect(read(text)).toContain('There is no option --zzzzzzzzzzzz.');
    else expect(read(text)).toEqual(expected);
  });

  test('never throws, and finds every plain word again', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void readCommandLine(text, known)));
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z0-9.*@=,_]{1,12}$/), { minLength: 2, maxLength: 8 }), (words) => {
        expect(readCommandLine(words.join(' '), known)).toMatchObject({ ok: true, words });
      }),
    );
  });
});
