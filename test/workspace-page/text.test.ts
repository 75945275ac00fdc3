import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isWhole, usageOf } from '../../src/workspace/page/completion.js';
import { byteWords } from '../../src/workspace/page/text/bytes.js';
import { clockTime, dayName, formatDate } from '../../src/workspace/page/text/date.js';
import { fromWallClock, toWallClock } from '../../src/workspace/page/text/wall-clock.js';

const noon = Date.parse('2026-11-22T12:01:07Z') / 1000;
const reader = { timeZone: 'Europe/Berlin', nowSeconds: noon + 90 };

describe('dates', () => {
  test.each([
    ['{date_num}', '2026-11-22'],
    ['{date}', 'November 22nd, 2026'],
    ['{date_short}', 'Nov 22, 2026'],
    ['{date_long}', 'Sunday, November 22nd, 2026'],
    ['{date_short_pretty} at {time}', 'today at 1:01 PM'],
    ['{time_secs}', '1:01:07 PM'],
    ['{ago}', '1 minute ago'],
    ['{unknown} {constructor}', '{unknown} {constructor}'],
  ])('%s', (format, expected) => {
    expect(formatDate(noon, format, 'then', reader).replaceAll('\u202f', ' ')).toBe(expected);
  });

  test('yesterday, tomorrow and other days, in the zone of the reader', () => {
    const late = Date.parse('2026-11-22T23:30:00Z') / 1000;
    expect(formatDate(late, '{date_pretty}', '', { ...reader, nowSeconds: late })).toBe('today');
    expect(formatDate(noon, '{date_pretty}', '', { ...reader, nowSeconds: late })).toBe('yesterday');
    expect(dayName(noon - 7 * 86_400, reader)).toBe('Sunday, November 15th');
    expect(dayName(noon, reader)).toBe('Today');
    expect(clockTime(noon, { ...reader, timeZone: 'America/New_York' }).replaceAll('\u202f', ' ')).toBe('7:01 AM');
  });

  test('a time that does not exist shows the fallback', () => {
    expect(formatDate(Number.NaN, '{date}', 'then', reader)).toBe('then');
    expect(formatDate(9e12, '{date}', 'then', reader)).toBe('then');
  });

  test('a wall clock reads back as what it showed, in every zone and on both sides of a change', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        (seconds, timeZone) => {
          const shown = toWallClock(seconds, timeZone);
          expect(toWallClock(fromWallClock(shown, timeZone) ?? Number.NaN, timeZone)).toBe(shown);
        },
      ),
      { numRuns: 300 },
    );
    expect(fromWallClock('soon', 'UTC')).toBeUndefined();
  });
});

describe('the composer', () => {
  const commands = [{ name: '/tcpstates', description: 'd', usageHint: '<host>' }];
  const completions = [
    { kind: 'command' as const, text: '/hosts ', label: '/hosts', detail: '' },
    { kind: 'command' as const, text: '/hosts-all ', label: '/hosts-all', detail: '' },
  ];
  test('knows when a text is whole', () => {
    expect(isWhole('/hosts', completions)).toBe(true);
    expect(isWhole('/HOSTS ', completions)).toBe(true);
    expect(isWhole('/ho', completions)).toBe(false);
  });
  test('shows a command’s usage once its arguments begin', () => {
    expect(usageOf('/tcpstates', commands)).toBeUndefined();
    expect(usageOf('/TCPstates web-1', commands)?.usageHint).toBe('<host>');
    expect(usageOf('about /tcpstates x', commands)).toBeUndefined();
  });
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [12_345_678, '12.3 MB'],
])('%d bytes are %s', (bytes, words) => {
  expect(byteWords(bytes)).toBe(words);
});
