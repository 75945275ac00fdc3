/** The dark side: the workspace, its channels, direct messages, the app, and who one is. */
import type { VNode } from 'preact';
import type { Channel } from '../protocol.js';
import { Avatar } from './frame/avatar.js';
import { Icon } from './frame/icon.js';
import { Menu } from './frame/menu.js';
import { useSession } from './session.js';
import { unread } from './state.js';
import { nameOf, useWorld } from './world.js';

const ChannelLine = ({ channel }: { channel: Channel }): VNode => {
  const { held, place, go } = useSession();
  const { people, me } = useWorld();
  const here = place.kind === 'channel' && place.id === channel.id;
  const { count, mentioned } = here ? { count: 0, mentioned: false } : unread(held, channel.id);
  const other = people.get(channel.memberIds.find((id) => id !== me) ?? me);
  return (
    <button
      type="button"
      class={`line ${here ? 'is-here' : ''} ${count > 0 ? 'is-unread' : ''} ${channel.archived ? 'is-archived' : ''}`}
      aria-current={here ? 'page' : undefined}
      data-testid={`channel-${channel.name}`}
      onClick={() => go({ kind: 'channel', id: channel.id })}
    >
      {channel.kind === 'direct' ? (
        <Avatar person={other} size={20} />
      ) : (
        <Icon name={channel.archived ? 'archive' : channel.kind === 'private' ? 'lock' : 'hash'} />
      )}
      <span class="line-name">{channel.kind === 'direct' ? nameOf(other, channel.name) : channel.name}</span>
      {count > 0 && (mentioned || channel.kind === 'direct') ? (
        <span class="count">
          {count}
          <span class="for-readers"> unread</span>
        </span>
      ) : null}
    </button>
  );
};

/** Who one is, and a way to be somebody else: one asks, another approves. */
export const Who = ({ compact }: { compact: boolean }): VNode => {
  const session = useSession();
  const { people, me } = useWorld();
  const person = people.get(me);
  const switchable = session.held.state?.switchable ?? [];
  return (
    <Menu
      label={`You are ${nameOf(person, me)}. Switch person`}
      named
      testId={compact ? 'switch-person-compact' : 'switch-person'}
      buttonClass={compact ? 'who who-compact' : 'who'}
      trigger={
        <>
          <Avatar person={person} size={compact ? 28 : 36} />
          {compact ? (
            <span class="for-readers">You are {nameOf(person, me)}. Switch person</span>
          ) : (
            <>
              <span class="who-words">
                <span class="for-readers">You are </span>
                <b>{nameOf(person, me)}</b> <span>{person?.title ?? ''}</span>
              </span>{' '}
              <span class="who-switch">
                Switch<span class="for-readers"> person</span> <Icon name="sort" />
              </span>
            </>
          )}
        </>
      }
      items={switchable.map((id) => {
        const one = people.get(id);
        return {
          label: nameOf(one, id),
          detail: one?.title ?? '',
          icon: <Avatar person={one} size={28} />,
          checked: id === me,
          pick: () => void session.request({ type: 'switch', person: id }),
        };
      })}
    />
  );
};

export const Sidebar = (): VNode | null => {
  const session = useSession();
  const { people } = useWorld();
  const { state } = session.held;
  if (state === null) return null;
  const byName = [...state.channels].sort((left, right) => left.name.localeCompare(right.name));
  const appDirect = byName.find((channel) => channel.kind === 'direct' && channel.memberIds.includes(state.app.userId));
  const open = byName.filter((channel) => channel.kind !== 'direct' && !channel.archived);
  const archived = byName.filter((channel) => channel.kind !== 'direct' && channel.archived);
  const direct = byName.filter((channel) => channel.kind === 'direct' && channel !== appDirect);
  const onApp =
    session.place.kind === 'home' || (session.place.kind === 'channel' && session.place.id === appDirect?.id);
  const appUnread = appDirect === undefined || onApp ? 0 : unread(session.held, appDirect.id).count;
  return (
    <nav class="sidebar" aria-label="Workspace" data-testid="sidebar">
      <header class="team">
        <p class="team-name">{state.team.name}</p>
        <span class="team-sub">{state.team.domain}</span>
      </header>
      <div class="sidebar-lines">
        <h2>Channels</h2>
        {open.map((channel) => (
          <ChannelLine key={channel.id} channel={channel} />
        ))}
        {archived.map((channel) => (
          <ChannelLine key={channel.id} channel={channel} />
        ))}
        {direct.length === 0 ? null : <h2>Direct messages</h2>}
        {direct.map((channel) => (
          <ChannelLine key={channel.id} channel={channel} />
        ))}
        <h2>Apps</h2>
        <button
          type="button"
          class={`line ${onApp ? 'is-here' : ''} ${appUnread > 0 ? 'is-unread' : ''}`}
          aria-current={onApp ? 'page' : undefined}
          data-testid="app-home"
          onClick={() => session.go({ kind: 'home' })}
        >
          <Avatar person={people.get(state.app.userId)} size={20} />
          <span class="line-name">{state.app.name}</span>
          {appUnread > 0 ? <span class="count">{appUnread}</span> : null}
        </button>
      </div>
      <p class="app-status" data-testid="app-status" data-connections={state.app.connections}>
        <span class={`lamp ${state.app.connections > 0 ? 'lamp-on' : 'lamp-off'}`} aria-hidden="true" />
        {state.app.connections > 0
          ? `${state.app.name} is connected (${state.app.mode === 'socket' ? 'Socket Mode' : 'HTTP'})`
          : `${state.app.name} is not connected`}
      </p>
      <Who compact={false} />
    </nav>
  );
};
