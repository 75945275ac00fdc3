/** Patterns of `*` and `?`: what the simple definition says, in as many steps as text and pattern have pairs. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob } from '../../src/core/glob.js';

const byDefinition = (pattern: string, text: string): boolean => {
  if (pattern === '') return text === '';
  if (pattern[0] === '*')
    return byDefinition(pattern.slice(1), text) || (text !== '' && byDefinition(pattern, text.slice(1)));
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && byDefinition(pattern.slice(1), text.slice(1));
};

/** The text, and how often one of its characters was looked at. */
const watched = (text: string): { text: string; looks: () => number } => {
  let looks = 0;
  const watching = new Proxy(Object(text) as object, {
    get: (of, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
      return Reflect.get(of, key) as unknown;
    },
  });
  return { text: watching as unknown as string, looks: () => looks };
};

describe('a pattern', () => {
  test.each([
    ['db.eu*', 'dbxeu-1', false],
    ['db.eu*', 'db.eu-1', true],
    ['web-?', 'web-', false],
    ['*', '', true],
    ['?*', '', false],
    ['**a**', 'a', true],
    ['Web-*', 'web-1', false],
    ['net.ipv4.*', 'net.ipv4.conf.eth0.rp_filter', true],
    ['a[b]+', 'a[b]+', true],
    ['a[b]+', 'ab', false],
  ])('%s and “%s”: %s', (pattern, text, matches) => {
    expect(matchesGlob(pattern, text)).toBe(matches);
  });

  test('is matched as the simple definition says', () => {
    const letters = fc.constantFrom('a', 'b', '.', '*', '?');
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 8 }).map((some) => some.join('')),
        fc.array(fc.constantFrom('a', 'b', '.', '*'), { maxLength: 8 }).map((some) => some.join('')),
        (pattern, text) => expect(matchesGlob(pattern, text)).toBe(byDefinition(pattern, text)),
      ),
      { numRuns: 5_000 },
    );
  });

  test('place by place, one may be of several', () => {
    expect(matchesGlob(['e', '*', '012'], 'eth0')).toBe(true);
    expect(matchesGlob(['e', '*', '012'], 'eth3')).toBe(false);
    expect(matchesGlob(['e', ''], 'et')).toBe(false);
  });

  test.each([
    ['*?'.repeat(40), 'a'.repeat(60)],
    ['*a'.repeat(40), 'a'.repeat(60)],
    [`*${'a'.repeat(30)}`, 'a'.repeat(400)],
    ['*'.repeat(200), 'a'.repeat(400)],
  ])('%s costs no more than text × pattern', (stars, text) => {
    const seen = watched(`${text}b`);
    expect(matchesGlob(`${stars}Z`, seen.text)).toBe(false);
    expect(seen.looks()).toBeGreaterThan(0);
    expect(seen.looks()).toBeLessThanOrEqual((stars.length + 1) * (text.length + 1));
  });
});
