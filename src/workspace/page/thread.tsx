/** The pane of one thread. */
import type { VNode } from 'preact';
import type { ChannelId, Ts } from '../protocol.js';
import { Composer } from './composer.js';
import { Icon } from './frame/icon.js';
import { Messages } from './messages.js';
import { useSession } from './session.js';
import { threadMessages } from './state.js';
import { useWorld } from './world.js';

/** @param props.unasked it came by itself, with the answer to a click: the focus stays where it is */
export const Thread = ({ channel, ts, unasked }: { channel: ChannelId; ts: Ts; unasked?: true }): VNode => {
  const session = useSession();
  const { channels, me } = useWorld();
  const name = channels.get(channel)?.name ?? '';
  return (
    <aside
      class="thread"
      aria-label="Thread"
      data-testid="thread"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) session.openThread(null);
      }}
    >
      <header class="head">
        <h2 class="head-title">
          Thread <span class="thread-channel">#{name}</span>
        </h2>
        <button
          type="button"
          class="icon-button thread-close"
          aria-label="Close thread"
          data-testid="thread-close"
          onClick={() => session.openThread(null)}
        >
          <Icon name="close" />
        </button>
      </header>
      <Messages
        messages={threadMessages(session.held, channel, ts)}
        inThread
        placeKey={`${me} ${channel} ${ts}`}
        label="Thread"
      />
      {channels.get(channel)?.archived === true ? null : (
        <Composer
          key={`${me} ${channel} ${ts}`}
          channel={channel}
          threadTs={ts}
          placeholder="Reply…"
          quiet={unasked === true}
        />
      )}
    </aside>
  );
};
