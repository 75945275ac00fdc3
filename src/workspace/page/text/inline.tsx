/** Draws text: mrkdwn trees, plain text with shortcodes, times. Text nodes only, never HTML. */
import { Fragment, type VNode } from 'preact';
import { useWorld } from '../world.js';
import { formatDate } from './date.js';
import { emojiOf } from './emoji.js';
import { drawnEmoji } from './emoji-drawn.js';
import { type Inline, type Piece, parseMrkdwn } from './mrkdwn.js';

/** A shortcode's picture; `:name:` where the page knows none. */
export const Emoji = ({ name }: { name: string }): VNode => {
  const drawn = drawnEmoji(name);
  const character = emojiOf(name);
  if (drawn === undefined && character === undefined) return <span class="emoji-unknown">:{name}:</span>;
  return (
    <span class="emoji" role="img" aria-label={name.replaceAll('_', ' ')} title={`:${name}:`}>
      {drawn ?? character}
    </span>
  );
};

export const Link = ({ url, children }: { url: string; children: preact.ComponentChildren }): VNode => (
  <a href={url} target="_blank" rel="noopener noreferrer nofollow">
    {children}
  </a>
);

export const UserMention = ({ id, label }: { id: string; label?: string }): VNode => {
  const { people, me } = useWorld();
  const person = people.get(id);
  return (
    <span class={id === me ? 'mention mention-me' : 'mention'} data-user={id}>
      @{person === undefined ? (label ?? id) : person.kind === 'app' ? person.name : person.realName || person.name}
    </span>
  );
};

export const ChannelMention = ({ id, label }: { id: string; label?: string }): VNode => {
  const { channels, openChannel } = useWorld();
  const channel = channels.get(id);
  if (channel === undefined) return <span class="mention">#{label ?? 'private-channel'}</span>;
  return (
    <button type="button" class="mention mention-link" onClick={() => openChannel(id)}>
      #{channel.name}
    </button>
  );
};

export const DateText = (date: { timestamp: number; format: string; fallback: string; url?: string }): VNode => {
  const { reader } = useWorld();
  const words = formatDate(date.timestamp, date.format, date.fallback, reader);
  const full = formatDate(date.timestamp, '{date_long} at {time_secs}', date.fallback, reader);
  const time = (
    <time title={full} {...isoOf(date.timestamp)}>
      {words}
    </time>
  );
  return date.url === undefined ? time : <Link url={date.url}>{time}</Link>;
};

const isoOf = (seconds: number): { dateTime?: string } =>
  Math.abs(seconds) <= 8.64e12 ? { dateTime: new Date(seconds * 1000).toISOString() } : {};

const One = ({ inline }: { inline: Inline }): VNode => {
  switch (inline.type) {
    case 'text':
      return <Fragment>{inline.text}</Fragment>;
    case 'break':
      return <br />;
    case 'bold':
      return (
        <b>
          <InlineList inlines={inline.children} />
        </b>
      );
    case 'italic':
      return (
        <i>
          <InlineList inlines={inline.children} />
        </i>
      );
    case 'strike':
      return (
        <s>
          <InlineList inlines={inline.children} />
        </s>
      );
    case 'code':
      return <code>{inline.text}</code>;
    case 'link':
      return <Link url={inline.url}>{inline.text}</Link>;
    case 'user':
      return <UserMention id={inline.id} {...(inline.label === undefined ? {} : { label: inline.label })} />;
    case 'channel':
      return <ChannelMention id={inline.id} {...(inline.label === undefined ? {} : { label: inline.label })} />;
    case 'usergroup':
      return <span class="mention">{inline.label ?? `@${inline.id}`}</span>;
    case 'broadcast':
      return <span class="mention mention-me">@{inline.range}</span>;
    case 'date':
      return <DateText {...inline} />;
    case 'emoji':
      return <Emoji name={inline.name} />;
  }
};

export const InlineList = ({ inlines }: { inlines: readonly Inline[] }): VNode => (
  <Fragment>
    {inlines.map((inline, index) => (
      // The tree has no ids and is drawn anew as a whole: its order is its identity.
      <One key={index} inline={inline} />
    ))}
  </Fragment>
);

const PieceOf = ({ piece }: { piece: Piece }): VNode => {
  if (piece.type === 'pre') return <pre class="preformatted">{piece.text}</pre>;
  if (piece.type === 'quote')
    return (
      <blockquote>
        <InlineList inlines={piece.children} />
      </blockquote>
    );
  return (
    <div class="paragraph">
      <InlineList inlines={piece.children} />
    </div>
  );
};

/** A whole mrkdwn text. */
export const Mrkdwn = ({ text, verbatim = false }: { text: string; verbatim?: boolean }): VNode => (
  <Fragment>
    {parseMrkdwn(text, verbatim).map((piece, index) => (
      <PieceOf key={index} piece={piece} />
    ))}
  </Fragment>
);

/** Plain text: no marks, but shortcodes unless `emoji` is false, and line breaks. */
export const Plain = ({ text, emoji = true }: { text: string; emoji?: boolean }): VNode => (
  <Fragment>
    {text
      .split(/(:[a-z0-9_+'-]{1,60}:)/)
      .map((part, index) =>
        emoji && index % 2 === 1 && emojiOf(part.slice(1, -1)) !== undefined ? (
          <Emoji key={index} name={part.slice(1, -1)} />
        ) : (
          part
        ),
      )}
  </Fragment>
);

export interface TextObject {
  type: string;
  text: string;
  emoji?: boolean;
  verbatim?: boolean;
}

/** Block Kit's text object, either kind. */
export const Text = ({ of }: { of: TextObject }): VNode =>
  of.type === 'mrkdwn' ? (
    <Mrkdwn text={of.text} verbatim={of.verbatim ?? false} />
  ) : (
    <span class="plain">
      <Plain text={of.text} emoji={of.emoji ?? true} />
    </span>
  );
