/**
 * Every socket but TIME_WAIT, aggregated on the host: counts, queues, listeners, timers of closing sockets, who they talk to.
 *
 * What crosses the wire is bounded whatever the number of sockets. The forms of its lines:
 *   L recvq sendq local                    each listener, at most 400
 *   S state n sum(Recv-Q) sum(Send-Q) n(Recv-Q>0) n(Send-Q>0)
 *   F state ipv4 ipv6                      sockets of the state by address family, as `ss -4` and `ss -6` would count
 *   M state timer retry|0|- n              FIN_WAIT1, FIN_WAIT2, LAST_ACK by timer
 *   E outgoing distinct-local-ports even odd rows
 *   X name n                               full-listener, groups-below, established-sampled (ports)
 *   G n state in port | G n state out src dst:port
 */
import type { Probe, Section } from '../probe.js';
import { failed, ok, type Reading, type Sockets } from '../snapshot.js';
import { readListing, TIMEWAIT_STATE } from '../socket-listing.js';
import { sampleFunctions } from '../socket-sample.js';
import { type StateCount, TCP_STATES, type TcpState } from '../tcp.js';
import { sectionNamed } from '../transcript-words.js';
import { timeWaitBeforeListing } from './sockstat.js';

const parse = (sections: readonly Section[]): Reading<Sockets> => {
  const section = sectionNamed(sections, 'states');
  if (section === undefined) return failed('the sockets were not listed: neither ss nor /proc/net/tcp answered');
  const listing = readListing(section);
  if (typeof listing === 'string') return failed(`the socket listing is incomplete: ${listing}`);
  const holders = sectionNamed(sections, 'timewait');
  const timeWaitListing = holders === undefined ? undefined : readListing(holders);
  const everyTimeWait =
    holders?.arguments.startsWith('full') && typeof timeWaitListing === 'object'
      ? timeWaitListing
      : section.arguments.startsWith('proc') && !section.arguments.includes('win=1') && holders === undefined
        ? listing
        : undefined;
  const miniSockets = listing.closing
    .filter(({ state, timer }) => state === 'FIN_WAIT2' && timer === 'timewait')
    .reduce((sum, { count }) => sum + count, 0);
  const tw = timeWaitBeforeListing(sections);
  // sockstat's tw counts orphaned FIN_WAIT2 mini-sockets too (120 for 50 + 70, measured); it was read a moment earlier.
  const timeWait = everyTimeWait?.counts.get(TIMEWAIT_STATE)?.count ?? (everyTimeWait ? 0 : undefined);
  const total = timeWait ?? (tw === undefined ? undefined : Math.max(0, tw - miniSockets));
  if (total === undefined) return failed('TIME_WAIT could not be counted: /proc/net/sockstat is missing');
  const sampled = typeof timeWaitListing === 'object' ? timeWaitListing.families.get(TIMEWAIT_STATE) : undefined;

  const countOf = (state: TcpState): StateCount => {
    if (state === 'TIME_WAIT') {
      if (everyTimeWait !== undefined && total === 0) return { total, split: { ipv4: 0, ipv6: 0, estimated: false } };
      if (sampled === undefined || sampled.ipv4 + sampled.ipv6 === 0) return { total };
      if (everyTimeWait !== undefined) return { total, split: { ...sampled, estimated: false } };
      const ipv6 = Math.round((total * sampled.ipv6) / (sampled.ipv4 + sampled.ipv6));
      return { total, split: { ipv4: total - ipv6, ipv6, estimated: true } };
    }
    const count = listing.counts.get(state)?.count ?? 0;
    const family = listing.families.get(state) ?? { ipv4: 0, ipv6: 0 };
    // The older form of the listing has no families: then nothing is said of them.
    return listing.hasFamilies && family.ipv4 + family.ipv6 === count
      ? { total: count, split: { ...family, estimated: state === 'ESTABLISHED' && listing.sampledPorts !== undefined } }
      : { total: count };
  };
  const unknown: Record<string, number> = {};
  const queues: Sockets['queues'] & Record<string, unknown> = {};
  for (const [state, { count, queues: totals }] of listing.counts) {
    if (!(TCP_STATES as readonly string[]).includes(state)) unknown[state] = count;
    if (state !== TIMEWAIT_STATE) Object.assign(queues, { [state]: totals });
  }
  return ok({
    counts: Object.fromEntries(TCP_STATES.map((state) => [state, countOf(state)])) as Record<TcpState, StateCount>,
    unknown,
    queues,
    listeners: listing.listeners,
    listenersOmitted: Math.max(0, (listing.counts.get('LISTEN')?.count ?? 0) - listing.listeners.length),
    closing: listing.closing,
    groups: listing.groups.filter(({ state }) => state !== TIMEWAIT_STATE),
    outgoing: listing.outgoing,
    ...(listing.sampledPorts !== undefined && { establishedSampledPorts: listing.sampledPorts }),
  });
};

/**
 * One pass for both populations: keys begin with A (all but TIME_WAIT) or T. `lp` are the listening ports: ss lists listeners
 * before the connections of a family, so that a connection on one of them is known as incoming.
 * Old ss (before 4.16) prints `*:22` for IPv4 and `:::22` for IPv6; new ss `0.0.0.0:22`, `[::]:22` and `*:22` for a dual-stack IPv6 socket.
 */
const functions = `
function row(st, rq, sq, l, p, tm,   s, k, q, t, r) {
  s = (st == "TIME-WAIT") ? "T" : (st == "ESTAB") ? B : "A"; k = s st; n[k]++; tot[s]++
  if (l ~ /:.*:/) { f6[k]++; if (substr(l, 1, 1) == "[") newss = 1; else if (!proc) oldss = 1 }
  q = l; sub(/.*:/, "", q); q += 0
  if (st == "LISTEN") {
    if (substr(l, 1, 1) == "*") star++
    else if (substr(l, 1, 8) == "0.0.0.0:") newss = 1
    lp[q] = 1; if (sq > 0 && rq >= sq) full++
    if (ln++ < 400) L[ln] = rq " " sq " " l
    return
  }
  if (rq > 0) { rs[k] += rq; rn[k]++ }
  if (sq > 0) { ss[k] += sq; sn[k]++ }
  if (st ~ /^(FIN-WAIT|LAST-ACK)/) {
    t = "none"; r = "-"
    if (match(tm, /timer:\\([a-z]+/)) { t = substr(tm, RSTART + 7, RLENGTH - 7); r = (tm ~ /,0\\)/) ? "0" : "retry" }
    M[st " " t " " r]++; if (t == "timewait" && l ~ /:.*:/) mini6++
  }
  if (q in lp) g[k " in " q]++
  else {
    t = l; sub(/:[^:]*$/, "", t); g[k " out " t " " p]++; if (s == "B") tot["O"]++
    if (q >= LO && q <= HI) { if (!((s q) in dp)) { dp[s q] = 1; ndp[s]++ } nout[s]++; if (q % 2) odd[s]++ }
  }
}
function report(s,   k, t, m, i, b) {
  for (k in n) if (n[k] > 0 && substr(k, 1, 1) == s) {
    printf "S %s %.0f %.0f %.0f %.0f %.0f\\n", substr(k, 2), n[k], rs[k], ss[k], rn[k], sn[k]
    print "F", substr(k, 2), n[k] - f6[k], f6[k] + 0
  }
  if (s == "A") for (k in M) print "M", k, M[k]
  print "E", nout[s] + 0, ndp[s] + 0, nout[s] - odd[s], odd[s] + 0, tot[s] + 0
  if (s == "A" && full) print "X full-listener", full
  if (s == "A" && EST && B == "B") print "X established-sampled", 16 * WIDE
  for (i = 0; i < 40; i++) b[i] = 0
  for (k in g) if (substr(k, 1, 1) == s) { m = g[k]; for (i = 0; m >= 2; i++) m /= 2; b[i]++ }
  t = 0; for (i = 39; i >= 0 && t + b[i] <= GROUPS; i--) t += b[i]
  t = 1; for (; i >= 0; i--) t *= 2
  if (t > 1) print "X groups-below", t
  for (k in g) if (g[k] >= t && substr(k, 1, 1) == s) print "G", g[k], substr(k, 2)
}
function hx(s,   i, v) { s = toupper(s); v = 0; for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1; return v }
function quad(a) { return hx(substr(a, 7, 2)) "." hx(substr(a, 5, 2)) "." hx(substr(a, 3, 2)) "." hx(substr(a, 1, 2)) }
function swap(a) { return substr(a, 7, 2) substr(a, 5, 2) ":" substr(a, 3, 2) substr(a, 1, 2) }
function address(s,   a) {
  a = substr(s, 1, length(s) - 5)
  if (length(a) == 8) a = quad(a)
  else if (substr(a, 1, 24) == "0000000000000000FFFF0000") a = "[::ffff:" quad(substr(a, 25)) "]"
  else a = "[" swap(substr(a, 1, 8)) ":" swap(substr(a, 9, 8)) ":" swap(substr(a, 17, 8)) ":" swap(substr(a, 25, 8)) "]"
  return a ":" hx(substr(s, length(s) - 3))
}
# The same rows out of /proc/net/tcp{,6}, where there is no ss or one that does not understand us. It knows no backlog limits.
function fromproc(f,   l, a, q, st, tr) {
  while ((getline l < f) > 0) {
    if (split(l, a, " ") < 8 || a[1] == "sl") continue
    opened = 1; st = ST[hx(a[4])]; if (st == "") st = "state-" a[4]
    if (st == "TIME-WAIT" && WIN && !sampled(hx(substr(a[2], length(a[2]) - 3)), hx(substr(a[3], length(a[3]) - 3)))) { unseen++; continue }
    if (st == "CLOSE-WAIT" && ncw++ < 1200) cw[a[2] a[3]] = 1
    split(a[5], q, ":"); tr = hx(substr(a[6], 2, 1))
    row(st, hx(q[2]), (st == "LISTEN") ? 0 : hx(q[1]), address(a[2]), (st == "LISTEN") ? "*:*" : address(a[3]), tr ? "timer:(" TM[tr] ",," hx(a[7]) ")" : "")
  }
  close(f)
}
`;

const afterSockets = `
  if (!header) {
    proc = 1; WIN = WINDOWS; EST = 0; B = "A"
    split("ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT UNCONN CLOSE-WAIT LAST-ACK LISTEN CLOSING NEW-SYN-RECV BOUND-INACTIVE", ST, " ")
    split("on keepalive timewait persist", TM, " ")
    f = "/proc/net/tcp"; if ((getline l < f) > 0) opened = 1; close(f)
    fromproc("/proc/net/tcp"); fromproc("/proc/net/tcp6")
  }
  if (star) {
    if (!newss && !oldss) { f = "/proc/net/sockstat6"; while ((getline l < f) > 0) if (l ~ /^TCP6: inuse [1-9]/) newss = 1; close(f) }
    if (newss) f6["ALISTEN"] += star
  }
  if (header && (WINDOWS || EST)) sample()
  if (B == "B") scale()
  if (header || opened) {
    print "@@states " (proc ? "proc win=" WIN + 0 : "ss")
    for (i = 1; i <= ln && i <= 400; i++) print "L", L[i]
    report("A")
  }
`;

export const probe: Probe<'sockets'> = {
  id: 'sockets',
  reads: ['sockets'],
  snippets: {
    functions: functions + sampleFunctions,
    socket: 'row($1, $2, $3, $4, $5, $6)',
    afterSockets,
  },
  parse: (sections) => ({ sockets: parse(sections) }),
};
