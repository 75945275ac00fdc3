/**
 * What people had measured is kept as sweeps and watches keep it: whoever asks for the course of an hour finds what was seen in
 * it. Nobody waits for it: what comes within a moment is written together, because each write is synced to disk.
 */
import type { Measured } from '../command.js';
import type { Diagnosis } from '../core/finding.js';
import { type Measures, measuresIn } from '../core/trend-measures.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Sample, Store } from '../ports/store.js';

const TOGETHER_MS = 250;
/** one transaction; more would keep the program from everything else */
const AT_ONCE = 100;
/** a store that does not answer must not fill the memory */
const WAITING_MAX = 5_000;

const wrongIn = ({ findings }: Diagnosis): readonly string[] => [
  ...new Set(
    findings.filter(({ status, severity }) => status === 'present' && severity !== 'info').map(({ id }) => id),
  ),
];

/** People who shared one measurement share its sample: host and time are the same. */
export const sampleOf = (measured: Measured, { numbers }: Measures = measuresIn(measured)): Sample => ({
  host: measured.host.name,
  atMs: Date.parse(measured.snapshot.measuredAt),
  numbers,
  findings: wrongIn(measured.diagnosis),
});

export class KeptSamples {
  private waiting: Sample[] = [];
  private writing: Promise<void> | undefined;
  private lost = 0;

  constructor(private readonly parts: { store: Pick<Store, 'samples'>; clock: Clock; log: Log }) {}

  add(samples: readonly Sample[]): void {
    const room = WAITING_MAX - this.waiting.length;
    this.lost += Math.max(0, samples.length - room);
    this.waiting.push(...samples.slice(0, room));
    this.writing ??= this.write();
  }

  /** Everything that was added is written, or the log says that it is not. */
  async done(): Promise<void> {
    await this.flush();
    await this.writing;
  }

  private async write(): Promise<void> {
    await this.parts.clock.sleep(TOGETHER_MS);
    this.writing = undefined;
    await this.flush();
  }

  private async flush(): Promise<void> {
    const { store, log } = this.parts;
    const samples = this.waiting;
    this.waiting = [];
    let written = 0;
    try {
      while (written < samples.length) {
        if (written > 0) await new Promise(setImmediate);
        await store.samples.add(samples.slice(written, written + AT_ONCE));
        written += AT_ONCE;
      }
      if (this.lost > 0) log.warn({ count: this.lost }, 'samples were not kept');
      this.lost = 0;
    } catch (error) {
      log.warn({ count: samples.length - written, err: error }, 'samples could not be kept');
    }
  }
}
