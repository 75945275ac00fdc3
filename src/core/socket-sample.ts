/**
 * awk functions that look at a bounded sample of a large population of sockets: those whose port lies in one of 16 windows
 * spread over the ephemeral range, filtered in the kernel. For connections that this host opened the local port counts (hits by
 * ports looked at are the port use of a tuple); for those that came in, the peer's port: which service, and the share of IPv6,
 * without a row for each of 300,000. Ports of those are not counted, so fewer and wider windows (PEERS of them) do there.
 *
 * A window must not hold a listening port (its whole population would come along): the offset is moved until none does.
 *
 * The kernel interprets the comparisons for each socket of the walk (about 8 ns each, of 80 for the walk itself): they halve the
 * range until four windows are left, and those are asked upwards, ending at the first that begins above the port.
 */
export const sampleFunctions = `
function among(p, m,   d, by) { by = 16 / m; d = p - LO - by * OFF; return d >= 0 && d < 16 * STEP && d % (by * STEP) < by * WIDE }
function sampled(sport, dport) {
  if (sport >= LO && !(sport in lp)) return among(sport, 16)
  return among(dport, PEERS)
}
function windows(side, m, from, to,   half, by, a) {
  by = 16 / m
  if (to - from < 4) {
    a = LO + by * (from * STEP + OFF)
    return "( " side " >= :" a " and " (from == to ? "" : "( ") side " <= :" a + by * WIDE - 1 (from == to ? " )" : " or " windows(side, m, from + 1, to) " ) )")
  }
  half = int((from + to) / 2); a = LO + by * ((half + 1) * STEP + OFF)
  return "( ( " side " < :" a " and " windows(side, m, from, half) " ) or ( " side " >= :" a " and " windows(side, m, half + 1, to) " ) )"
}
function place(   t, p, hit) {
  for (t = 0; t < 64; t++) { hit = 0; for (p in lp) if (among(p + 0, 16) || among(p + 0, PEERS)) hit = 1; if (!hit) return; OFF = (OFF + 67) % (STEP - WIDE) }
}
function expression(   opened, peers, came, p, i) {
  opened = windows("sport", 16, 0, 15); peers = windows("dport", PEERS, 0, PEERS - 1)
  for (p in lp) if (p + 0 >= LO) { if (among(p + 0, 16)) opened = "sport != :" p " and " opened; if (i++ < 20) came = came (came ? " or " : "") "sport = :" p }
  return "( sport < :" LO " and " peers " ) or ( sport >= :" LO " and " opened " )" (came ? " or ( ( " came " ) and " peers " )" : "")
}
# One more walk for both large populations. Rows of ESTABLISHED go to the section B, to be scaled up.
function sample(   cmd, l, a, k, f, states, four, taken) {
  if (EST && STEP <= WIDE) { cmd = "ss -tano state established"; B = "A" }
  else {
    if (EST) { states = " state established"; B = "B" }
    if (WINDOWS) states = states " state time-wait"
    place()
    # ss walks the kernel's table once for each family. Without any IPv6 TCP socket there is no second population to look for.
    if (USED6 + 0 == 0 && f6["ALISTEN"] + 0 == 0) four = "4"
    cmd = "ss -tan" four states " '" expression() "'"
  }
  cmd = cmd " 2>/dev/null </dev/null"
  while ((cmd | getline l) > 0) {
    if (split(l, a, " ") < 4 || a[1] == "State" || a[1] == "Recv-Q") continue
    if (a[1] ~ /^[A-Z]/) row(a[1], a[2], a[3], a[4], a[5], ""); else row(EST ? "ESTAB" : "TIME-WAIT", a[1], a[2], a[3], a[4], "")
    if (B != "A" && ++taken >= 60000) break
  }
  close(cmd)
}
# What the sample says of all ESTABLISHED: their number by the kernel's own counter, the rest in proportion.
function scale(   all, six, hits, out, k, v, times, rest, f, l, a, h) {
  f = "/proc/net/snmp"; while ((getline l < f) > 0) if (l ~ /^Tcp:/) { if (split(l, a, " ") && a[2] ~ /^[A-Z]/) { for (k in a) if (a[k] == "CurrEstab") h = k } else all = a[h] }
  close(f)
  all -= n["ACLOSE-WAIT"]; if (all < 0) all = 0
  six = USED6; for (k in f6) if (substr(k, 1, 1) == "A" && k != "ASYN-RECV") six -= f6[k]
  six += mini6; if (six < 0) six = 0; if (six > all) six = all
  times = (HI - LO + 1) / (16 * WIDE)
  hits = n["BESTAB"]; out = tot["O"]; rest = (hits > out) ? (all - out * times) / (hits - out) : 0; if (rest < 0) rest = 0
  n["AESTAB"] = all; tot["A"] += all; f6["AESTAB"] = six
  k = (hits > 0) ? all / hits : 0
  rs["AESTAB"] = rs["BESTAB"] * k; ss["AESTAB"] = ss["BESTAB"] * k; rn["AESTAB"] = rn["BESTAB"] * k; sn["AESTAB"] = sn["BESTAB"] * k
  for (k in g) if (substr(k, 1, 1) == "B") { v[k] = int(g[k] * (k ~ / out / ? times : rest) + 0.5); }
  for (k in v) { g["A" substr(k, 2)] += v[k]; delete g[k] }
  nout["A"] += int(nout["B"] * times); ndp["A"] += int(ndp["B"] * times); odd["A"] += int(odd["B"] * times)
}
`;
