/** rich_text: sections, lists, quotes, preformatted. */
import type { RichTextBlock, RichTextBlockElement, RichTextElement, RichTextList } from '@slack/types';
import { Fragment, type VNode } from 'preact';
import { ChannelMention, DateText, Emoji, Link, UserMention } from '../text/inline.js';
import { isSafeUrl } from '../text/mrkdwn.js';

const characterOf = (unicode: string): string | undefined => {
  const points = unicode.split('-').map((part) => Number.parseInt(part, 16));
  if (points.some((point) => !Number.isInteger(point) || point < 0 || point > 0x10ffff)) return undefined;
  return String.fromCodePoint(...points);
};

const Bare = ({ element }: { element: RichTextElement }): VNode => {
  switch (element.type) {
    case 'text':
      return <Fragment>{element.text}</Fragment>;
    case 'link':
      return isSafeUrl(element.url) ? (
        <Link url={element.url}>{element.text ?? element.url}</Link>
      ) : (
        <Fragment>{element.text ?? element.url}</Fragment>
      );
    case 'user':
      return <UserMention id={element.user_id} />;
    case 'channel':
      return <ChannelMention id={element.channel_id} />;
    case 'usergroup':
      return <span class="mention">@{element.usergroup_id}</span>;
    case 'team':
      return <span class="mention">@{element.team_id}</span>;
    case 'broadcast':
      return <span class="mention mention-me">@{element.range}</span>;
    case 'emoji': {
      const character = element.unicode === undefined ? undefined : characterOf(element.unicode);
      return character === undefined ? (
        <Emoji name={element.name} />
      ) : (
        <span class="emoji" role="img" aria-label={element.name.replaceAll('_', ' ')}>
          {character}
        </span>
      );
    }
    case 'date':
      return (
        <DateText
          timestamp={element.timestamp}
          format={element.format}
          fallback={element.fallback ?? ''}
          {...(element.url !== undefined && isSafeUrl(element.url) ? { url: element.url } : {})}
        />
      );
    case 'color':
      return (
        <span class="colour">
          {element.value}
          <svg width="12" height="12" aria-hidden="true">
            <rect
              width="12"
              height="12"
              rx="2"
              fill={/^#[0-9a-f]{3,8}$/i.test(element.value) ? element.value : 'none'}
            />
          </svg>
        </span>
      );
    default:
      return <code>{(element as { type: string }).type}</code>;
  }
};

const Styled = ({ element }: { element: RichTextElement }): VNode => {
  const style: { bold?: boolean; italic?: boolean; strike?: boolean; underline?: boolean; code?: boolean } =
    element.style ?? {};
  let drawn = <Bare element={element} />;
  if (style.code === true) drawn = <code>{drawn}</code>;
  if (style.bold === true) drawn = <b>{drawn}</b>;
  if (style.italic === true) drawn = <i>{drawn}</i>;
  if (style.underline === true) drawn = <u>{drawn}</u>;
  if (style.strike === true) drawn = <s>{drawn}</s>;
  return drawn;
};

const Elements = ({ elements }: { elements: readonly RichTextElement[] }): VNode => (
  <Fragment>
    {elements.map((element, index) => (
      <Styled key={index} element={element} />
    ))}
  </Fragment>
);

const List = ({ list }: { list: RichTextList & { offset?: number } }): VNode => {
  const indent = Math.max(0, Math.min(8, list.indent ?? 0));
  const items = list.elements.map((item, index) => (
    <li key={index}>
      <Elements elements={item.elements} />
    </li>
  ));
  const shape = `rich-list indent-${indent} marks-${indent % 3} ${list.border === 1 ? 'bordered' : ''}`;
  return list.style === 'ordered' ? (
    <ol class={shape} start={(list.offset ?? 0) + 1}>
      {items}
    </ol>
  ) : (
    <ul class={shape}>{items}</ul>
  );
};

const Part = ({ part }: { part: RichTextBlockElement }): VNode => {
  switch (part.type) {
    case 'rich_text_section':
      return (
        <div class="rich-section">
          <Elements elements={part.elements} />
        </div>
      );
    case 'rich_text_list':
      return <List list={part} />;
    case 'rich_text_quote':
      return (
        <blockquote>
          <Elements elements={part.elements} />
        </blockquote>
      );
    case 'rich_text_preformatted':
      return (
        <pre class="preformatted">
          <Elements elements={part.elements} />
        </pre>
      );
    default:
      return <code>{(part as { type: string }).type}</code>;
  }
};

export const RichText = ({ block }: { block: RichTextBlock }): VNode => (
  <div class="rich-text">
    {block.elements.map((part, index) => (
      <Part key={index} part={part} />
    ))}
  </div>
);

/** The words of a rich text, for sorting and accessible names. */
export const richTextWords = (block: RichTextBlock): string =>
  block.elements
    .flatMap((part) =>
      part.type === 'rich_text_list' ? part.elements.flatMap((item) => item.elements) : part.elements,
    )
    .map((element) => ('text' in element ? (element.text ?? '') : ''))
    .join('');
