/** The message for workspaces that know no newer blocks: nothing that is approved is cut short in it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnyBlock } from '../../src/blocks/message.js';
import { simpler } from '../../src/blocks/simpler.js';

const richOf = (text: string): AnyBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});
const told = (text: string): string[] =>
  simpler([richOf(text)]).map((block) => (block.type === 'section' ? (block.text?.text ?? '') : block.type));

test('a long text is told in several sections, between words', () => {
  const names = Array.from({ length: 100 }, (_, at) => `web-prod-eu-west-1-checkout-node-${at}`);
  const sections = told(names.join(', '));
  expect(sections.length).toBeGreaterThan(1);
  expect(sections.join(' ').split(', ')).toEqual(names);
});

test('whatever it is, nothing of it is lost but blanks, no section is too long, no character is halved', () => {
  const word = fc.string({ unit: fc.constantFrom('a', '-', '🌊', 'é', '.'), minLength: 1, maxLength: 4_000 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const sections = told(words.join(' '));
      for (const section of sections) {
        expect(section.length).toBeLessThanOrEqual(3_000);
        expect(section).not.toMatch(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/);
      }
      expect(sections.join('').replaceAll(' ', '')).toBe(words.join(''));
    }),
  );
});
