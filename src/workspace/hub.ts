/** Who looks on: pages and test drivers, each as one person. */
import type { PersonId, ServerEvent } from './protocol.js';

export interface Onlooker {
  person: PersonId;
  receive(event: ServerEvent): void;
}

export class Hub {
  private readonly onlookers = new Set<Onlooker>();
  private readonly watchers = new Set<() => void>();

  /** @returns stops it */
  join(onlooker: Onlooker): () => void {
    this.onlookers.add(onlooker);
    return () => this.onlookers.delete(onlooker);
  }

  /** Called after every event, whoever sees it. @returns stops it */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  tell(sees: (person: PersonId) => boolean, event: ServerEvent): void {
    for (const onlooker of this.onlookers) if (sees(onlooker.person)) onlooker.receive(event);
    for (const changed of [...this.watchers]) changed();
  }

  tellOne(person: PersonId, event: ServerEvent): void {
    this.tell((one) => one === person, event);
  }

  tellAll(event: ServerEvent): void {
    this.tell(() => true, event);
  }
}
