/** The whole page: sidebar, a place, a thread, modals on top. */
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ChannelId, Notice, Request, Ts } from '../protocol.js';
import { Channel, Home } from './channel.js';
import { ConfirmDialog } from './confirm.js';
import { type Connection, connect, type Phase } from './connection.js';
import { Modal } from './modal.js';
import { NoticeLine } from './notice.js';
import { type Place, type Session, SessionContext } from './session.js';
import { Sidebar } from './sidebar.js';
import {
  type Held,
  nothing,
  take,
  unread,
  withClick,
  withNotice,
  withoutAnswer,
  withoutNotice,
  withSeen,
} from './state.js';
import { type Confirm, EnteredStore } from './surface.js';
import { parseMrkdwn, plainOf } from './text/mrkdwn.js';
import { Thread } from './thread.js';
import { nameOf, type World, WorldContext } from './world.js';

/** ms between two looks at the clock, for `{ago}` and `today` */
const clockMs = 30_000;

const placeOf = (hash: string): Place | undefined =>
  hash === '#home' ? { kind: 'home' } : hash.length > 1 ? { kind: 'channel', id: hash.slice(1) } : undefined;

/** Seconds since 1970, looked up again every half minute and whenever `news` changes: no message comes from the future. */
const useNow = (news: unknown): number => {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((count) => count + 1), clockMs);
    return () => clearInterval(timer);
  }, []);
  return useMemo(() => Date.now() / 1000, [tick, news]);
};

/** Where a refused request is told: at what was clicked, under what was typed. */
const aboutOf = (request: Request): Notice['about'] => {
  switch (request.type) {
    case 'type':
      return { channel: request.channel, ...(request.threadTs === undefined ? {} : { threadTs: request.threadTs }) };
    case 'submit':
    case 'close':
      return { viewId: request.viewId };
    case 'act':
      return request.surface.in === 'view'
        ? { viewId: request.surface.viewId }
        : { channel: request.surface.channel, ts: request.surface.ts };
    case 'shortcut':
      return request.message ?? {};
    case 'react':
    case 'dismiss':
      return { channel: request.channel, ts: request.ts };
    default:
      return {};
  }
};

/** The message that was clicked in, where the app may answer in its thread. */
const clickedIn = (request: Request): { channel: ChannelId; ts: Ts } | undefined =>
  request.type === 'act' && request.surface.in === 'message'
    ? request.surface
    : request.type === 'shortcut'
      ? request.message
      : undefined;

/** With less room a thread takes the place of the channel: then it is not opened unasked (as in css/frame.css). */
const hasRoomForThread = (): boolean => matchMedia('(min-width: 1001px)').matches;

/** The socket, and what it has told. */
const useConnection = () => {
  const [held, setHeld] = useState<Held>(nothing);
  const [phase, setPhase] = useState<Phase>('connecting');
  const connection = useRef<Connection | undefined>(undefined);
  useEffect(() => {
    const as = new URLSearchParams(location.search).get('as') ?? undefined;
    const opened = connect(as, {
      event: (event) => {
        if (event.type === 'state') opened.remember(event.state.me);
        setHeld((before) => take(before, event));
      },
      phase: setPhase,
    });
    connection.current = opened;
  }, []);
  return { held, setHeld, phase, connection };
};

export const App = (): VNode => {
  const { held, setHeld, phase, connection } = useConnection();
  const [place, setPlace] = useState<Place | undefined>(() => placeOf(location.hash));
  const [thread, setThread] = useState<{ channel: ChannelId; ts: Ts; unasked?: true } | null>(null);
  const [sent, setSent] = useState(0);
  const [sidebar, setSidebar] = useState(false);
  const [draft, setDraft] = useState({ text: '', count: 0 });
  const [asking, setAsking] = useState<{ confirm: Confirm; answer(yes: boolean): void }>();
  const stores = useRef(new Map<string, EnteredStore>());
  const nowSeconds = useNow(held.messages);
  const { state } = held;

  const request = useCallback<Session['request']>(async (wanted) => {
    if (wanted.type === 'type') setSent((count) => count + 1);
    const clicked = clickedIn(wanted);
    if (clicked !== undefined) setHeld((before) => withClick(before, clicked.channel, clicked.ts, Date.now()));
    const reply = await (connection.current?.request(wanted) ??
      Promise.resolve({ type: 'reply' as const, to: 0, ok: false as const, error: 'The page is still connecting.' }));
    // A completion that does not come is no news.
    if (!reply.ok && wanted.type !== 'complete' && wanted.type !== 'suggest')
      setHeld((before) => withNotice(before, { level: 'error', text: reply.error, about: aboutOf(wanted) }));
    return reply;
  }, []);

  const channels = state?.channels ?? [];
  const firstChannel = channels.find((channel) => channel.kind === 'public' && !channel.archived) ?? channels[0];
  const shown: Place =
    place?.kind === 'home' || (place?.kind === 'channel' && channels.some((channel) => channel.id === place.id))
      ? place
      : firstChannel === undefined
        ? { kind: 'home' }
        : { kind: 'channel', id: firstChannel.id };
  const channel = shown.kind === 'channel' ? channels.find((one) => one.id === shown.id) : undefined;

  const go = (to: Place) => {
    setPlace(to);
    setThread(null);
    setSidebar(false);
    history.replaceState(null, '', to.kind === 'home' ? '#home' : `#${to.id}`);
  };
  const { length: total } = [...held.messages.keys()];
  useEffect(() => {
    if (shown.kind === 'channel') setHeld((before) => withSeen(before, shown.id));
  }, [shown.kind === 'channel' ? shown.id : '', total, state?.me]);
  useEffect(() => {
    if (shown.kind === 'home' && state !== null) void request({ type: 'openHome' });
  }, [shown.kind, state?.me]);
  useEffect(() => {
    if (state === null) return;
    const url = new URL(location.href);
    url.searchParams.set('as', state.me);
    history.replaceState(null, '', url);
    setThread((open) => (open !== null && state.channels.some(({ id }) => id === open.channel) ? open : null));
  }, [state?.me]);
  const { answered } = held;
  useEffect(() => {
    if (answered === null) return;
    const open = thread === null && channel?.id === answered.channel && hasRoomForThread();
    if (open) setThread({ channel: answered.channel, ts: answered.ts, unasked: true });
    if (open || thread?.ts === answered.ts) setHeld(withoutAnswer);
  }, [answered]);
  const waiting = channels.reduce((sum, one) => sum + unread(held, one.id).count, 0);
  useEffect(() => {
    const name = channel === undefined ? (state?.app.name ?? '') : channel.name;
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${name} – ${state?.team.name ?? 'Local workspace'}`;
  }, [waiting, channel?.name, state?.team.name]);

  const world = useMemo<World>(
    () => ({
      me: state?.me ?? '',
      people: new Map((state?.people ?? []).map((person) => [person.id, person])),
      channels: new Map((state?.channels ?? []).map((one) => [one.id, one])),
      reader: {
        timeZone: state?.people.find((person) => person.id === state.me)?.timeZone ?? 'UTC',
        nowSeconds,
      },
      openChannel: (id) => go({ kind: 'channel', id }),
    }),
    [state?.me, state?.people, state?.channels, nowSeconds],
  );
  const session: Session = {
    held,
    place: shown,
    sent,
    request,
    go,
    openThread: (wanted) => {
      setThread(wanted);
      if (wanted?.ts === held.answered?.ts) setHeld(withoutAnswer);
    },
    dismissAnswer: () => setHeld(withoutAnswer),
    dismissNotice: (id) => setHeld((before) => withoutNotice(before, (notice) => notice.id === id)),
    suggest: (text) => setDraft((before) => ({ text, count: before.count + 1 })),
    confirm: (confirm) =>
      new Promise((resolve) => {
        setAsking({
          confirm,
          answer: (yes) => {
            setAsking(undefined);
            resolve(yes);
          },
        });
      }),
    enteredOf: (key) => {
      const mine = `${state?.me ?? ''} ${key}`;
      const store = stores.current.get(mine) ?? new EnteredStore();
      stores.current.set(mine, store);
      return store;
    },
  };

  const { latest } = held;
  const spoken =
    latest === null || latest.user === world.me
      ? ''
      : `${nameOf(world.people.get(latest.user), latest.user)}: ${plainOf(parseMrkdwn(latest.text))}`;
  const modal = state?.modals.at(-1);
  const loose = held.notices.filter(
    ({ about }) => about.channel === undefined && (about.viewId === undefined || about.viewId === state?.home?.id),
  );
  if (state === null)
    return (
      <div class="loading" role="status">
        <span class="spinner" aria-hidden="true" />
        {phase === 'lost' ? 'The local workspace does not answer. Is it still running?' : 'Connecting…'}
      </div>
    );
  return (
    <WorldContext.Provider value={world}>
      <SessionContext.Provider value={session}>
        <div class={`page ${thread === null ? '' : 'with-thread'} ${sidebar ? 'with-sidebar' : ''}`}>
          <Sidebar />
          {channel === undefined ? (
            <Home showSidebar={() => setSidebar(true)} />
          ) : (
            <Channel channel={channel} draft={draft} showSidebar={() => setSidebar(true)} />
          )}
          {thread === null ? null : <Thread {...thread} />}
          <div class="toasts">
            {phase === 'lost' ? (
              <div class="notice notice-error" role="alert">
                <span class="spinner" aria-hidden="true" />
                The connection to the local workspace is lost. Trying again…
              </div>
            ) : null}
            {loose.map((notice) => (
              <NoticeLine key={notice.id} notice={notice} />
            ))}
          </div>
          <div class="for-readers" aria-live="polite" data-testid="announcer">
            {spoken}
          </div>
          {modal === undefined ? null : <Modal key={modal.id} view={modal} depth={state.modals.length} />}
          {asking === undefined ? null : <ConfirmDialog {...asking} />}
        </div>
      </SessionContext.Provider>
    </WorldContext.Provider>
  );
};
