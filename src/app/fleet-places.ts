/**
 * So many hosts at once, whoever asks. What a person waits for comes before what is asked on a schedule, and of several runs the
 * one with the fewest hosts left: a sweep of thousands makes nobody with ten wait. Of several of thousands one is served after the
 * other: by turns all of them would take as long as all together, and none be done within the time that its own size gives it.
 */

export type Asker = 'person' | 'sweep';

/** so many hosts at once; the transport finds its own pace below this */
export const HOSTS_AT_ONCE = 128;
/** Hosts of a sweep that hang hold their places for their whole limit: one in so many is left to people. */
const SHARE_OF_PEOPLE = 8;

/** Of so many places in all, how many may be taken at once. */
export const roomFor = (asker: Asker, places = HOSTS_AT_ONCE): number =>
  asker === 'person' ? places : places - Math.floor(places / SHARE_OF_PEOPLE);

interface Waiting {
  asker: Asker;
  hosts: ((entered: boolean) => void)[];
}

/** Where the hosts of one run wait. */
export interface Line {
  /** @returns false: the line was closed before its turn came */
  enter(): Promise<boolean>;
  /** To be called once by each that entered. */
  leave(): void;
  /** Nobody waits in it any more. */
  close(): void;
}

const comesBefore = (one: Waiting, other: Waiting): boolean =>
  one.asker === other.asker ? one.hosts.length < other.hosts.length : one.asker === 'person';

export class Places {
  private readonly inside: Record<Asker, number> = { person: 0, sweep: 0 };
  private readonly lines = new Set<Waiting>();

  constructor(private readonly places = HOSTS_AT_ONCE) {}

  roomFor(asker: Asker): number {
    return roomFor(asker, this.places);
  }

  line(asker: Asker): Line {
    const line: Waiting = { asker, hosts: [] };
    this.lines.add(line);
    return {
      enter: () => {
        const entered = new Promise<boolean>((resolve) => line.hosts.push(resolve));
        this.letIn();
        return entered;
      },
      leave: () => {
        this.inside[asker] -= 1;
        this.letIn();
      },
      close: () => {
        this.lines.delete(line);
        for (const over of line.hosts.splice(0)) over(false);
      },
    };
  }

  private letIn(): void {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      this.inside[next.asker] += 1;
      next.hosts.shift()?.(true);
    }
  }

  private next(): Waiting | undefined {
    const { inside } = this;
    if (inside.person + inside.sweep >= this.places) return undefined;
    let next: Waiting | undefined;
    for (const line of this.lines) {
      if (line.hosts.length === 0 || inside[line.asker] >= this.roomFor(line.asker)) continue;
      if (next === undefined || comesBefore(line, next)) next = line;
    }
    return next;
  }
}
