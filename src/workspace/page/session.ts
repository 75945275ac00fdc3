/** What every part of the frame may do: look at what is held, ask the server, open places. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ChannelId, Entered, Reply, Request, SelectOption, Surface, Ts } from '../protocol.js';
import { type Held, nothing } from './state.js';
import { type Confirm, EnteredStore, type SurfaceHandle } from './surface.js';

export type Place = { kind: 'channel'; id: ChannelId } | { kind: 'home' };

export interface Session {
  held: Held;
  place: Place;
  /** how often this person has sent something: then the list goes to its end */
  sent: number;
  request(request: Request): Promise<Reply>;
  go(place: Place): void;
  openThread(thread: { channel: ChannelId; ts: Ts } | null): void;
  dismissNotice(id: number): void;
  /** the replies to a click need not be offered any longer */
  dismissAnswer(): void;
  /** puts a text into the composer of the channel, ready to be sent */
  suggest(text: string): void;
  /** asks a confirm dialog; true: the person agreed */
  confirm(confirm: Confirm): Promise<boolean>;
  /** what was entered into a message or view; kept for as long as the page is open */
  enteredOf(key: string): EnteredStore;
}

const none = new EnteredStore();
export const SessionContext = createContext<Session>({
  held: nothing,
  place: { kind: 'home' },
  sent: 0,
  request: async () => ({ type: 'reply', to: 0, ok: true }),
  go: () => undefined,
  openThread: () => undefined,
  dismissNotice: () => undefined,
  dismissAnswer: () => undefined,
  suggest: () => undefined,
  confirm: async () => false,
  enteredOf: () => none,
});
export const useSession = (): Session => useContext(SessionContext);

/** The handle through which the blocks of one message or view act. */
export const useSurfaceHandle = (
  surface: Surface,
  where: SurfaceHandle['in'],
  errors: Readonly<Record<string, string>> = {},
): SurfaceHandle => {
  const session = useSession();
  const key = surface.in === 'view' ? surface.viewId : `${surface.channel} ${surface.ts}`;
  const entered = session.enteredOf(key);
  return {
    in: where,
    entered,
    errors,
    act: async (blockId: string, actionId: string, value: Entered, confirm?: Confirm) => {
      if (confirm !== undefined && !(await session.confirm(confirm))) return;
      await session.request({ type: 'act', surface, blockId, actionId, entered: value, values: entered.values() });
    },
    suggest: async (blockId, actionId, query): Promise<readonly SelectOption[]> => {
      const reply = await session.request({ type: 'suggest', surface, blockId, actionId, query });
      return reply.ok ? (reply.options ?? []) : [];
    },
  };
};
