/** A channel: its head, messages and composer; and the app's two tabs. */
import type { VNode } from 'preact';
import type { Channel as ChannelOf } from '../protocol.js';
import { AnswerLine } from './answer-line.js';
import { Banner } from './banner.js';
import { Blocks } from './blocks/block.js';
import { Composer } from './composer.js';
import { Avatar } from './frame/avatar.js';
import { Icon } from './frame/icon.js';
import { Menu } from './frame/menu.js';
import { Messages } from './messages.js';
import { useSession, useSurfaceHandle } from './session.js';
import { Who } from './sidebar.js';
import { channelMessages } from './state.js';
import { SurfaceContext } from './surface.js';
import { Mrkdwn } from './text/inline.js';
import { nameOf, useWorld } from './world.js';

const Head = (props: { title: VNode; topic: string; more?: VNode; showSidebar(): void }): VNode => (
  <header class="head">
    <button
      type="button"
      class="icon-button to-sidebar"
      aria-label="Channels"
      data-testid="to-sidebar"
      onClick={props.showSidebar}
    >
      <Icon name="menu" />
    </button>
    <h1 class="head-title" data-testid="channel-title">
      {props.title}
    </h1>
    <span class="head-topic">
      <Mrkdwn text={props.topic} />
    </span>
    {props.more}
    <span class="head-who">
      <Who compact />
    </span>
  </header>
);

/** What an administrator does to a channel, so that an app's way of bearing it can be seen. */
const ChannelMenu = ({ channel }: { channel: ChannelOf }): VNode => {
  const { request, held } = useSession();
  const { me, people } = useWorld();
  const app = held.state?.app.userId ?? '';
  const appName = nameOf(people.get(app), 'the app');
  const administer = (act: 'archive' | 'unarchive' | 'removeApp' | 'inviteApp' | 'join') => () =>
    void request({ type: 'administer', channel: channel.id, act });
  return (
    <Menu
      label={`${channel.memberIds.length} members. Channel settings`}
      testId="channel-menu"
      buttonClass="button members"
      trigger={
        <>
          <Icon name="people" /> {channel.memberIds.length}
        </>
      }
      items={[
        ...(channel.memberIds.includes(me) ? [] : [{ label: 'Join this channel', pick: administer('join') }]),
        channel.memberIds.includes(app)
          ? { label: `Remove ${appName}`, pick: administer('removeApp') }
          : { label: `Add ${appName}`, pick: administer('inviteApp') },
        channel.archived
          ? { label: 'Unarchive channel', pick: administer('unarchive') }
          : { label: 'Archive channel', pick: administer('archive') },
      ]}
    />
  );
};

/** What can be asked here, for whom comes first into a channel. */
const Commands = (): VNode => {
  const { held, suggest } = useSession();
  return (
    <ul class="commands">
      {(held.state?.commands ?? []).map((command) => (
        <li key={command.name}>
          <button type="button" class="try" onClick={() => suggest(`${command.name} `)}>
            {command.name} {command.usageHint}
          </button>{' '}
          {command.description}
        </li>
      ))}
    </ul>
  );
};

export interface ChannelProps {
  channel: ChannelOf;
  draft: { text: string; count: number };
  showSidebar(): void;
}

export const Channel = ({ channel, draft, showSidebar }: ChannelProps): VNode => {
  const session = useSession();
  const { people, me } = useWorld();
  const other = people.get(channel.memberIds.find((id) => id !== me) ?? me);
  const direct = channel.kind === 'direct';
  const withApp = direct && other?.kind === 'app';
  const name = direct ? nameOf(other, channel.name) : channel.name;
  return (
    <main class="channel" data-testid="channel" data-channel={channel.id}>
      <Head
        showSidebar={showSidebar}
        topic={channel.topic}
        title={
          <>
            {direct ? (
              <Avatar person={other} size={24} />
            ) : (
              <Icon name={channel.kind === 'private' ? 'lock' : 'hash'} />
            )}
            {name}
          </>
        }
        {...(direct ? {} : { more: <ChannelMenu channel={channel} /> })}
      />
      {withApp ? <AppTabs here="messages" /> : null}
      <Banner />
      <Messages
        messages={channelMessages(session.held, channel.id)}
        inThread={false}
        placeKey={`${me} ${channel.id}`}
        label={`Messages in ${name}`}
        intro={
          <div class="intro">
            <p class="intro-title">{direct ? name : `# ${name}`}</p>
            <p>
              {direct
                ? `This is the beginning of your messages with ${name}.`
                : `This is the beginning of the ${channel.kind} channel #${name}.`}
            </p>
            {channel.memberIds.includes(session.held.state?.app.userId ?? '') ? <Commands /> : null}
          </div>
        }
      />
      {session.held.answered?.channel === channel.id ? <AnswerLine answered={session.held.answered} /> : null}
      {channel.archived ? (
        <p class="archived" role="status">
          This channel is archived. Nothing can be posted in it.
        </p>
      ) : (
        <Composer
          key={`${me} ${channel.id}`}
          channel={channel.id}
          placeholder={`Message ${direct ? '' : '#'}${name}`}
          draft={draft}
        />
      )}
    </main>
  );
};

const AppTabs = ({ here }: { here: 'home' | 'messages' }): VNode => {
  const { held, go } = useSession();
  const app = held.state?.app.userId ?? '';
  const direct = held.state?.channels.find((channel) => channel.kind === 'direct' && channel.memberIds.includes(app));
  return (
    <div class="tabs" role="tablist" aria-label="App">
      <button
        type="button"
        role="tab"
        aria-selected={here === 'home'}
        data-testid="tab-home"
        onClick={() => go({ kind: 'home' })}
      >
        Home
      </button>
      {direct === undefined ? null : (
        <button
          type="button"
          role="tab"
          aria-selected={here === 'messages'}
          data-testid="tab-messages"
          onClick={() => go({ kind: 'channel', id: direct.id })}
        >
          Messages
        </button>
      )}
    </div>
  );
};

export const Home = ({ showSidebar }: { showSidebar(): void }): VNode => {
  const { held } = useSession();
  const { people } = useWorld();
  const home = held.state?.home ?? null;
  const handle = useSurfaceHandle({ in: 'view', viewId: home?.id ?? '' }, 'home');
  const app = held.state?.app;
  return (
    <main class="channel" data-testid="home">
      <Head
        showSidebar={showSidebar}
        topic=""
        title={
          <>
            <Avatar person={people.get(app?.userId ?? '')} size={24} /> {app?.name ?? ''}
          </>
        }
      />
      <AppTabs here="home" />
      <div class="messages">
        <div class="home">
          {home === null ? (
            <p class="home-empty">{app?.name ?? 'The app'} has put nothing here yet.</p>
          ) : (
            <SurfaceContext.Provider value={handle}>
              <Blocks blocks={home.blocks} />
            </SurfaceContext.Provider>
          )}
        </div>
      </div>
    </main>
  );
};
