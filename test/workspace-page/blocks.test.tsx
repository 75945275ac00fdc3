/** Every block drawn to a string: what a reader gets, and that nothing written becomes markup. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VNode } from 'preact';
import { render } from 'preact-render-to-string';
import type { AnyBlock } from '../../src/blocks/message.js';
import { Blocks } from '../../src/workspace/page/blocks/block.js';
import { sortRows } from '../../src/workspace/page/blocks/data-table.js';
import { chartWords } from '../../src/workspace/page/chart/chart.js';
import { Mrkdwn } from '../../src/workspace/page/text/inline.js';
import { type World, WorldContext } from '../../src/workspace/page/world.js';
import {
  chartBlocks,
  composedBlocks,
  gallery,
  inputBlocks,
  moreChartBlocks,
  richBlocks,
  tableBlocks,
  textBlocks,
} from './gallery.js';
import { startSeconds, stateWith } from './world.js';

const state = stateWith('U0ADA', []);
const world: World = {
  me: 'U0ADA',
  people: new Map(state.people.map((person) => [person.id, person])),
  channels: new Map(state.channels.map((channel) => [channel.id, channel])),
  reader: { timeZone: 'UTC', nowSeconds: startSeconds + 300 },
  openChannel: () => undefined,
};
const draw = (node: VNode): string => render(<WorldContext.Provider value={world}>{node}</WorldContext.Provider>);
const drawn = (blocks: readonly AnyBlock[]): string => draw(<Blocks blocks={blocks} />);
const words = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

describe('blocks', () => {
  test('all of the gallery is drawn, nothing as unsupported', () => {
    for (const { blocks } of [...gallery, { blocks: inputBlocks }]) expect(drawn(blocks)).not.toContain('unsupported');
  });

  test('an unknown block is a visible box', () => {
    expect(words(drawn([{ type: 'hologram' } as unknown as AnyBlock]))).toContain('Unsupported block: hologram');
  });

  test('section: marks, mentions, dates and links', () => {
    const html = drawn(textBlocks);
    expect(html).toContain('<b>65,536 of 65,536</b>');
    expect(html).toContain('<code>212</code>');
    expect(html).toContain('<s>closed</s>');
    expect(html).toContain('href="https://docs.kernel.org"');
    expect(words(html)).toContain('@Ada Lovelace');
    expect(words(html)).toContain('#war-room');
    expect(words(html)).toMatch(/today at 12:01:07.PM/);
    expect(html).toContain('<blockquote>');
    expect(html).toContain('nf_conntrack: table full, dropping packet\n$ ss -tan | wc -l</pre>');
  });

  test('rich text: lists, quotes, preformatted; Markdown: headings, tables, HTML as text', () => {
    const html = drawn(richBlocks);
    expect(html).toContain('<ol class="rich-list indent-0 marks-0 " start="1">');
    expect(html).toContain('<ul class="rich-list indent-1 marks-1 ">');
    expect(html).toContain('&lt;script>alert(1)&lt;/script>');
    expect(html).toMatch(/<td class="align-right">\s*18888/);
  });

  test('a table names its columns; a data_table says how it is sorted and paged', () => {
    const html = drawn(tableBlocks);
    expect(html).toContain('<th scope="col" class="align-right ">');
    expect(html).toContain('<caption><span>TCP states of web-1</span></caption>');
    expect(html).toContain('aria-sort="none"');
    expect(html).toMatch(/<th scope="row"[^>]*>ESTABLISHED/);
    expect(words(html)).toContain('1–6 of 10');
  });

  test('a long key breaks behind its dots and strokes, other words as words do', () => {
    const key = 'net.netfilter.nf_conntrack_tcp_timeout_close_wait';
    const cell = (text: string) => [{ type: 'raw_text' as const, text }];
    const html = drawn([
      { type: 'data_table', caption: 'keys', rows: [cell('Key'), cell(key), cell(`${key} is long`)] },
    ]);
    expect(html).toContain(key.replace(/[._](?=.)/g, '$&<wbr/>'));
    expect(html).toContain(`${key} is long`);
  });

  test('charts have words and a table of the same numbers', () => {
    const html = drawn([...chartBlocks, ...moreChartBlocks]);
    expect(html.match(/role="img" aria-label="[^"]+chart:/g)).toHaveLength(4);
    expect(html).toContain('Pie chart: 10.0.3.7:5432 14,220 (75%)');
    expect(html).toMatch(/<th scope="row">TIME_WAIT<\/th><td class="align-right">18,888/);
    const [, line] = chartBlocks;
    if (line?.type !== 'data_visualization' || !('chart' in line)) throw new Error('no chart');
    expect(chartWords(line)).toContain('Line chart: TIME_WAIT from 120 to 18,888, last 18,888');
  });

  test('containers fold, steps say where they stand', () => {
    const html = drawn(composedBlocks);
    expect(html.match(/aria-expanded="true"/g)?.length).toBeGreaterThanOrEqual(2);
    expect(words(html)).not.toContain('It does not touch conntrack.');
    for (const word of ['Complete', 'In progress', 'Pending', 'Failed']) expect(html).toContain(`aria-label="${word}"`);
    expect(words(html)).toContain('1 of 4 done');
  });

  test('every control of an input block has its label', () => {
    const html = drawn(inputBlocks);
    for (const name of [
      'Reason',
      'Confirm window: 15 minutes',
      'Value',
      'Also tell (optional): People',
      'Not before (optional) (UTC)',
    ])
      expect(html).toContain(`aria-label="${name}"`);
    expect(html).toContain('How</legend>');
  });
});

describe('sorting', () => {
  const rows = [
    [
      { type: 'raw_text' as const, text: 'b10' },
      { type: 'raw_number' as const, value: 9, text: '9' },
    ],
    [
      { type: 'raw_text' as const, text: 'b9' },
      { type: 'raw_number' as const, value: 10, text: '10' },
    ],
    [
      { type: 'raw_text' as const, text: 'a' },
      { type: 'raw_text' as const, text: 'n/a' },
    ],
  ];
  const order = (column: number, down: boolean): string[] =>
    sortRows(rows, { column, down }).map(([cell]) => (cell?.type === 'raw_text' ? cell.text : ''));
  test('numbers by value, words as people count', () => {
    expect(order(1, false)).toEqual(['b10', 'b9', 'a']);
    expect(order(1, true)).toEqual(['a', 'b9', 'b10']);
    expect(order(0, false)).toEqual(['a', 'b9', 'b10']);
    expect(sortRows(rows, undefined)).toBe(rows);
  });
});

describe('whatever a host or a person writes', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          '<script>',
          '<img src=x onerror=1>',
          '"',
          "'",
          '*',
          '`',
          '```',
          '<',
          '>',
          '|',
          '&lt;',
          'javascript:1',
          '</pre>',
          ' ',
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join('')),
  );
  const tagsAllowed =
    /^<\/?(div|span|b|i|s|code|pre|a|br|blockquote|time|button|svg|path|rect|circle|ellipse|p|ul|ol|li|h[2-4]|hr|section|table|thead|tbody|tr|th|td|input)[\s>/]/;
  test('makes no element but those that the page draws, no handler and no address of its own', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const html of [
          draw(<Mrkdwn text={text} />),
          drawn([{ type: 'markdown', text }]),
          drawn([{ type: 'header', text: { type: 'plain_text', text } }]),
          drawn([
            {
              type: 'rich_text',
              elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url: text, text }] }],
            },
          ]),
        ]) {
          for (const [tag] of html.matchAll(/<[a-z/!?][^>]*>?/gi)) {
            expect(`${tag} `).toMatch(tagsAllowed);
            expect(tag).not.toMatch(/\son[a-z]+=/i);
            expect(tag).not.toMatch(/href="(?!https?:|mailto:|tel:)/i);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
