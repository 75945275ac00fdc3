/** rich_text: sections, lists, quotes, preformatted text and what stands in them. */

import { blockId } from './basic.js';
import { anything, boolean, byType, type Check, integer, listOf, number, oneOf, shape, string, url } from './check.js';

const type: Check = string(255, 1);
const style = {
  style: shape(
    {},
    {
      bold: boolean,
      italic: boolean,
      strike: boolean,
      code: boolean,
      underline: boolean,
      highlight: boolean,
      client_highlight: boolean,
      unlink: boolean,
    },
  ),
};
const id = string(255, 1);

const words: Check = shape({ type, text: string(100_000, 1) }, style);
const link: Check = shape({ type, url: url(3000) }, { ...style, text: string(3000), unsafe: boolean });

const inline: Check = byType(
  {
    text: words,
    link,
    user: shape({ type, user_id: id }, style),
    usergroup: shape({ type, usergroup_id: id }, style),
    channel: shape({ type, channel_id: id }, style),
    team: shape({ type, team_id: id }, style),
    broadcast: shape({ type, range: oneOf('here', 'channel', 'everyone') }, style),
    emoji: shape({ type, name: string(255, 1) }, { ...style, unicode: string(255), url: url(3000) }),
    color: shape({ type, value: string(255, 1) }, style),
    date: shape(
      { type, timestamp: number, format: string(3000, 1) },
      { ...style, url: url(3000), fallback: string(3000) },
    ),
  },
  'rich text element',
);

const inlines = listOf(inline, { max: 10_000 });
const border = { border: oneOf(0, 1) };
const section: Check = shape({ type, elements: inlines });

export const richText: Check = shape(
  {
    type: oneOf('rich_text'),
    elements: listOf(
      byType(
        {
          rich_text_section: section,
          rich_text_list: shape(
            {
              type,
              style: oneOf('bullet', 'ordered'),
              elements: listOf(byType({ rich_text_section: section }, 'list item'), { min: 1, max: 10_000 }),
            },
            { ...border, indent: integer(0, 8), offset: integer(0, 10_000) },
          ),
          rich_text_quote: shape({ type, elements: inlines }, border),
          rich_text_preformatted: shape(
            { type, elements: listOf(byType({ text: words, link }, 'preformatted element'), { max: 10_000 }) },
            { ...border, language: anything },
          ),
        },
        'rich text block element',
      ),
      { min: 1, max: 10_000 },
    ),
  },
  blockId,
);
