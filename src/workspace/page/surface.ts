/** What stands under a block: a message or a view, what has been entered into it, and how an action leaves it. */
import { createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { Entered, EnteredValues, SelectOption } from '../protocol.js';

export interface Confirm {
  title?: { text: string; type?: string };
  text: { text: string; type: string };
  confirm?: { text: string };
  deny?: { text: string };
  style?: string;
}

/** What was entered into one message or view; it outlives an update of the blocks as long as their ids stay. */
export class EnteredStore {
  private readonly blocks = new Map<string, Map<string, Entered>>();

  get(blockId: string, actionId: string): Entered | undefined {
    return this.blocks.get(blockId)?.get(actionId);
  }

  set(blockId: string, actionId: string, entered: Entered): void {
    const actions = this.blocks.get(blockId) ?? new Map<string, Entered>();
    this.blocks.set(blockId, actions.set(actionId, entered));
  }

  values(): EnteredValues {
    return Object.fromEntries([...this.blocks].map(([blockId, actions]) => [blockId, Object.fromEntries(actions)]));
  }
}

export interface SurfaceHandle {
  in: 'message' | 'modal' | 'home';
  entered: EnteredStore;
  /** words under inputs, by block_id */
  errors: Readonly<Record<string, string>>;
  /** asks the element's confirm first, where it has one; resolves when the app has acknowledged (or the person said no) */
  act(blockId: string, actionId: string, entered: Entered, confirm?: Confirm): Promise<void>;
  suggest(blockId: string, actionId: string, query: string): Promise<readonly SelectOption[]>;
}

export const SurfaceContext = createContext<SurfaceHandle>({
  in: 'message',
  entered: new EnteredStore(),
  errors: {},
  act: async () => undefined,
  suggest: async () => [],
});
export const useSurface = (): SurfaceHandle => useContext(SurfaceContext);

/** The value of one element: what the person entered, or `initial` until then. */
export const useEntered = (blockId: string, actionId: string, initial: Entered): [Entered, (to: Entered) => void] => {
  const { entered } = useSurface();
  const [, redraw] = useState(0);
  const held = entered.get(blockId, actionId);
  return [
    held === undefined ? initial : held,
    (to) => {
      entered.set(blockId, actionId, to);
      redraw((count) => count + 1);
    },
  ];
};
