/**
 * The state script: all probes as one program for `sh -s`. It is fixed text (no person's word gets into it), reads only, and
 * writes nothing on the host.
 *
 * How it stays cheap: one `ss` and one `awk` do everything. awk reads the counter files and sysctls itself, takes the socket
 * listing and the kernel log from a pipe, and reads the counters again when the pipe closes: that is when `sleep` has ended. What
 * a suspicion calls for (owners, ages) awk asks while the shell sleeps.
 *
 * How it stays bounded: `ulimit -t` is a builtin everywhere and limits each process's CPU seconds; `timeout` would be one more
 * process for each. Nothing here waits for anything but the CPU and the interval.
 */
import type { ProbeSnippets } from './probe.js';
import { probeSnippets } from './probe-list.js';
import type { Script } from './script.js';

export interface StateScriptOptions {
  /** between the two counter snapshots; 0: no rates */
  intervalSeconds?: number;
  /** up to this many TIME_WAIT sockets are all listed; above, those in 1,024 sampled ports */
  timeWaitListedMax?: number;
  /** from this many connections on, ESTABLISHED are counted by the kernel's own counter, and looked at by sampled ports */
  establishedListedMax?: number;
  /** count the open files of listening processes even if nothing calls for it */
  deep?: boolean;
}

/** A rate over less than 2 s says little: the thresholds of the rules are made for it. */
const INTERVAL_SECONDS = 2;
const TIME_WAIT_LISTED_MAX = 20_000;
const ESTABLISHED_LISTED_MAX = 10_000;
/** CPU seconds of any one process. A listing of a million sockets takes about three. */
const CPU_SECONDS_MAX = 20;
/** Groups of sockets (by peer or port) that are printed for each of TIME_WAIT and the rest. */
const GROUPS_MAX = 200;

/** Snippets become one awk program in single quotes of one shell program: neither may hold a quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const distinct = (lists: readonly (readonly string[] | undefined)[]): string[] => [
  ...new Set(lists.flatMap((list) => list ?? [])),
];

/** The one awk program out of the probes' snippets. */
const awkProgram = (snippets: readonly ProbeSnippets[]): string => {
  const all = (place: 'functions' | 'meta' | 'socket' | 'afterSockets' | 'logLine' | 'afterInterval'): string =>
    snippets
      .map((snippet) => snippet[place]?.trim())
      .filter((text) => text !== undefined)
      .join('\n');
  const files = snippets.flatMap(({ snapshotFiles }) => snapshotFiles ?? []);
  const keep = new Map(files.map((file) => [file.path, file.keep]));
  const kept = [...keep].flatMap(([path, pattern]) =>
    pattern === undefined ? [] : [`keep["${path}"] = "${pattern}"`],
  );
  return `
function first(f,   l) { l = ""; if ((getline l < f) < 1) l = ""; close(f); return l }
function snap(w,   i, f, l) {
  print "@@snap " w
  for (i = 1; i <= nfiles; i++) {
    f = files[i]
    if (f in keep) { while ((getline l < f) > 0) if (l ~ keep[f]) print f ":" l } else while ((getline l < f) > 0) print f ":" l
    close(f)
  }
}
${all('functions')}
BEGIN {
  nfiles = split("${[...keep.keys()].join(' ')}", files, " ")
  ${kept.join('; ')}
  print "@@meta"
  ${all('meta')}
  snap(1)
  print "@@sysctl"
  m = split("${distinct(snippets.map(({ sysctls }) => sysctls)).join(' ')}", a, " ")
  for (i = 1; i <= m; i++) { f = "/proc/sys/net/" a[i]; if ((getline l < f) > 0) print a[i] ":" l; close(f) }
  m = split("${distinct(snippets.map(({ filesOnce }) => filesOnce)).join(' ')}", a, " ")
  for (i = 1; i <= m; i++) { f = a[i]; if ((getline l < f) > 0) print a[i] ":" l; close(f) }
  LO = 32768; HI = 60999
  if (split(first("/proc/sys/net/ipv4/ip_local_port_range"), a, " ") == 2) { LO = a[1] + 0; HI = a[2] + 0 }
  m = TW + 0; if (USED + 0 > m) m = USED + 0; if (USED6 + 0 > m) m = USED6 + 0
  STEP = int((HI - LO + 1) / 16); WIDE = (m > 200000) ? 8 : (m > 100000) ? 16 : 64
  PEERS = (TW > 100000 && !EST) ? 4 : 16
  OFF = (STEP > WIDE) ? SEED % (STEP - WIDE) : 0
  WINDOWS = (TW > TWFULL && STEP > WIDE)
  phase = header = 0; B = "A"
}
phase == 0 {
  if ($1 == "@@@sockets") {
    phase = 1
    ${all('afterSockets')}
  } else if (header) {
    if (NF > 4) { ${all('socket')} }
  } else if ($1 == "State" && $2 == "Recv-Q") header = 1
  next
}
phase == 1 {
  if ($1 == "@@@log") { logged = $2; phase = 2; next }
  ${all('logLine')}
}
END {
  ${all('afterInterval')}
  snap(2)
  print "@@end"
}`;
};

/**
 * @returns the script; `closingLine` ends every complete answer
 * @throws RangeError for an option out of its range: the script is fixed, its options are ours
 */
export const stateScript = (options: StateScriptOptions = {}): Script => {
  const interval = options.intervalSeconds ?? INTERVAL_SECONDS;
  const listedMax = options.timeWaitListedMax ?? TIME_WAIT_LISTED_MAX;
  const establishedMax = options.establishedListedMax ?? ESTABLISHED_LISTED_MAX;
  if (!Number.isInteger(interval) || interval < 0 || interval > 60)
    throw new RangeError(`intervalSeconds must be a whole number from 0 to 60, not ${interval}`);
  for (const [name, value] of Object.entries({ timeWaitListedMax: listedMax, establishedListedMax: establishedMax }))
    if (!Number.isInteger(value) || value < 0 || value > 1_000_000)
      throw new RangeError(`${name} must be a whole number from 0 to 1,000,000, not ${value}`);
  const files = distinct(probeSnippets.map(({ snapshotFiles }) => snapshotFiles?.map(({ path }) => path)));
  const keys = distinct(probeSnippets.map(({ sysctls }) => sysctls));
  const text = `# tcpstates: reads TCP states, counters and settings of this host. Read-only, POSIX sh, no root needed.
# Feed it on standard input:  ssh host sh -s < this-file   (INTERVAL, TWFULL, ESTFULL and DEEP may be set in the environment)
LC_ALL=C; LANG=C; export LC_ALL LANG
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin; export PATH
unset IFS
INTERVAL=\${INTERVAL:-${interval}}; TWFULL=\${TWFULL:-${listedMax}}; ESTFULL=\${ESTFULL:-${establishedMax}}; DEEP=\${DEEP:-${options.deep === true ? 1 : 0}}
case $INTERVAL in *[!0-9]*) INTERVAL=${interval};; esac
case $TWFULL in *[!0-9]*) TWFULL=${listedMax};; esac
case $ESTFULL in *[!0-9]*) ESTFULL=${establishedMax};; esac
have() { command -v "$1" >/dev/null 2>&1; }

# Without any awk: what the shell and grep can still tell.
without_awk() {
  echo "@@meta"
  echo "probe=2 interval=$INTERVAL ss=0 uid=$(id -u) uname=$(uname -srm) host=$(uname -n)"
  for s in 1 2; do
    echo "@@snap $s"
    grep -s '' ${files.join(' ')} /dev/null
    [ $s = 2 ] && break
    echo "@@sysctl"
    ( cd /proc/sys/net && grep -s '' ${keys.join(' ')} /dev/null )
    [ "$INTERVAL" = 0 ] || sleep "$INTERVAL"
  done
  echo "@@end"
}

# Everything is in one function: a script that arrives cut off starts nothing. Its standard input is not the script's.
main() {
  ulimit -t ${CPU_SECONDS_MAX}
  AWK=awk
  have awk || AWK='busybox awk'
  if ! have awk && ! have busybox; then without_awk; return; fi
  SS=0; have ss && SS=1
  CONTAINER=0
  if [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then CONTAINER=1; fi
  # One byte at a time, as shells read: fine for this file. A file of /proc/sys gives its first byte only, and one will do.
  TW=; USED=0; USED6=0
  [ -r /proc/net/sockstat ] && while read -r a b c d e f g h; do [ "$a" = TCP: ] && TW=$g && USED=$c; done </proc/net/sockstat
  [ -r /proc/net/sockstat6 ] && while read -r a b c h; do [ "$a" = TCP6: ] && USED6=$c; done </proc/net/sockstat6
  case $TW in '' | *[!0-9]*) TW=0;; esac
  case $USED$USED6 in *[!0-9]*) USED=0; USED6=0;; esac
  EST=0; [ -r /proc/net/snmp ] && [ $((USED + USED6)) -gt "$ESTFULL" ] && EST=1
  r=0
  [ -r /proc/sys/kernel/dmesg_restrict ] && read -r r </proc/sys/kernel/dmesg_restrict
  KLOG=ask
  if [ "$r" != 0 ] && [ ! -r /proc/1/environ ]; then KLOG=restricted; elif ! have dmesg; then KLOG=missing; fi
  # Descriptor 3 is this network namespace: since 5.14 its fdinfo tells the number. arch is there since 6.1.
  # (Given to awk alone: mksh closes what exec opens.)
  NS=/dev/null; [ -r /proc/self/ns/net ] && NS=/proc/self/ns/net
  ARCH=; NETNS=
  if [ ! -r /proc/sys/kernel/arch ]; then ARCH=$(uname -m); NETNS=$(readlink /proc/self/ns/net); fi
  {
    if [ $SS = 1 ]; then
      set --
      [ "$TW" -gt "$TWFULL" ] && set -- exclude time-wait
      [ $EST = 1 ] && set -- "$@" exclude established
      # ss walks the kernel's table once for each family: without any IPv6 TCP socket once is enough. (IPv6 TIME_WAIT alone may
      # be left, and is looked for where all are listed.)
      [ "$TW" -gt "$TWFULL" ] && [ "$USED6" = 0 ] && [ -r /proc/net/sockstat6 ] && set -- -4 "$@"
      ss -tano "$@"
    fi
    echo; echo '@@@sockets'
    if [ $KLOG = ask ]; then
      if dmesg -S || dmesg; then KLOG=ok; else KLOG=failed; fi
    fi
    echo; echo "@@@log $KLOG"
    [ "$INTERVAL" = 0 ] || sleep "$INTERVAL"
  } | $AWK -v INTERVAL="$INTERVAL" -v SS=$SS -v TW="$TW" -v TWFULL="$TWFULL" -v EST=$EST -v USED="$USED" -v USED6="$USED6" -v DEEP="$DEEP" -v SEED=$$ \\
    -v CONTAINER=$CONTAINER -v ARCH="$ARCH" -v NETNS="$NETNS" -v NS="$NS" \\
    -v GROUPS=${GROUPS_MAX} 3<"$NS" ${quoted(awkProgram(probeSnippets))}
}
main </dev/null 2>/dev/null
`;
  return { id: 'state', text, closingLine: '@@end', expectedMs: interval * 1000 + 500 };
};
