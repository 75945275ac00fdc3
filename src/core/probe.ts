/**
 * What a probe is. One file in `probes/` = one question: how the host is asked and how its answer is read.
 *
 * All probes are asked in one run of one program (`probe-script.ts`): a POSIX shell that starts one `ss` and one `awk`.
 * Processes are what a probe costs on an idle host, so a probe does not bring a command of its own: it names files for the
 * two counter snapshots and sysctls, or gives awk statements for named places of that one awk program.
 */
import type { ReadingName, Readings } from './snapshot.js';

/** A transcript cut at its `@@name arguments` lines; sections in the order in which they came. */
export interface Section {
  name: string;
  arguments: string;
  lines: readonly string[];
}

/** A file that is printed in both counter snapshots as `path:line`. `keep`: an awk regular expression for the lines wanted. */
export interface SnapshotFile {
  path: string;
  keep?: string;
}

/**
 * A probe's share of the one awk program, in the order in which it comes to pass. Written for every awk (mawk 1.3.3,
 * busybox, gawk): no intervals in expressions, no `length(array)`, no integers through `%d` that may pass 2^31.
 */
export interface ProbeSnippets {
  snapshotFiles?: readonly SnapshotFile[];
  /** paths below /proc/sys/net, printed in `@@sysctl` */
  sysctls?: readonly string[];
  /** other files that are printed once, as `path:line`, in `@@sysctl` */
  filesOnce?: readonly string[];
  functions?: string;
  /** in BEGIN, when `@@meta` has been opened */
  meta?: string;
  /** for each socket of the listing; sees $1..$6 as `ss -tano` prints them */
  socket?: string;
  /** when all sockets have been listed */
  afterSockets?: string;
  /** for each line of the kernel log */
  logLine?: string;
  /** when the interval is over, before the second counter snapshot */
  afterInterval?: string;
}

export interface Probe<Name extends ReadingName = ReadingName> {
  /** the file's name */
  id: string;
  /** the readings that this probe's parser gives */
  reads: readonly Name[];
  snippets: ProbeSnippets;
  /** never throws: a section that is missing or mangled makes a failed reading with its reason */
  parse(sections: readonly Section[]): { [K in Name]: Readings[K] };
}
