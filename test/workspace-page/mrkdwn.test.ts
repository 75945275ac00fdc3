import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Inline,
  isSafeUrl,
  type Piece,
  parseInline,
  parseMrkdwn,
  plainOf,
  unescapeText,
} from '../../src/workspace/page/text/mrkdwn.js';

const text = (words: string): Inline => ({ type: 'text', text: words });
const one = (type: 'bold' | 'italic' | 'strike', ...children: Inline[]): Inline => ({ type, children });

describe('mrkdwn inside a line', () => {
  test.each<[string, Inline[]]>([
    [
      '*bold* _italic_ ~struck~',
      [one('bold', text('bold')), text(' '), one('italic', text('italic')), text(' '), one('strike', text('struck'))],
    ],
    ['*bold _and italic_*', [one('bold', text('bold '), one('italic', text('and italic')))]],
    ['`a*b*c` x', [{ type: 'code', text: 'a*b*c' }, text(' x')]],
    // marks inside words, next to blanks, unclosed or empty stay what they are
    ['tcp_tw_reuse and 2*3*4', [text('tcp_tw_reuse and 2*3*4')]],
    ['net.ipv4.tcp_fin_timeout_', [text('net.ipv4.tcp_fin_timeout_')]],
    ['* not bold *', [text('* not bold *')]],
    ['**', [text('**')]],
    ['*open', [text('*open')]],
    ['``', [text('``')]],
    ['(*bold*), "_it_"', [text('('), one('bold', text('bold')), text('), "'), one('italic', text('it')), text('"')]],
    ['a &lt;b&gt; &amp;amp;', [text('a <b> &amp;')]],
    [
      '<https://a.example/?a=1&amp;b=2|the page>',
      [{ type: 'link', url: 'https://a.example/?a=1&b=2', text: 'the page' }],
    ],
    ['<https://a.example>', [{ type: 'link', url: 'https://a.example', text: 'https://a.example' }]],
    [
      'see https://a.example/x_y, ok',
      [text('see '), { type: 'link', url: 'https://a.example/x_y', text: 'https://a.example/x_y' }, text(', ok')],
    ],
    ['<javascript:alert(1)|click>', [text('<javascript:alert(1)|click>')]],
    ['<data:text/html,x>', [text('<data:text/html,x>')]],
    [
      '<@U0ADA> <@U0ADA|ada> <#C0WAR|war>',
      [
        { type: 'user', id: 'U0ADA' },
        text(' '),
        { type: 'user', id: 'U0ADA', label: 'ada' },
        text(' '),
        { type: 'channel', id: 'C0WAR', label: 'war' },
      ],
    ],
    [
      '<!here> <!subteam^S0SRE|@sre>',
      [{ type: 'broadcast', range: 'here' }, text(' '), { type: 'usergroup', id: 'S0SRE', label: '@sre' }],
    ],
    [
      '<!date^1392734382^{date_short}^https://a.example|Feb 18>',
      [{ type: 'date', timestamp: 1392734382, format: '{date_short}', url: 'https://a.example', fallback: 'Feb 18' }],
    ],
    ['<!date^12^{time}^javascript:x|then>', [{ type: 'date', timestamp: 12, format: '{time}', fallback: 'then' }]],
    [':warning: :no_such_thing: 12:30:45', [{ type: 'emoji', name: 'warning' }, text(' :no_such_thing: 12:30:45')]],
    ['*<https://a.example|a*b>*', [one('bold', { type: 'link', url: 'https://a.example', text: 'a*b' })]],
    ['a\nb', [text('a'), { type: 'break' }, text('b')]],
  ])('%s', (written, expected) => {
    expect(parseInline(written)).toEqual(expected);
  });

  test('verbatim leaves bare addresses alone', () => {
    expect(parseInline('https://a.example', true)).toEqual([text('https://a.example')]);
  });
});

describe('mrkdwn over lines', () => {
  test('quotes, and quotes to the end', () => {
    expect(parseMrkdwn('a\n&gt; b\n> c\nd\n>>> e\nf').map((piece) => [piece.type, plainOf([piece])])).toEqual([
      ['paragraph', 'a'],
      ['quote', 'b\nc'],
      ['paragraph', 'd'],
      ['quote', 'e\nf'],
    ]);
  });

  test('preformatted keeps its lines and marks, decodes escapes, shows a link by its words', () => {
    expect(parseMrkdwn('a\n```\n*x* &lt;1&gt;\n  <http://b.example|b>\n```\nc')).toEqual([
      { type: 'paragraph', children: [text('a')] },
      { type: 'pre', text: '*x* <1>\n  b' },
      { type: 'paragraph', children: [text('c')] },
    ]);
  });

  test('a fence that is never closed is text', () => {
    expect(plainOf(parseMrkdwn('```half'))).toBe('```half');
  });
});

const linksOf = (pieces: readonly (Piece | Inline)[]): string[] =>
  pieces.flatMap((piece) => [
    ...('url' in piece && piece.url !== undefined ? [piece.url] : []),
    ...('children' in piece ? linksOf(piece.children) : []),
  ]);

describe('whatever is written', () => {
  const marks = fc.constantFrom(
    '*',
    '_',
    '~',
    '`',
    '```',
    '<',
    '>',
    '|',
    '&',
    '&gt;',
    '&lt;',
    ':',
    '\n',
    '!date^',
    '@U1',
    'javascript:',
    'https://a',
    ' ',
    'x',
  );
  const written = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(marks, { maxLength: 60 }).map((parts) => parts.join('')),
  );

  test('is parsed, and every address in it is one that a browser may be sent to', () => {
    fc.assert(
      fc.property(written, (words) => linksOf(parseMrkdwn(words)).every(isSafeUrl)),
      { numRuns: 500 },
    );
  });

  test('loses no letter or digit outside of <…> and shortcodes', () => {
    const tame = fc.array(
      fc.constantFrom('*', '_', '~', '`', '&gt;', '&lt;', '&amp;', '\n', ' ', 'a', 'b', '1', '2', '.'),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(tame, (parts) => {
        const words = parts.join('');
        const kept = (all: string): string => all.replace(/[^a-z0-9]/g, '');
        expect(kept(plainOf(parseMrkdwn(words)))).toBe(kept(unescapeText(words)));
      }),
      { numRuns: 500 },
    );
  });

  test('takes time in proportion: the longest text that Slack takes, at its worst', () => {
    for (const unit of ['*a ', '<', '`', '_*~', '&gt;', ':a', '```', '<!date^1^'])
      expect(parseMrkdwn(unit.repeat(Math.floor(12_000 / unit.length))).length).toBeGreaterThan(0);
  });
});
