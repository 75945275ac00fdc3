/**
 * All probes, in the order in which their snippets run. The core reads no folders, so the list is written out; a test holds it
 * against the folder, and `Readings` against the list.
 */
import type { Probe, ProbeSnippets } from './probe.js';
import { probe as closeWaitAge } from './probes/close-wait-age.js';
import { probe as closeWaitOwners } from './probes/close-wait-owners.js';
import { probe as conntrack } from './probes/conntrack.js';
import { probe as counters } from './probes/counters.js';
import { probe as facts } from './probes/facts.js';
import { probe as fileHandles } from './probes/file-handles.js';
import { probe as kernelLog } from './probes/kernel-log.js';
import { probe as neighbours } from './probes/neighbours.js';
import { probe as processes } from './probes/processes.js';
import { probe as protocols } from './probes/protocols.js';
import { probe as sockets } from './probes/sockets.js';
import { probe as sockstat } from './probes/sockstat.js';
import { probe as sysctls } from './probes/sysctls.js';
import { probe as timeWait } from './probes/time-wait.js';
import type { ReadingName } from './snapshot.js';

/** One probe for each reading: a reading without a probe does not compile. */
export const PROBES = {
  facts,
  sockstat,
  counters,
  protocols,
  conntrack,
  fileHandles,
  neighbours,
  sysctls,
  sockets,
  timeWait,
  closeWaitAge,
  closeWaitOwners,
  processes,
  kernelLog,
} as const satisfies { [Name in ReadingName]: Probe<Name> };

export const probeSnippets: readonly ProbeSnippets[] = Object.values(PROBES).map((probe) => probe.snippets);
