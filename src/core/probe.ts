/** What a probe is. One file in `probes/` = one question: how the host is asked (POSIX sh) and how its answer is read. */
import type { Reading, ReadingName, Readings } from './snapshot.js';

/** A transcript cut at its `@@name arguments` lines; sections in the order in which they came. */
export interface Section {
  name: string;
  arguments: string;
  lines: readonly string[];
}

export interface Probe<Name extends ReadingName = ReadingName> {
  id: string;
  /** the readings that this probe's parser gives */
  reads: readonly Name[];
  /** never throws: a section that is missing or mangled makes a failed reading with its reason */
  parse(sections: readonly Section[]): { [K in Name]: Reading<unknown> & Readings[K] };
}
