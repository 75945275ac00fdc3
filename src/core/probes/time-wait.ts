/**
 * Who holds TIME_WAIT. Up to TWFULL sockets all are looked at, in the same listing as the others. Above it only those in 16
 * windows of 64 ports (16 from 100,000 sockets on, 8 from 200,000: a port use of 0.7 is then still known to ±0.06 and ±0.08,
 * 95 %) spread over the ephemeral range, filtered in the kernel: hits / 1024 (256, 128) is the port use of a tuple. Never
 * "the first N rows": since 6.15 a tuple's ports are neighbours in the hash, and such a sample missed an exhausted tuple.
 *
 * The sample itself is taken by the probe `sockets` (`socket-sample.ts`), which lists TIME_WAIT among the others.
 */
import type { Probe, Section } from '../probe.js';
import { failed, ok, type Reading, type TimeWaitHolders } from '../snapshot.js';
import { readListing, TIMEWAIT_STATE } from '../socket-listing.js';
import { notAsked, sectionNamed, wholeNumber } from '../transcript-words.js';
import { timeWaitBeforeListing } from './sockstat.js';

/** Below this many the older form of the probe did not ask. */
const OLDER_FORM_MIN = 200;

const parse = (sections: readonly Section[]): Reading<TimeWaitHolders> => {
  const own = sectionNamed(sections, 'timewait');
  const states = sectionNamed(sections, 'states');
  // Without ss the older form lists TIME_WAIT among the other states.
  const section = own ?? (states?.arguments.startsWith('proc') ? states : undefined);
  if (section === undefined) {
    if (states === undefined) return failed('the sockets were not listed: neither ss nor /proc/net/tcp answered');
    const tw = timeWaitBeforeListing(sections);
    // the number that the question hangs on was read a moment later: up to twice as many may be no contradiction
    return tw !== undefined && tw > 2 * OLDER_FORM_MIN
      ? failed(`there are ${tw} TIME_WAIT, and the host did not say whose`)
      : notAsked(`fewer than ${OLDER_FORM_MIN} TIME_WAIT: nobody asked whose`);
  }
  const listing = readListing(section);
  if (typeof listing === 'string') return failed(`the TIME_WAIT listing is incomplete: ${listing}`);
  const ports =
    /\bports=(\d+)\b/.exec(section.arguments)?.[1] ?? (section.arguments.includes('win=1') ? '1024' : undefined);
  const sampledPorts = wholeNumber(ports);
  if (ports !== undefined && (sampledPorts === undefined || sampledPorts === 0 || sampledPorts > 65536))
    return failed('the TIME_WAIT sample does not say over how many ports it went');
  return ok({
    mode: sampledPorts === undefined ? 'full' : 'windows',
    ...(sampledPorts !== undefined && { sampledPorts }),
    looked: listing.counts.get(TIMEWAIT_STATE)?.count ?? 0,
    groups: listing.groups.filter(({ state }) => state === TIMEWAIT_STATE),
    ...(section === own && { outgoing: listing.outgoing }),
  });
};

const afterSockets = `
  if (header || opened) { print "@@timewait " (WINDOWS ? "ports=" 16 * WIDE : "full"); report("T") }
`;

export const probe: Probe<'timeWait'> = {
  id: 'time-wait',
  reads: ['timeWait'],
  snippets: { afterSockets },
  parse: (sections) => ({ timeWait: parse(sections) }),
};
