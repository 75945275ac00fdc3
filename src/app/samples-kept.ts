/**
 * What people had measured is kept as sweeps and watches keep it: whoever asks for the course of an hour finds what was seen in
 * it.
 */
import type { Measured } from '../command.js';
import { wrongIn } from '../core/diagnose.js';
import { type Measures, measuresIn } from '../core/trend-measures.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Sample, Store } from '../ports/store.js';
import { WrittenTogether } from './written-together.js';

const AT_ONCE = 100;

/** People who shared one measurement share its sample: host and time are the same. */
export const sampleOf = (measured: Measured, { numbers }: Measures = measuresIn(measured)): Sample => ({
  host: measured.host.name,
  atMs: Date.parse(measured.snapshot.measuredAt),
  numbers,
  findings: [...new Set(wrongIn(measured.diagnosis).map(({ id }) => id))],
});

export class KeptSamples {
  private readonly samples: WrittenTogether<Sample>;

  constructor({ store, clock, log }: { store: Pick<Store, 'samples'>; clock: Clock; log: Log }) {
    this.samples = new WrittenTogether({
      clock,
      atOnce: AT_ONCE,
      write: (samples) => store.samples.add(samples),
      lost: (count, err) =>
        err === undefined
          ? log.warn({ count }, 'samples were not kept')
          : log.warn({ count, err }, 'samples could not be kept'),
    });
  }

  add(samples: readonly Sample[]): void {
    this.samples.add(...samples);
  }

  /** Everything that was added is written, or the log says that it is not. */
  done(): Promise<void> {
    return this.samples.done();
  }
}
