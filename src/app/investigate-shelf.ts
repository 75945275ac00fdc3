/** The last measurements, bounded: by host for comparison, by id for the buttons of messages that show them. */
import type { Measured } from '../command.js';

/** about 50 KB each without the transcript */
const KEPT_MAX = 3_000;
const TRANSCRIPT_CHARACTERS_MAX = 64_000_000;

export class Shelf {
  private readonly ids = new Map<string, Measured>();
  private readonly hosts = new Map<string, Measured>();
  private characters = 0;

  constructor(
    private readonly keptMax = KEPT_MAX,
    private readonly charactersMax = TRANSCRIPT_CHARACTERS_MAX,
  ) {}

  keep(measured: Measured): void {
    // The one before the last is nobody's comparison any more: what it compared itself with may go.
    const { previous: _, ...alone } = measured;
    this.hosts.delete(measured.host.name);
    this.hosts.set(measured.host.name, alone);
    this.ids.set(measured.id, measured);
    this.characters += measured.transcript.length;
    for (const [id, old] of this.ids) {
      if (this.ids.size <= this.keptMax && this.characters <= this.charactersMax) break;
      if (id === measured.id) break;
      this.ids.delete(id);
      this.characters -= old.transcript.length;
      // The last measurement of a host outlives its transcript.
      if (this.hosts.get(old.host.name)?.id === id) this.hosts.set(old.host.name, { ...old, transcript: '' });
    }
    for (const name of this.hosts.keys()) {
      if (this.hosts.size <= this.keptMax) break;
      this.hosts.delete(name);
    }
  }

  ofHost(name: string): Measured | undefined {
    return this.hosts.get(name);
  }

  byId(id: string): Measured | undefined {
    return this.ids.get(id);
  }
}
