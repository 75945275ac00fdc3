/** Messages stay within what Slack takes, say what is missing, and never lose what must be there. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actions, button, dataTable, folded, paragraph, preformatted, rich } from '../../src/blocks/elements.js';
import { always, BLOCKS_MAX, fitted, messageOf, type Part } from '../../src/blocks/fit.js';
import { investigationMessage } from '../../src/blocks/investigation.js';
import { headlineOf } from '../../src/blocks/sentences/index.js';
import { blocksTooLong, validateBlocks } from '../../src/workspace/validate/index.js';
import { complaints, expectGolden } from './support/golden.js';
import { investigate, rules, snapshotOf } from './support/hosts.js';

const text = (length: number): string => 'word '.repeat(Math.ceil(length / 5)).slice(0, length);

describe('fitting', () => {
  test('leaves what fits as it is', () => {
    const parts: Part[] = [always(paragraph('verdict')), { blocks: [paragraph('detail')], need: 5, name: 'detail' }];
    expect(fitted(parts)).toEqual([paragraph('verdict'), paragraph('detail')]);
  });

  test('leaves out the least needed first, and says so before the buttons', () => {
    const big = (name: string, need: number): Part => ({ blocks: [rich(preformatted(text(2400)))], need, name });
    const blocks = fitted([
      always(paragraph('verdict')),
      big('a', 1),
      big('b', 9),
      big('c', 2),
      big('d', 3),
      big('e', 8),
      big('f', 1),
      always(actions([button('raw', 'Raw')])),
    ]);
    const said = JSON.stringify(blocks.at(-2));
    expect(said).toContain('Left out for length: b and e. Raw has all of it.');
    expect(blocks.at(-1)?.type).toBe('actions');
    expect(JSON.stringify(blocks[0])).toContain('verdict');
  });

  test('leaves out nothing that would not make it shorter where it is too long', () => {
    const table: Part = {
      blocks: [dataTable('hosts', ['Host', 'Verdict'], [['web-1', 'bad']], 5)],
      need: 9,
      name: 'the table',
    };
    const long = always(...Array.from({ length: 8 }, () => rich(preformatted(text(1_400)))));
    const more: Part = { blocks: [rich(preformatted(text(2_000)))], need: 1, name: 'more' };
    // Tables are no characters of JSON, which is what there is too much of.
    const wide = always(actions([button('raw', 'Raw', { value: JSON.stringify('x'.repeat(1_900)) })]));
    const blocks = fitted([always(paragraph('verdict')), ...Array.from({ length: 6 }, () => wide), table, more]);
    expect(blocks.map(({ type }) => type)).toContain('data_table');
    expect(JSON.stringify(blocks)).toContain('Left out for length: more.');
    expect(fitted([long, table]).map(({ type }) => type)).not.toContain('data_table');
  });

  test('never leaves out what must be there, however long', () => {
    const must = Array.from({ length: 12 }, (_, index) =>
      always(rich(preformatted(`must ${index} ${text(2000)}`, 2500))),
    );
    const blocks = fitted([...must, { blocks: [paragraph('may')], need: 1, name: 'may' }]);
    for (let index = 0; index < must.length; index += 1) expect(JSON.stringify(blocks)).toContain(`must ${index} `);
  });

  test('holds for any parts that need not all be there', () => {
    const part = fc.record({
      size: fc.integer({ min: 1, max: 2400 }),
      need: fc.integer({ min: 1, max: 20 }),
      kind: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 70 }), (specs) => {
        const parts: Part[] = specs.map(({ size, need, kind }) => ({
          blocks: [
            kind === 0
              ? paragraph(text(Math.min(size, 600)))
              : kind === 1
                ? folded('more', [rich(preformatted(text(size)))])
                : kind === 2
                  ? rich(preformatted(text(size)))
                  : dataTable(
                      'table',
                      ['a', 'b'],
                      Array.from({ length: Math.ceil(size / 100) }, (_, row) => [text(90), row]),
                      5,
                    ),
          ],
          need,
          name: `part ${size}`,
        }));
        const { blocks, fallback } = messageOf('verdict', [always(paragraph('verdict')), ...parts]);
        expect(blocks.length).toBeLessThanOrEqual(BLOCKS_MAX);
        expect(blocksTooLong(blocks)).toBe(false);
        expect(validateBlocks(blocks, 'message')).toEqual([]);
        expect(blocksTooLong(fallback ?? [])).toBe(false);
        expect((fallback ?? []).length).toBeLessThanOrEqual(BLOCKS_MAX);
      }),
      { numRuns: 100 },
    );
  });
});

describe('several things wrong at once', () => {
  const of = (recording: string) => investigate(snapshotOf(recording));
  const findings = ['p03-tw', 'p13', 'p01', 'p12', 'p11', 'p14', 'p02', 'p08-half']
    .flatMap((recording) => of(recording).diagnosis.findings.filter((finding) => finding.status === 'present'))
    .filter((finding, index, all) => all.findIndex((other) => other.id === finding.id) === index);
  const base = of('p03-tw');

  test('two causes and an effect read in order', () => {
    const some = findings.filter((finding) =>
      ['conntrack-full', 'fd-exhaustion', 'accept-queue-overflow', 'ephemeral-exhaustion-tw'].includes(finding.id),
    );
    expectGolden(
      'investigation/compound',
      investigationMessage({
        ...base,
        diagnosis: { ...base.diagnosis, findings: some },
        offers: [{ finding: 'conntrack-full' }, { finding: 'ephemeral-exhaustion-tw' }],
      }),
    );
  });

  test('eight findings still fit, and none is left out silently', () => {
    const message = investigationMessage({ ...base, diagnosis: { ...base.diagnosis, findings } });
    expect(complaints(message)).toEqual([]);
    expectGolden('investigation/everything', message);
    for (const finding of findings) {
      const [first = ''] = finding.causedBy;
      if (first === '') expect(JSON.stringify(message.blocks)).toContain(headlineOf(finding, rules).slice(0, 40));
    }
  });
});
