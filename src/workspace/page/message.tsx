/** One message: who, when, what, and what can be done with it. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Message as MessageOf } from '../protocol.js';
import { Blocks } from './blocks/block.js';
import { FileCard } from './file-card.js';
import { Avatar } from './frame/avatar.js';
import { Icon } from './frame/icon.js';
import { Menu } from './frame/menu.js';
import { NoticeLine } from './notice.js';
import { useSession, useSurfaceHandle } from './session.js';
import { SurfaceContext } from './surface.js';
import { clockTime, formatDate } from './text/date.js';
import { Emoji, Mrkdwn } from './text/inline.js';
import { nameOf, useWorld } from './world.js';

export interface MessageProps {
  message: MessageOf;
  /** true: the same person wrote just before; name and picture are left out */
  follows: boolean;
  /** in the thread's pane: no line that leads to the thread */
  inThread: boolean;
}

const quick = ['white_check_mark', 'eyes', 'raised_hands'] as const;

const Toolbar = ({ message, inThread }: { message: MessageOf; inThread: boolean }): VNode => {
  const session = useSession();
  const [held, setHeld] = useState(false);
  const { channel, ts } = message;
  const shortcuts = (session.held.state?.shortcuts ?? []).filter((shortcut) => shortcut.kind === 'message');
  return (
    <div class={`toolbar ${held ? 'is-held' : ''}`} role="toolbar" aria-label="Message actions">
      {quick.map((name) => (
        <button
          type="button"
          class="icon-button toolbar-reaction"
          key={name}
          aria-label={`React with ${name.replaceAll('_', ' ')}`}
          onClick={() => void session.request({ type: 'react', channel, ts, name })}
        >
          <Emoji name={name} />
        </button>
      ))}
      {inThread ? null : (
        <button
          type="button"
          class="icon-button"
          aria-label="Reply in thread"
          title="Reply in thread"
          data-testid="reply"
          onClick={() => session.openThread({ channel, ts: message.threadTs ?? ts })}
        >
          <Icon name="thread" />
        </button>
      )}
      <Menu
        label="More message actions"
        testId="message-menu"
        buttonClass="icon-button"
        trigger={<Icon name="more" />}
        onToggle={setHeld}
        items={[
          ...(inThread
            ? []
            : [
                {
                  label: 'Reply in thread',
                  icon: <Icon name="thread" />,
                  pick: () => session.openThread({ channel, ts: message.threadTs ?? ts }),
                },
              ]),
          ...shortcuts.map((shortcut) => ({
            label: shortcut.name,
            detail: shortcut.description,
            icon: <Icon name="bolt" />,
            pick: () =>
              void session.request({ type: 'shortcut', callbackId: shortcut.callbackId, message: { channel, ts } }),
          })),
          {
            label: 'Copy text',
            icon: <Icon name="file" />,
            pick: () => void navigator.clipboard?.writeText(message.text),
          },
        ]}
      />
    </div>
  );
};

const Replies = ({ message }: { message: MessageOf }): VNode => {
  const session = useSession();
  const { people, reader } = useWorld();
  return (
    <button
      type="button"
      class="replies"
      data-testid="open-thread"
      onClick={() => session.openThread({ channel: message.channel, ts: message.ts })}
    >
      <span class="replies-people">
        {message.replyUsers.slice(0, 4).map((id) => (
          <Avatar key={id} person={people.get(id)} size={24} />
        ))}
      </span>
      <b>
        {message.replyCount} {message.replyCount === 1 ? 'reply' : 'replies'}
      </b>
      {message.latestReply === null ? null : (
        <span class="replies-last">Last reply {formatDate(Number(message.latestReply), '{ago}', '', reader)}</span>
      )}
    </button>
  );
};

const Reactions = ({ message }: { message: MessageOf }): VNode => {
  const session = useSession();
  const { me, people } = useWorld();
  return (
    <div class="reactions">
      {message.reactions.map(({ name, users }) => (
        <button
          type="button"
          key={name}
          class="reaction"
          aria-pressed={users.includes(me)}
          title={users.map((id) => nameOf(people.get(id), id)).join(', ')}
          onClick={() => void session.request({ type: 'react', channel: message.channel, ts: message.ts, name })}
        >
          <Emoji name={name} /> {users.length}
        </button>
      ))}
    </div>
  );
};

const Content = ({ message }: { message: MessageOf }): VNode => {
  const handle = useSurfaceHandle({ in: 'message', channel: message.channel, ts: message.ts }, 'message');
  return (
    <SurfaceContext.Provider value={handle}>
      {message.blocks.length > 0 ? <Blocks blocks={message.blocks} /> : <Mrkdwn text={message.text} />}
    </SurfaceContext.Provider>
  );
};

export const Message = ({ message, follows, inThread }: MessageProps): VNode => {
  const session = useSession();
  const { people, reader } = useWorld();
  const person = people.get(message.user);
  const name = nameOf(person, message.user);
  const seconds = Number(message.ts);
  const time = (
    <time
      class="message-time"
      dateTime={new Date(seconds * 1000).toISOString()}
      title={formatDate(seconds, '{date_long} at {time_secs}', '', reader)}
    >
      {clockTime(seconds, reader)}
    </time>
  );
  if (message.subtype !== null && message.blocks.length === 0 && message.subtype !== 'bot_message')
    return (
      <div class="message message-system" data-ts={message.ts} data-testid="message">
        {time}
        <Mrkdwn text={message.text} />
      </div>
    );
  const notices = session.held.notices.filter(
    (notice) => notice.about.ts === message.ts && notice.about.channel === message.channel,
  );
  return (
    <article
      class={`message ${follows ? 'message-follows' : ''} ${message.ephemeral ? 'message-ephemeral' : ''}`}
      aria-label={`${name}, ${clockTime(seconds, reader)}`}
      data-ts={message.ts}
      data-user={message.user}
      data-ephemeral={message.ephemeral}
      data-testid="message"
    >
      <div class="message-margin">{follows ? time : <Avatar person={person} size={36} />}</div>
      <div class="message-body">
        {message.ephemeral ? (
          <div class="message-private">
            <Icon name="eye" /> Only visible to you
          </div>
        ) : null}
        {follows ? null : (
          <div class="message-head">
            <span class="message-name">{name}</span>
            {person?.kind === 'app' ? <span class="badge">APP</span> : null}
            {person?.kind === 'external' ? <span class="badge">EXTERNAL</span> : null}
            {person?.kind === 'guest' ? <span class="badge">GUEST</span> : null}
            {time}
          </div>
        )}
        <Content message={message} />
        {message.edited && person?.kind !== 'app' ? <span class="edited"> (edited)</span> : null}
        {message.files.map((file) => (
          <FileCard key={file.id} file={file} />
        ))}
        {message.reactions.length === 0 ? null : <Reactions message={message} />}
        {notices.map((notice) => (
          <NoticeLine key={notice.id} notice={notice} />
        ))}
        {message.ephemeral ? (
          <button
            type="button"
            class="link-button dismiss"
            onClick={() => void session.request({ type: 'dismiss', channel: message.channel, ts: message.ts })}
          >
            Dismiss message
          </button>
        ) : null}
        {!inThread && message.replyCount > 0 ? <Replies message={message} /> : null}
      </div>
      {message.ephemeral ? null : <Toolbar message={message} inThread={inThread} />}
    </article>
  );
};
