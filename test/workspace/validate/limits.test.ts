/** Every limit of a block, as Slack has it: n is taken, n + 1 is refused. */
import { describe, expect, test } from '@jest/globals';
import { type BlockSurface, validateBlocks, validateView } from '../../../src/workspace/validate/index.js';

const x = (n: number): string => 'x'.repeat(n);
const times = <T>(n: number, make: (index: number) => T): T[] => Array.from({ length: n }, (_, index) => make(index));
const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const option = (index: number) => ({ text: plain(`o${index}`), value: `v${index}` });
const button = (more: object = {}) => ({ type: 'button', text: plain('b'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const section = (more: object = {}) => ({ type: 'section', text: mrkdwn('s'), ...more });
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain('l'), element, ...more });
const textInput = (more: object = {}) => ({ type: 'plain_text_input', ...more });
const raw = (text: string) => ({ type: 'raw_text', text });
const dataTable = (more: object) => ({ type: 'data_table', caption: 'c', rows: [[raw('h')], [raw('r')]], ...more });
const pie = (more: object, title = 't') => ({
  type: 'data_visualization',
  title,
  chart: { type: 'pie', segments: [{ label: 'a', value: 1 }], ...more },
});
const line = (seriesCount: number, points: number, more: { name?: string; axis?: object } = {}) => ({
  type: 'data_visualization',
  title: 't',
  chart: {
    type: 'line',
    series: times(seriesCount, (index) => ({
      name: `${more.name ?? 's'}${index}`,
      data: times(points, (at) => ({ label: `c${at}`, value: -1 })),
    })),
    axis_config: { categories: times(points, (at) => `c${at}`), ...more.axis },
  },
});
const card = (more: object) => ({ type: 'card', title: mrkdwn('t'), ...more });
const container = (more: object) => ({ type: 'container', title: plain('t'), child_blocks: [section()], ...more });
const confirm = (more: object) => actions(button({ confirm: { text: plain('sure?'), ...more } }));
const radio = (count: number) => section({ accessory: { type: 'radio_buttons', options: times(count, option) } });

type Limit = [name: string, max: number, make: (n: number) => unknown, surface?: BlockSurface];
const limits: Limit[] = [
  ['section text', 3000, (n) => section({ text: mrkdwn(x(n)) })],
  ['section fields', 10, (n) => section({ fields: times(n, () => mrkdwn('f')) })],
  ['section field text', 2000, (n) => section({ fields: [mrkdwn(x(n))] })],
  ['header text', 150, (n) => ({ type: 'header', text: plain(x(n)) })],
  ['context elements', 10, (n) => ({ type: 'context', elements: times(n, () => mrkdwn('c')) })],
  ['actions elements', 25, (n) => actions(...times(n, () => button()))],
  ['image alt text', 2000, (n) => ({ type: 'image', image_url: 'https://a.example/i.png', alt_text: x(n) })],
  [
    'image title',
    2000,
    (n) => ({ type: 'image', image_url: 'https://a.example/i.png', alt_text: 'a', title: plain(x(n)) }),
  ],
  ['markdown text', 12_000, (n) => ({ type: 'markdown', text: x(n) })],
  ['button text', 75, (n) => actions(button({ text: plain(x(n)) }))],
  ['button value', 2000, (n) => actions(button({ value: x(n) }))],
  ['button url', 3000, (n) => actions(button({ url: `https://${x(n - 8)}` }))],
  ['action_id', 255, (n) => actions(button({ action_id: x(n) }))],
  ['block_id', 255, (n) => section({ block_id: x(n) })],
  ['confirm title', 100, (n) => confirm({ title: plain(x(n)) })],
  ['confirm text', 300, (n) => confirm({ text: plain(x(n)) })],
  ['confirm button', 30, (n) => confirm({ confirm: plain(x(n)) })],
  ['deny button', 30, (n) => confirm({ deny: plain(x(n)) })],
  ['overflow options', 5, (n) => actions({ type: 'overflow', options: times(n, option) })],
  ['select options', 100, (n) => actions({ type: 'static_select', options: times(n, option) })],
  ['checkboxes', 10, (n) => actions({ type: 'checkboxes', options: times(n, option) })],
  ['radio buttons', 10, radio],
  ['option text', 75, (n) => actions({ type: 'overflow', options: [{ text: plain(x(n)), value: 'v' }] })],
  ['context_actions elements', 5, (n) => ({ type: 'context_actions', elements: times(n, iconButton) })],
  ['alert text', 200, (n) => ({ type: 'alert', text: plain(x(n)), level: 'warning' }), 'modal'],
  ['input label', 2000, (n) => input(textInput(), { label: plain(x(n)) }), 'modal'],
  ['input hint', 2000, (n) => input(textInput(), { hint: plain(x(n)) }), 'home'],
  ['input max_length', 3000, (n) => input(textInput({ max_length: n })), 'modal'],
  ['table rows', 100, (n) => ({ type: 'table', rows: times(n, () => [raw('c')]) })],
  ['table cells', 20, (n) => ({ type: 'table', rows: [times(n, () => raw('c'))] })],
  [
    'table column settings',
    20,
    (n) => ({ type: 'table', rows: [[raw('c')]], column_settings: times(n, () => ({ align: 'right' })) }),
  ],
  ['table characters', 10_000, (n) => ({ type: 'table', rows: [[raw(x(5000)), raw(x(n - 5000))]] })],
  ['data_table rows with header', 101, (n) => dataTable({ rows: times(n, () => [raw('c')]) })],
  ['data_table cells', 20, (n) => dataTable({ rows: times(2, () => times(n, () => raw('c'))) })],
  ['data_table page size', 100, (n) => dataTable({ page_size: n })],
  ['data_table characters', 10_000, (n) => dataTable({ rows: [[raw(x(1))], [raw(x(n - 1))]] })],
  ['chart title', 50, (n) => pie({}, x(n))],
  ['pie segments', 12, (n) => pie({ segments: times(n, (i) => ({ label: `l${i}`, value: 1 })) })],
  ['pie label', 20, (n) => pie({ segments: [{ label: x(n), value: 1 }] })],
  ['series', 12, (n) => line(n, 2)],
  ['points', 20, (n) => line(1, n)],
  ['series name', 20, (n) => line(1, 1, { name: x(n - 1) })],
  ['axis label', 50, (n) => line(1, 1, { axis: { x_label: x(n) } })],
  ['card title', 150, (n) => card({ title: mrkdwn(x(n)) })],
  ['card body', 200, (n) => card({ body: mrkdwn(x(n)) })],
  ['card actions', 3, (n) => card({ actions: times(n, () => button()) })],
  ['carousel cards', 10, (n) => ({ type: 'carousel', elements: times(n, () => card({})) })],
  ['container title', 150, (n) => container({ title: plain(x(n)) })],
  ['container children', 10, (n) => container({ child_blocks: times(n, () => section()) })],
];
function iconButton() {
  return { type: 'icon_button', icon: 'trash', text: plain('Delete') };
}

describe('a limit takes n and refuses n + 1', () => {
  test.each(limits)('%s: %i', (_name, max, make, surface = 'message') => {
    expect(validateBlocks([make(max)], surface)).toEqual([]);
    expect(validateBlocks([make(max + 1)], surface)).not.toEqual([]);
  });

  test.each<[string, number, BlockSurface]>([
    ['a message', 50, 'message'],
    ['a modal', 100, 'modal'],
    ['Home', 100, 'home'],
  ])('blocks in %s: %i', (_name, max, surface) => {
    expect(
      validateBlocks(
        times(max, () => ({ type: 'divider' })),
        surface,
      ),
    ).toEqual([]);
    expect(
      validateBlocks(
        times(max + 1, () => ({ type: 'divider' })),
        surface,
      ),
    ).toEqual([`no more than ${max} items allowed [json-pointer:/blocks]`]);
  });

  test('charts in a message: 2', () => {
    expect(validateBlocks([pie({}), pie({})], 'message')).toEqual([]);
    expect(validateBlocks([pie({}), pie({}), pie({})], 'message')).toHaveLength(1);
  });

  test('tables in a message: 1', () => {
    const table = { type: 'table', rows: [[raw('c')]] };
    expect(validateBlocks([table, table], 'message').join()).toContain('only_one_table_allowed');
  });

  test('markdown over the whole payload: 12,000', () => {
    const parts = (n: number) => [x(6000), x(n)].map((text) => ({ type: 'markdown', text }));
    expect(validateBlocks(parts(6000), 'message')).toEqual([]);
    expect(validateBlocks(parts(6001), 'message')).toHaveLength(1);
  });

  test('a message as a whole: about 13,000 characters, a large table not counted', () => {
    const wide = dataTable({ rows: times(100, () => times(10, () => raw('1234567890'))) });
    expect(validateBlocks([wide], 'message')).toEqual([]);
    const sections = (n: number) => times(n, () => section({ text: mrkdwn(x(2900)) }));
    expect(validateBlocks(sections(4), 'message')).toEqual([]);
    expect(validateBlocks(sections(5), 'message').join()).toContain('msg_blocks_too_long');
    expect(validateBlocks(sections(5), 'modal')).toEqual([]);
  });
});

describe('what Slack refuses whatever its size', () => {
  test.each<[string, unknown, BlockSurface, string]>([
    ['an unknown block', { type: 'marquee' }, 'message', 'unsupported type: marquee'],
    ['no block at all', 'hello', 'message', 'must be an object'],
    ['a field that no block has', section({ colour: 'red' }), 'message', 'invalid additional property: colour'],
    ['empty text', section({ text: mrkdwn('') }), 'message', 'must be more than 0 characters'],
    ['a header in mrkdwn', { type: 'header', text: mrkdwn('h') }, 'message', 'must be one of: plain_text'],
    ['a section of nothing', { type: 'section' }, 'message', 'needs text or fields'],
    ['an input in a message', input(textInput()), 'message', 'not allowed in a message'],
    ['an alert in a message', { type: 'alert', text: plain('a') }, 'message', 'not allowed in a message'],
    ['a chart in a modal', pie({}), 'modal', 'not allowed in a modal'],
    ['a table in a modal', { type: 'table', rows: [[raw('c')]] }, 'modal', 'not allowed in a modal'],
    ['a plan on Home', { type: 'plan', title: 'p' }, 'home', 'not allowed in a home'],
    ['a button of its own colour', actions(button({ style: 'green' })), 'message', 'must be one of: primary, danger'],
    ['a text input among actions', actions(textInput()), 'message', 'is no actions element'],
    ['options and option groups', actions({ type: 'static_select' }), 'message', 'either options or option_groups'],
    ['an image without its source', { type: 'image', alt_text: 'a' }, 'message', 'image_url or slack_file'],
    ['a data_table without a caption', { type: 'data_table', rows: [] }, 'message', 'missing required field: caption'],
    ['a data_table of a header alone', dataTable({ rows: [[raw('h')]] }), 'message', 'no less than 2'],
    ['ragged rows', dataTable({ rows: [[raw('h')], [raw('a'), raw('b')]] }), 'message', 'same number of cells'],
    [
      'rich text in a header row',
      dataTable({ rows: [[{ type: 'rich_text', elements: [] }], [raw('a')]] }),
      'message',
      'is no header cell',
    ],
    ['a row header that is not there', dataTable({ row_header_column_index: 1 }), 'message', 'must name a column'],
    [
      'a number without its text',
      dataTable({ rows: [[raw('h')], [{ type: 'raw_number', value: 1 }]] }),
      'message',
      'missing required field: text',
    ],
    ['a pie of nothing', pie({ segments: [{ label: 'a', value: 0 }] }), 'message', 'greater than 0'],
    ['categories that no series has', line(1, 2, { axis: { categories: ['c0', 'other'] } }), 'message', 'exactly one'],
    ['too few points', line(1, 2, { axis: { categories: ['c0', 'c1', 'c2'] } }), 'message', 'exactly one'],
    ['an empty card', { type: 'card' }, 'message', 'at least one of'],
    ['a container without a title', { type: 'container', child_blocks: [section()] }, 'message', 'needs title'],
    ['a chart in a container', container({ child_blocks: [pie({})] }), 'message', 'is no child block'],
    ['a data_table in a container', container({ child_blocks: [dataTable({})] }), 'message', 'is no child block'],
    ['a card in a container', container({ child_blocks: [card({})] }), 'message', 'is no child block'],
    ['collapsed for good', container({ default_collapsed: true }), 'message', 'needs is_collapsible'],
    [
      'a task of an unknown status',
      { type: 'task_card', task_id: '1', title: 't', status: 'done' },
      'message',
      'must be one of: pending',
    ],
    ['rich text of an unknown kind', { type: 'rich_text', elements: [{ type: 'x' }] }, 'message', 'rich text block'],
  ])('%s', (_name, block, surface, words) => {
    expect(validateBlocks([block], surface).join('\n')).toContain(words);
  });

  test('two series of one name', () => {
    const chart = line(2, 1);
    for (const series of chart.chart.series) series.name = 'same';
    expect(validateBlocks([chart], 'message')).toEqual([
      'series names must be unique [json-pointer:/blocks/0/chart/series/1/name]',
    ]);
  });

  test('ids used twice, inside containers too', () => {
    expect(
      validateBlocks(
        [section({ block_id: 'a' }), container({ child_blocks: [section({ block_id: 'a' })] })],
        'message',
      ),
    ).toEqual(['block_id a already exists [json-pointer:/blocks]']);
    expect(validateBlocks([actions(button({ action_id: 'a' }), button({ action_id: 'a' }))], 'message')).toHaveLength(
      1,
    );
  });

  test('says where, in Slack’s words', () => {
    expect(validateBlocks([{ type: 'divider' }, section({ text: mrkdwn(x(3001)) })], 'message')).toEqual([
      'must be less than 3001 characters [json-pointer:/blocks/1/text/text]',
    ]);
  });

  test('inherited names are no block types', () => {
    expect(validateBlocks([{ type: 'constructor' }, { type: '__proto__' }], 'message')).toHaveLength(2);
  });
});

describe('a whole message of every block', () => {
  test('is taken', () => {
    const words = (text: string) => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] });
    expect(
      validateBlocks(
        [
          { type: 'header', text: plain('h') },
          section({ accessory: button({ style: 'danger', action_id: 'a' }), expand: true }),
          {
            type: 'rich_text',
            elements: [
              words('w'),
              { type: 'rich_text_list', style: 'bullet', indent: 1, elements: [words('i')] },
              { type: 'rich_text_quote', elements: [{ type: 'user', user_id: 'U1' }] },
              { type: 'rich_text_preformatted', border: 0, elements: [{ type: 'text', text: 'p' }] },
            ],
          },
          container({ is_collapsible: true, default_collapsed: true }),
          {
            type: 'plan',
            title: 'p',
            tasks: [{ type: 'task_card', task_id: '1', title: 't', status: 'in_progress' }],
          },
          dataTable({ rows: [[raw('h')], [{ type: 'raw_number', value: 18888, text: '18,888' }]] }),
          line(3, 4),
          { type: 'context', elements: [mrkdwn('c')] },
        ],
        'message',
      ),
    ).toEqual([]);
  });
});

describe('a view', () => {
  const modal = (more: object = {}) => ({ type: 'modal', title: plain('t'), blocks: [section()], ...more });
  test.each<[string, number, (n: number) => object]>([
    ['title', 24, (n) => ({ title: plain(x(n)) })],
    ['submit', 24, (n) => ({ submit: plain(x(n)) })],
    ['close', 24, (n) => ({ close: plain(x(n)) })],
    ['private_metadata', 3000, (n) => ({ private_metadata: x(n) })],
    ['callback_id', 255, (n) => ({ callback_id: x(n) })],
  ])('%s: %i', (_name, max, make) => {
    expect(validateView(modal(make(max)))).toEqual([]);
    expect(validateView(modal(make(max + 1)))).toHaveLength(1);
  });

  test('needs a submit button for its inputs', () => {
    expect(validateView(modal({ blocks: [input(textInput())] })).join()).toContain('submit is required');
    expect(validateView(modal({ blocks: [input(textInput())], submit: plain('Go') }))).toEqual([]);
  });

  test('is at most 250 kB', () => {
    const blocks = times(100, () => section({ text: mrkdwn(x(2600)) }));
    expect(validateView({ type: 'home', blocks }).join()).toContain('view_too_large');
    expect(validateView({ type: 'home', blocks: blocks.slice(0, 80) })).toEqual([]);
  });

  test('Home has no title', () => {
    expect(validateView({ type: 'home', title: plain('t'), blocks: [] }).join()).toContain(
      'additional property: title',
    );
  });
});
