/** What every piece of the page may need to know about who is there and who reads. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Channel, ChannelId, Person, PersonId } from '../protocol.js';
import type { Reader } from './text/date.js';

export interface World {
  me: PersonId;
  people: ReadonlyMap<PersonId, Person>;
  channels: ReadonlyMap<ChannelId, Channel>;
  reader: Reader;
  /** a click on `#channel` */
  openChannel(id: ChannelId): void;
}

const nowhere: World = {
  me: '',
  people: new Map(),
  channels: new Map(),
  reader: { timeZone: 'UTC', nowSeconds: 0 },
  openChannel: () => undefined,
};

export const WorldContext = createContext<World>(nowhere);
export const useWorld = (): World => useContext(WorldContext);

/** The name that stands in a message's margin; the id where the person is unknown. */
export const nameOf = (person: Person | undefined, id: PersonId): string =>
  person === undefined ? id : person.realName || person.name;
