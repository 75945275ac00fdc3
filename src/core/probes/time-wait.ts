/**
 * Who holds TIME_WAIT. Up to TWFULL sockets all are looked at, in the same listing as the others. Above it only those in 16
 * windows of 64 ports (16 from 100,000 sockets on: a port use of 0.7 is then still known to ±0.06, 95 %) spread over the
 * ephemeral range, filtered in the kernel: hits / 1024 (256) is the port use of a tuple. Never
 * "the first N rows": since 6.15 a tuple's ports are neighbours in the hash, and such a sample missed an exhausted tuple.
 *
 * For connections that came in, the same windows are laid over the peers' ports: which service leaves them, and the share of
 * IPv6, without a row for each of 300,000.
 */
import type { Probe, Section } from '../probe.js';
import { failed, ok, type Reading, type TimeWaitHolders } from '../snapshot.js';
import { readListing, TIMEWAIT_STATE } from '../socket-listing.js';
import { notAsked, sectionNamed, wholeNumber } from '../transcript-words.js';

/** Below this many the older form of the probe did not ask. */
const OLDER_FORM_MIN = 200;

const parse = (sections: readonly Section[]): Reading<TimeWaitHolders> => {
  const own = sectionNamed(sections, 'timewait');
  const states = sectionNamed(sections, 'states');
  // Without ss the older form lists TIME_WAIT among the other states.
  const section = own ?? (states?.arguments.startsWith('proc') ? states : undefined);
  if (section === undefined)
    return states === undefined
      ? failed('the sockets were not listed: neither ss nor /proc/net/tcp answered')
      : notAsked(`fewer than ${OLDER_FORM_MIN} TIME_WAIT: nobody asked whose`);
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

/**
 * A window must not hold a listening port (its whole TIME_WAIT population would come along): the offset is moved until none
 * does. The port comparisons are nested (in halves), so that the kernel makes five of them for a socket and not 32.
 */
const functions = `
function inwin(p,   d) { d = p - LO - OFF; return d >= 0 && d < 16 * STEP && d % STEP < WIDE }
function sampled(sport, dport) {
  if (sport >= LO && sport <= HI && !(sport in lp)) return inwin(sport)
  return inwin(dport)
}
function window(side, from, to,   m, a) {
  if (from == to) { a = LO + from * STEP + OFF; return "( " side " >= :" a " and " side " <= :" a + WIDE - 1 " )" }
  m = int((from + to) / 2); a = LO + (m + 1) * STEP + OFF
  return "( ( " side " < :" a " and " window(side, from, m) " ) or ( " side " >= :" a " and " window(side, m + 1, to) " ) )"
}
function place(   t, p, hit) {
  for (t = 0; t < 64; t++) { hit = 0; for (p in lp) if (inwin(p + 0)) hit = 1; if (!hit) return; OFF = (OFF + 67) % (STEP - WIDE) }
}
function expression(   e, p, i) {
  e = "( sport >= :" LO " and sport <= :" HI
  for (p in lp) if (inwin(p + 0)) e = e " and sport != :" p
  e = e " and " window("sport", 0, 15) " ) or ( ( sport < :" LO " or sport > :" HI
  for (p in lp) if (p + 0 >= LO && p + 0 <= HI && i++ < 20) e = e " or sport = :" p
  return e " ) and " window("dport", 0, 15) " )"
}
`;

const afterSockets = `
  if (header && WINDOWS) {
    place()
    # ss walks the kernel's table once for each family. Without any IPv6 TCP socket there is no second population to look for.
    l = "4"; f = "/proc/net/sockstat6"; while ((getline k < f) > 0) if (k ~ /^TCP6: inuse [1-9]/) l = ""; close(f)
    cmd = "ss -tan" l " state time-wait '" expression() "' 2>/dev/null </dev/null"
    while ((cmd | getline l) > 0) {
      if (split(l, a, " ") < 4 || a[1] == "State" || a[1] == "Recv-Q") continue
      if (a[1] ~ /^[A-Z]/) row(a[1], a[2], a[3], a[4], a[5], ""); else row("TIME-WAIT", a[1], a[2], a[3], a[4], "")
      if (++taken >= 60000) break
    }
    close(cmd)
  }
  if (header || opened) { print "@@timewait " ((WINDOWS || WIN) ? "ports=" 16 * WIDE : "full"); report("T") }
`;

export const probe: Probe<'timeWait'> = {
  id: 'time-wait',
  reads: ['timeWait'],
  snippets: { functions, afterSockets },
  parse: (sections) => ({ timeWait: parse(sections) }),
};
